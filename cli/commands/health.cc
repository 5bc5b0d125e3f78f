#include "cli/commands/health.h"

#include <CLI/CLI.hpp>
#include <array>

#include "cli/commands/help.h"
#include "cli/operations.h"

namespace products::cli {

void AddHealthCommand(CLI::App& root, CommandRun& chosen) {
  CLI::App* command =
      root.add_subcommand("health", "Print whether the server is healthy and ready.");
  SetHelp(*command,
          {.examples = "  productctl health\n"
                       "  productctl health --endpoint http://10.0.0.7:8080 --timeout 1s\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                          ExitCode::kUnreachable}});
  command->callback([&chosen] { chosen = RunHealth; });
}

Result<ExitCode> RunHealth(const CommandContext& context) {
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const Result<Health> health = GetHealth(**client);
  if (!health.ok()) return health.error();
  const std::array<Field, 3> fields = {{
      {"endpoint", (*client)->endpoint()},
      {"health", health->status},
      {"readiness", health->readiness.value_or("unknown")},
  }};
  PrintRecord(context.io.out, context.settings.output, fields);
  return health->is_ready ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace products::cli
