#include "cli/commands/send_flags.h"

#include <CLI/CLI.hpp>
#include <string>

#include "cli/commands/flags.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr std::int64_t kMaxConcurrency = 1024;

}  // namespace

void AddSendFlags(CLI::App& command, SendPlan& plan) {
  command
      .add_option_function<std::string>(
          "--mode", [&plan](const std::string& name) { plan.mode = *ParseSendMode(name); },
          "batch: many products a request; each: a request for each; auto: batch where the server "
          "has it (default auto)")
      ->check([](const std::string& name) {
        if (ParseSendMode(name)) return std::string();
        return "\"" + Printable(name) + "\" is not auto, batch or each";
      })
      ->type_name("MODE");
  AddInteger(
      command, "--concurrency", "N", {1, kMaxConcurrency},
      [&plan](std::int64_t n) { plan.concurrency = static_cast<std::size_t>(n); },
      "connections of --mode each, with a request in flight each (default 8)");
}

}  // namespace products::cli
