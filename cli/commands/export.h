#pragma once

#include <optional>
#include <string>

#include "cli/commands/command.h"

namespace products::cli {

struct ExportOptions {
  std::string file;  ///< "-" is standard output
  std::optional<std::string> format;
};

void AddExportCommand(CLI::App& root, CommandRun& chosen);

/// Writes every product the server has into a file, NDJSON exactly as the server sends it, or CSV,
/// gzipped when the name says so. The file appears under its name only when it is whole and on
/// disk; whatever goes wrong before leaves nothing. Ends with one summary line on standard output,
/// or on standard error when the products go to standard output:
/// "exported 10000 products in 1.2 s (8333/s), 1.2 MB", or as an object (json)
///     {"products":10000,"bytes":1234567,"seconds":1.2,"products_per_second":8333.3}
Result<ExitCode> RunExport(const ExportOptions& options, const CommandContext& context);

}  // namespace products::cli
