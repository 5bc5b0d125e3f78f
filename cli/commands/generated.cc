#include "cli/commands/generated.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "cli/commands/command_tree.h"
#include "cli/commands/help.h"
#include "cli/completion_script.h"
#include "cli/manual_page.h"

namespace products::cli {

void AddCompletionCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto shell = std::make_shared<std::string>();
  CLI::App* command =
      root.add_subcommand("completion", "Print the script that completes productctl in a shell.");
  const auto check = [](const std::string& text) -> std::string {
    if (text == "bash" || text == "zsh" || text == "fish") return {};
    return "\"" + text + "\" is not bash, zsh or fish";
  };
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(check)
      ->type_name("SHELL");
  SetHelp(*command, {.examples = "  source <(productctl completion bash)\n"
                                 "  productctl completion fish | source\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage}});
  command->callback([&root, &flags, shell, &chosen] {
    flags.needs_settings = false;
    chosen = [&root, shell](const CommandContext& context) -> Result<ExitCode> {
      const CommandNode tree = ReadCommandTree(root);
      context.io.out << (*shell == "bash"  ? RenderBashCompletion(tree)
                         : *shell == "zsh" ? RenderZshCompletion(tree)
                                           : RenderFishCompletion(tree));
      return ExitCode::kDone;
    };
  });
}

void AddManCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  CLI::App* command = root.add_subcommand("man", "Print the manual page of productctl, in roff.");
  SetHelp(*command, {.examples = "  productctl man | man -l -\n"
                                 "  productctl man > /usr/local/share/man/man1/productctl.1\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage}});
  command->callback([&root, &flags, &chosen] {
    flags.needs_settings = false;
    chosen = [&root](const CommandContext& context) -> Result<ExitCode> {
      context.io.out << RenderManualPage(ReadCommandTree(root));
      return ExitCode::kDone;
    };
  });
}

}  // namespace products::cli
