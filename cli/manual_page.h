#pragma once

#include <string>

#include "cli/commands/command_tree.h"

namespace products::cli {

/// The manual of all commands in one page of section 1, in roff with the macros of man(7).
std::string RenderManualPage(const CommandNode& root);

}  // namespace products::cli
