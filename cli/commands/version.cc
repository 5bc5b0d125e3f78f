#include "cli/commands/version.h"

#include <CLI/CLI.hpp>
#include <array>
#include <ostream>
#include <string>

#include "cli/commands/help.h"
#include "cli/operations.h"
#include "core/base/version.h"

namespace products::cli {

void AddVersionCommand(CLI::App& root, CommandRun& chosen) {
  CLI::App* command =
      root.add_subcommand("version", "Print the version of productctl and of the server.");
  SetHelp(*command, {.examples = "  productctl version\n"
                                 "  productctl version -o json --timeout 1s\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                                    ExitCode::kUnreachable}});
  command->callback([&chosen] { chosen = RunVersion; });
}

Result<ExitCode> RunVersion(const CommandContext& context) {
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<VersionAnswer> server = GetServerVersion(**client);
  const VersionAnswer shown = server.ok() ? *server : VersionAnswer{"unknown", "unknown"};
  const std::array<Field, 4> fields = {{
      {"client_version", std::string(Version())},
      {"client_commit", std::string(Commit())},
      {"server_version", shown.version},
      {"server_commit", shown.commit},
  }};
  PrintRecord(context.io.out, context.settings.output, fields);
  if (server.ok()) return ExitCode::kDone;
  if (server.error().code != ErrorCode::kNotFound) return server.error();
  context.io.err << "productctl: server version unknown: " << server.error().message << '\n';
  return ExitCode::kDone;
}

}  // namespace products::cli
