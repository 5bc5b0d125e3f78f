#include "cli/commands/command_tree.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace products::cli {
namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream rest(text);
  for (std::string part; std::getline(rest, part, separator);) parts.push_back(part);
  return parts;
}

void SetKind(FlagNode& flag) {
  flag.kind = ValueKind::kAny;
  if (flag.names.back() == "--output") {
    flag.choices = {"table", "json", "plain"};
  } else if (flag.placeholder == "SHELL") {
    flag.choices = {"bash", "zsh", "fish"};
  } else if (flag.placeholder.find('|') != std::string::npos) {
    flag.choices = Split(flag.placeholder, '|');
  } else if (flag.placeholder == "FILE") {
    flag.kind = ValueKind::kFile;
  } else if (flag.placeholder == "DIR") {
    flag.kind = ValueKind::kDirectory;
  } else if (flag.placeholder == "CONTEXT") {
    flag.kind = ValueKind::kContext;
  }
  if (!flag.choices.empty()) flag.kind = ValueKind::kChoice;
}

FlagNode ReadOption(const CLI::Option& option) {
  FlagNode flag;
  flag.description = option.get_description();
  flag.is_required = option.get_required();
  if (option.get_positional()) {
    flag.names = {option.get_name(true, false)};
  } else {
    for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  }
  if (option.get_type_size() == 0) return flag;
  flag.placeholder = option.get_type_name();
  SetKind(flag);
  return flag;
}

CommandNode Read(const CLI::App& app, const std::string& path) {
  CommandNode node{path, app.get_name(), app.get_description(), app.get_footer(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? node.arguments : node.flags).push_back(ReadOption(*option));
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    node.commands.push_back(Read(*command, (path.empty() ? "" : path + " ") + command->get_name()));
  }
  return node;
}

void Collect(const CommandNode& node, std::vector<const CommandNode*>& all) {
  all.push_back(&node);
  for (const CommandNode& command : node.commands) Collect(command, all);
}

}  // namespace

CommandNode ReadCommandTree(const CLI::App& root) { return Read(root, ""); }

std::vector<const CommandNode*> AllCommands(const CommandNode& root) {
  std::vector<const CommandNode*> all;
  Collect(root, all);
  return all;
}

}  // namespace products::cli
