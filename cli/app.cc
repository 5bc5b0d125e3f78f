#include "cli/app.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <string_view>

#include "cli/commands/backup.h"
#include "cli/commands/command.h"
#include "cli/commands/context.h"
#include "cli/commands/delete.h"
#include "cli/commands/diff.h"
#include "cli/commands/export.h"
#include "cli/commands/flags.h"
#include "cli/commands/generated.h"
#include "cli/commands/get.h"
#include "cli/commands/health.h"
#include "cli/commands/help.h"
#include "cli/commands/import.h"
#include "cli/commands/list.h"
#include "cli/commands/offline.h"
#include "cli/commands/put.h"
#include "cli/commands/seed.h"
#include "cli/commands/status.h"
#include "cli/commands/top.h"
#include "cli/commands/version.h"
#include "cli/failure.h"
#include "cli/suggestion.h"
#include "cli/text_width.h"
#include "core/base/version.h"

namespace products::cli {
namespace {

void BuildTree(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  root.description("Look at and change the products of a productd server.");
  root.name("productctl");
  root.set_help_flag("-h,--help", "print this help");
  root.set_version_flag("--version",
                        "productctl " + std::string(Version()) + " (" + std::string(Commit()) + ")",
                        "print the version of productctl")
      ->group(kProgramFlagGroup);
  AddText(root, "--endpoint", "URL", flags.endpoint,
          "of the server (default " + std::string(kDefaultEndpoint) + ")");
  AddText(root, "-o,--output", "FORMAT", flags.output,
          "table, json or plain (default table at a terminal, else plain)");
  AddText(root, "--timeout", "DURATION", flags.timeout,
          "of one request with its retries, such as 500ms, 5s or 2m (default 10s)");
  AddText(root, "--retries", "N", flags.retries,
          "of a request that is safe to repeat, 0 to 100 (default 3)");
  AddText(root, "--config", "FILE", flags.config_path,
          "of settings (default ~/.config/productctl/config.yaml)");
  AddText(root, "--context", "CONTEXT", flags.context,
          "of the file of settings, in place of its current one");
  root.add_flag("--no-color", flags.no_color, "no colour, at a terminal too");
  SetHelp(root,
          {.examples = "  productctl get 1\n"
                       "  productctl seed --count 10000 --endpoint http://10.0.0.7:8080\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage, ExitCode::kNotFound,
                          ExitCode::kUnreachable, ExitCode::kRefusedRows, ExitCode::kInterrupted}});
  // Commands hand what they do not know to the root, so that its flags may stand anywhere.
  root.fallthrough();
  AddGetCommand(root, chosen);
  AddListCommand(root, chosen);
  AddPutCommand(root, chosen);
  AddDeleteCommand(root, chosen);
  AddSeedCommand(root, chosen);
  AddImportCommand(root, chosen);
  AddExportCommand(root, chosen);
  AddDiffCommand(root, chosen);
  AddHealthCommand(root, flags, chosen);
  AddStatusCommand(root, flags, chosen);
  AddTopCommand(root, flags, chosen);
  AddBackupCommand(root, flags, chosen);
  AddVerifyCommand(root, chosen);
  AddRestoreCommand(root, chosen);
  AddVersionCommand(root, chosen);
  AddContextCommand(root, flags, chosen);
  AddCompletionCommand(root, flags, chosen);
  AddManCommand(root, flags, chosen);
}

std::vector<std::string_view> CommandNames(const CLI::App& root) {
  std::vector<std::string_view> names;
  for (const CLI::App* command : root.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> FlagNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The innermost one: of "context use" it is use.
const CLI::App* ChosenCommand(const CLI::App& root) {
  const CLI::App* chosen = nullptr;
  for (auto commands = root.get_subcommands(); !commands.empty();
       commands = chosen->get_subcommands()) {
    chosen = commands.front();
  }
  return chosen;
}

// "productctl context use".
std::string FullName(const CLI::App& command) {
  std::string name = command.get_name();
  for (const CLI::App* parent = command.get_parent(); parent != nullptr;
       parent = parent->get_parent()) {
    name = parent->get_name() + " " + name;
  }
  return name;
}

// Why the arguments were not taken. The library's own words for what it did not expect name no
// alternative, and for a mistyped command it says that one is missing.
std::string ExplainParseError(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App* command = ChosenCommand(root);
  // Where the commands are that may come next.
  const CLI::App& parent = command == nullptr ? root : *command;
  const bool needs_command = !parent.get_subcommands({}).empty();
  const std::vector<std::string> unexpected = root.remaining(true);
  if (unexpected.empty()) {
    if (needs_command && error.get_name() == "RequiredError") return "a command is missing";
    const std::string text = error.what();
    if (error.get_name() == "ArgumentMismatch") {
      return text.substr(0, text.find(':')) + " takes exactly one value";
    }
    return text;
  }
  const std::string& first = unexpected.front();
  const std::string shown = "\"" + Printable(first) + "\"";
  if (first.starts_with("-")) {
    std::vector<std::string> flags = FlagNames(root);
    if (command != nullptr) {
      const std::vector<std::string> own = FlagNames(*command);
      flags.insert(flags.begin(), own.begin(), own.end());
    }
    const std::vector<std::string_view> candidates(flags.begin(), flags.end());
    const std::string typed = first.substr(0, first.find('='));
    return "no such flag " + shown + SuggestionText(typed, candidates);
  }
  if (needs_command) {
    return "no such command " + shown + SuggestionText(first, CommandNames(parent));
  }
  return command->get_name() + " does not take " + shown;
}

// A command's data must not be lost in silence: a full disk behind ">" is a failure.
ExitCode FlushOutput(Io& io, const Palette& palette, ExitCode exit_code) {
  if (io.out.good()) FlushToReader(io);
  if (io.out.good() || io.reader_has_left) return exit_code;
  io.err << palette.Error("productctl:") << " standard output could not be written\n";
  return ExitCode::kFailed;
}

}  // namespace

ExitCode RunApp(const std::vector<std::string>& arguments, const Environment& environment, Io& io,
                const Clock& clock) {
  CLI::App root;
  SettingsFlags flags;
  CommandRun chosen;
  BuildTree(root, flags, chosen);
  // For what goes wrong before the settings are known.
  const auto no_color = environment.find("NO_COLOR");
  const bool may_color = no_color == environment.end() || no_color->second.empty();
  const Palette early_palette(may_color && io.err_terminal.is_terminal());

  try {
    root.require_subcommand(1);
    // The library takes them last first.
    root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    io.out << root.help();
    return FlushOutput(io, early_palette, ExitCode::kDone);
  } catch (const CLI::CallForVersion& version) {
    io.out << version.what() << '\n';
    return FlushOutput(io, early_palette, ExitCode::kDone);
  } catch (const CLI::ParseError& error) {
    const CLI::App* command = ChosenCommand(root);
    return PrintUsageError(io, early_palette, FullName(command == nullptr ? root : *command),
                           InvalidArgument(ExplainParseError(root, error)));
  }

  const Result<Settings> settings =
      flags.needs_settings ? ResolveSettings(flags, environment, io.out_terminal.is_terminal())
                           : Settings();
  if (!settings.ok()) return PrintUsageError(io, early_palette, "productctl", settings.error());
  const CommandContext context{io, clock, *settings};
  const Result<ExitCode> result = chosen(context);
  const ExitCode exit_code =
      result.ok() ? *result : PrintFailure(io, context.err_palette(), result.error());
  return FlushOutput(io, context.err_palette(), exit_code);
}

}  // namespace products::cli
