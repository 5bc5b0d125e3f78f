#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace products::cli {

/// The named contexts of the file of settings (settings.h), read and changed. A change writes the
/// whole file anew beside the old one and renames it, so that nobody ever reads half of it, with
/// permissions 0600; comments are lost. Two changes at once are not kept apart: the later one wins.
///
/// `path` is the file's; one that is absent has no contexts, and a change makes it with its folder.
/// The file was valid when the settings were resolved from it. Everything that fails is
/// kInvalidArgument, and names the file.

struct ContextEntry {
  std::string name;
  bool is_current = false;
  std::map<std::string, std::string> values;  ///< by key: endpoint, output ...
};

/// In the file's order.
Result<std::vector<ContextEntry>> LoadContexts(const std::string& path);

/// Makes the context, or changes the values given and leaves its others.
Status SetContext(const std::string& path, const std::string& name,
                  const std::map<std::string, std::string>& values);

/// Makes it the current one, which must exist.
Status UseContext(const std::string& path, const std::string& name);

/// Removes it, which must exist; if it was the current one there is none from then on.
Status DeleteContext(const std::string& path, const std::string& name);

/// Whether `name` may be one: 1 to 64 letters, digits, dots, dashes and underscores.
bool IsContextName(std::string_view name);

/// "no such context "prdo"; did you mean "prod"?".
std::string NoSuchContextText(std::string_view name, const std::vector<std::string>& names);

}  // namespace products::cli
