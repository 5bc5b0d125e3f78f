#pragma once

#include <string>

#include "cli/commands/command_tree.h"

namespace products::cli {

/// Completions of the commands, their flags and the values of these, for the shells: a script to
/// be read by one, which asks no server. bash needs no package for it.
std::string RenderBashCompletion(const CommandNode& root);
std::string RenderZshCompletion(const CommandNode& root);
std::string RenderFishCompletion(const CommandNode& root);

}  // namespace products::cli
