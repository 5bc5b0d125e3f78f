#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace products::cli {

/// The commands as what is generated from them needs them: completions and the manual.

enum class ValueKind {
  kNone,  ///< a flag that takes no value
  kAny,
  kChoice,
  kFile,
  kDirectory,
  kContext,  ///< the name of one of the contexts of the settings
};

struct FlagNode {
  std::vector<std::string> names;  ///< "-o", "--output"; of an argument its name, such as "ID"
  std::string placeholder;         ///< "FORMAT"; empty for kNone
  std::string description;
  ValueKind kind = ValueKind::kNone;
  std::vector<std::string> choices;  ///< of kChoice
  bool is_required = false;
};

struct CommandNode {
  std::string path;  ///< "" for the program, "seed", "context use"
  std::string name;
  std::string description;
  std::string examples;  ///< a line each, indented
  std::vector<FlagNode> flags;
  std::vector<FlagNode> arguments;
  std::vector<CommandNode> commands;
};

/// The kind of a value is told by its placeholder: FILE, DIR, CONTEXT, SHELL, or the choices
/// themselves, "csv|ndjson"; --output has the formats.
CommandNode ReadCommandTree(const CLI::App& root);

/// The program and every command below it, each before its own.
std::vector<const CommandNode*> AllCommands(const CommandNode& root);

}  // namespace products::cli
