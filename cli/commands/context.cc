#include "cli/commands/context.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include "cli/commands/help.h"
#include "cli/contexts.h"
#include "cli/failure.h"
#include "cli/record_writer.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

const std::vector<ExitCode> kExitCodes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage};

// One of the commands below `context` that takes a name.
using RunWithName = std::function<Result<ExitCode>(const std::string&, const CommandContext&)>;

CLI::App* AddWithName(CLI::App& parent, SettingsFlags& flags, CommandRun& chosen,
                      const std::string& verb, const std::string& description, RunWithName run) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = parent.add_subcommand(verb, description);
  command->add_option("NAME", *name, "of the context: letters, digits, dots, dashes, underscores")
      ->required()
      ->type_name("CONTEXT")
      ->check([](const std::string& text) {
        return IsContextName(text) ? std::string()
                                   : "\"" + Printable(text) + "\" is not a name of a context";
      });
  command->callback([name, run = std::move(run), &flags, &chosen] {
    flags.edits_contexts = true;
    chosen = [name, run](const CommandContext& context) { return run(*name, context); };
  });
  return command;
}

Result<ExitCode> UsageError(const CommandContext& context, const std::string& verb,
                            const Error& error) {
  return PrintUsageError(context.io, context.err_palette(), "productctl context " + verb, error);
}

// Where there is no home directory and no file was named.
std::optional<Error> FindPathError(const CommandContext& context) {
  if (!context.settings.config_path.empty()) return std::nullopt;
  return InvalidArgument("no file of settings: HOME is not set; name one with --config");
}

Result<ExitCode> Ended(const CommandContext& context, const std::string& verb, const Status& status,
                       const std::string& done) {
  if (!status.ok()) return UsageError(context, verb, status.error());
  if (context.io.err_terminal.is_terminal()) context.io.err << done << '\n';
  return ExitCode::kDone;
}

}  // namespace

void AddContextCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  CLI::App* command = root.add_subcommand("context", "Name servers, and choose between them.");
  command->require_subcommand(1);
  SetHelp(*command, {.examples = "  productctl context set prod --endpoint http://10.0.0.7:8080\n"
                                 "  productctl context use prod\n",
                     .exit_codes = kExitCodes});

  CLI::App* list = command->add_subcommand("list", "Print the contexts.");
  list->callback([&flags, &chosen] {
    flags.edits_contexts = true;
    chosen = RunContextList;
  });
  SetHelp(*list, {.examples = "  productctl context list\n"
                              "  productctl context list -o json\n",
                  .exit_codes = kExitCodes});

  SetHelp(*AddWithName(*command, flags, chosen, "use", "Make a context the current one.",
                       RunContextUse),
          {.examples = "  productctl context use prod\n"
                       "  productctl --context prod get 1   # for one command only\n",
           .exit_codes = kExitCodes});
  SetHelp(*AddWithName(*command, flags, chosen, "set",
                       "Make or change a context: it gets the settings given as flags.",
                       [&flags](const std::string& name, const CommandContext& context) {
                         return RunContextSet(name, flags, context);
                       }),
          {.examples = "  productctl context set prod --endpoint http://10.0.0.7:8080\n"
                       "  productctl context set prod --timeout 2s --retries 5\n",
           .exit_codes = kExitCodes});
  SetHelp(*AddWithName(*command, flags, chosen, "delete", "Remove a context.", RunContextDelete),
          {.examples = "  productctl context delete prod\n"
                       "  productctl context delete prod --config team.yaml\n",
           .exit_codes = kExitCodes});
}

Result<ExitCode> RunContextList(const CommandContext& context) {
  const Result<std::vector<ContextEntry>> entries = LoadContexts(context.settings.config_path);
  if (!entries.ok()) return UsageError(context, "list", entries.error());
  std::vector<RecordWriter::Record> records;
  for (const ContextEntry& entry : *entries) {
    RecordWriter::Record record = {{"name", entry.name}, {"current", entry.is_current}};
    for (const std::string key : {"endpoint", "output", "timeout", "retries", "color"}) {
      const auto value = entry.values.find(key);
      record.push_back({key, value == entry.values.end() ? std::string() : value->second});
    }
    records.push_back(std::move(record));
  }
  RecordWriter(context.io.out, context.settings.output, context.io.out_terminal)
      .Write(records, false);
  return ExitCode::kDone;
}

Result<ExitCode> RunContextUse(const std::string& name, const CommandContext& context) {
  if (const auto error = FindPathError(context)) return UsageError(context, "use", *error);
  return Ended(context, "use", UseContext(context.settings.config_path, name),
               "using context " + name);
}

Result<ExitCode> RunContextSet(const std::string& name, const SettingsFlags& flags,
                               const CommandContext& context) {
  if (const auto error = FindPathError(context)) return UsageError(context, "set", *error);
  std::map<std::string, std::string> values;
  const auto store = [&values](const char* key, const std::optional<std::string>& value) {
    if (value) values.emplace(key, *value);
  };
  store("endpoint", flags.endpoint);
  store("output", flags.output);
  store("timeout", flags.timeout);
  store("retries", flags.retries);
  if (flags.no_color) values.emplace("color", "false");
  if (values.empty()) {
    return UsageError(context, "set",
                      InvalidArgument("context set needs something to set, such as --endpoint"));
  }
  const std::string& path = context.settings.config_path;
  const Result<std::vector<ContextEntry>> entries = LoadContexts(path);
  if (!entries.ok()) return UsageError(context, "set", entries.error());
  const bool exists =
      std::any_of(entries->begin(), entries->end(),
                  [&name](const ContextEntry& entry) { return entry.name == name; });
  if (!exists && !flags.endpoint) {
    return UsageError(context, "set", InvalidArgument("a new context needs --endpoint"));
  }
  return Ended(context, "set", SetContext(path, name, values), "set context " + name);
}

Result<ExitCode> RunContextDelete(const std::string& name, const CommandContext& context) {
  if (const auto error = FindPathError(context)) return UsageError(context, "delete", *error);
  return Ended(context, "delete", DeleteContext(context.settings.config_path, name),
               "deleted context " + name);
}

}  // namespace products::cli
