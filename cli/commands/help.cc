#include "cli/commands/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string_view>
#include <utility>

namespace products::cli {
namespace {

constexpr std::size_t kColumns = 80;

std::string_view Meaning(ExitCode code) {
  switch (code) {
    case ExitCode::kDone:
      return "done";
    case ExitCode::kFailed:
      return "refused or failed";
    case ExitCode::kUsage:
      return "wrong arguments or configuration; nothing was sent";
    case ExitCode::kNotFound:
      return "not found";
    case ExitCode::kUnreachable:
      return "server unreachable, or no answer in time";
    case ExitCode::kRefusedRows:
      return "finished, but some rows were refused or failed";
    case ExitCode::kInterrupted:
      return "interrupted";
  }
  return "";
}

// "  left   text", the text wrapped at words and indented to `column`.
void AppendEntry(std::string& out, const std::string& left, const std::string& text,
                 std::size_t column) {
  std::string line = "  " + left;
  if (line.size() + 2 > column && !text.empty()) {
    out += line + "\n";
    line.clear();
  }
  std::istringstream words(text);
  std::string word;
  bool is_first = true;
  while (words >> word) {
    if (is_first) {
      line.resize(column, ' ');
    } else if (line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line.assign(column, ' ');
    } else {
      line += ' ';
    }
    line += word;
    is_first = false;
  }
  out += line + "\n";
}

using Entries = std::vector<std::pair<std::string, std::string>>;

void AppendEntries(std::string& out, const std::string& title, const Entries& entries) {
  if (entries.empty()) return;
  constexpr std::size_t kWidestLeft = 26;
  std::size_t column = 0;
  for (const auto& [left, text] : entries) {
    if (left.size() <= kWidestLeft) column = std::max(column, left.size() + 4);
  }
  out += "\n" + title + ":\n";
  for (const auto& [left, text] : entries) AppendEntry(out, left, text, column);
}

// "-o, --output FORMAT", with the long name of a flag without a short one in the same column.
std::string FlagName(const CLI::Option& option) {
  std::string name = option.get_snames().empty() ? "    " : "-" + option.get_snames()[0] + ", ";
  if (option.get_lnames().empty()) {
    name.resize(2);
  } else {
    name += "--" + option.get_lnames()[0];
  }
  if (option.get_type_size() != 0) name += " " + option.get_type_name();
  return name;
}

// The flags that `is_shown` lets through, in the order in which they were added.
template <typename Predicate>
Entries FlagsOf(const CLI::App& app, Predicate is_shown) {
  Entries flags;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->nonpositional() || !is_shown(*option)) continue;
    flags.emplace_back(FlagName(*option), option->get_description());
  }
  return flags;
}

std::string Usage(const CLI::App& app) {
  std::string usage = app.get_name();
  for (const CLI::App* parent = app.get_parent(); parent != nullptr;
       parent = parent->get_parent()) {
    usage = parent->get_name() + " " + usage;
  }
  if (!app.get_subcommands({}).empty()) usage += " COMMAND";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const bool is_repeated = option->get_items_expected_max() > 1;
    const std::string name = option->get_name(true, false) + (is_repeated ? "..." : "");
    usage += option->get_required() ? " " + name : " [" + name + "]";
  }
  return usage + " [flags]";
}

std::string RenderHelp(const CLI::App& app, const CommandHelp& help) {
  std::string out = app.get_description() + "\n\nusage: " + Usage(app) + "\n";
  out += "\nexamples:\n" + help.examples;

  Entries commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    commands.emplace_back(command->get_name(), command->get_description());
  }
  AppendEntries(out, "commands", commands);

  Entries arguments;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    arguments.emplace_back(option->get_name(true, false), option->get_description());
  }
  AppendEntries(out, "arguments", arguments);

  const CLI::App* root = app.get_parent();
  while (root != nullptr && root->get_parent() != nullptr) root = root->get_parent();
  if (root != nullptr) {
    AppendEntries(out, "flags", FlagsOf(app, [&app](const CLI::Option& option) {
                    return &option != app.get_help_ptr();
                  }));
    AppendEntries(out, "flags of every command", FlagsOf(*root, [](const CLI::Option& option) {
                    return option.get_group() != kProgramFlagGroup;
                  }));
  } else {
    AppendEntries(out, "flags", FlagsOf(app, [](const CLI::Option&) { return true; }));
  }

  Entries codes;
  for (const ExitCode code : help.exit_codes) {
    std::string number = std::to_string(static_cast<int>(code));
    number.insert(0, 3 - number.size(), ' ');
    codes.emplace_back(std::move(number), Meaning(code));
  }
  AppendEntries(out, "exit codes", codes);
  return out;
}

}  // namespace

void SetHelp(CLI::App& command, CommandHelp help) {
  // Not printed by this formatter, but there for the manual.
  command.footer(help.examples);
  command.formatter_fn(
      [help = std::move(help)](const CLI::App* app, const std::string&, CLI::AppFormatMode) {
        return RenderHelp(*app, help);
      });
}

}  // namespace products::cli
