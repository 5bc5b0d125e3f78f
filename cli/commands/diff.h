#pragma once

#include <optional>
#include <string>

#include "cli/commands/command.h"

namespace products::cli {

struct DiffOptions {
  std::string file;  ///< "-" is standard input
  std::optional<std::string> format;
  std::optional<std::string> rejects;
};

void AddDiffCommand(CLI::App& root, CommandRun& chosen);

/// Compares the products of a file with those of the server and prints what an import of it would
/// do: how many products it would create, change and leave as they are, and how many the server has
/// besides. With json an object a line for each that differs, in the order of ids,
///     {"product_id":7,"change":"update","weight":{"from":1250,"to":1300}}
///     {"product_id":8,"change":"create"}
/// and the counts on standard error. Changes nothing.
Result<ExitCode> RunDiff(const DiffOptions& options, const CommandContext& context);

}  // namespace products::cli
