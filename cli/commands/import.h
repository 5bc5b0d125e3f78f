#pragma once

#include <optional>
#include <string>

#include "cli/commands/command.h"
#include "cli/send.h"

namespace products::cli {

struct ImportOptions {
  std::string file;  ///< "-" is standard input
  std::optional<std::string> format;
  std::optional<std::string> rejects;
  SendPlan plan;
  bool dry_run = false;
  bool resume = false;
};

void AddImportCommand(CLI::App& root, CommandRun& chosen);

/// Stores the products of a file, NDJSON or CSV, plain or gzipped, in the file's order. Each line
/// is checked here first; what is no product, and what the server refuses, is told with its line
/// and the rest goes on. After each answer it is written down how far the server has them, so that
/// --resume goes on there. Ends with one summary line, "imported 9998 products in 1.2 s (8331/s), 2
/// refused", or an object (json)
///     {"stored":9998,"refused":2,"failed":0,"seconds":1.2,"products_per_second":8331.7,
///      "next_line":10001}
/// where next_line is the first one that has not had its turn.
Result<ExitCode> RunImport(const ImportOptions& options, const CommandContext& context);

}  // namespace products::cli
