#include "cli/commands/flags.h"

#include <CLI/CLI.hpp>
#include <utility>
#include <vector>

#include "cli/duration.h"
#include "cli/text_width.h"
#include "core/base/parse.h"

namespace products::cli {

namespace {

// What is wrong with `text` as an integer of `range`; empty when it is one.
std::function<std::string(const std::string& text)> CheckOf(IntegerRange range) {
  return [range](const std::string& text) -> std::string {
    const auto value = ParseInt64(text);
    if (value && *value >= range.first && *value <= range.last) return {};
    return "\"" + Printable(text) + "\" is not a whole number from " + std::to_string(range.first) +
           " to " + std::to_string(range.last);
  };
}

}  // namespace

CLI::Option* AddInteger(CLI::App& command, const std::string& name, const std::string& placeholder,
                        IntegerRange range, std::function<void(std::int64_t)> set,
                        const std::string& description) {
  // The check has passed when the function runs.
  return command
      .add_option_function<std::string>(
          name, [set = std::move(set)](const std::string& text) { set(*ParseInt64(text)); },
          description)
      ->check(CheckOf(range))
      ->type_name(placeholder);
}

CLI::Option* AddIntegers(CLI::App& command, const std::string& name, const std::string& placeholder,
                         IntegerRange range, std::function<void(std::int64_t)> add,
                         const std::string& description) {
  return command
      .add_option_function<std::vector<std::string>>(
          name,
          [add = std::move(add)](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) add(*ParseInt64(text));
          },
          description)
      ->check(CheckOf(range))
      ->type_name(placeholder);
}

CLI::Option* AddNumber(CLI::App& command, const std::string& name, const std::string& placeholder,
                       double& target, const std::string& description) {
  const auto check = [](const std::string& text) -> std::string {
    const auto value = ParseDouble(text);
    if (value && *value >= 0.0) return {};
    return "\"" + Printable(text) + "\" is not a number of at least 0";
  };
  return command
      .add_option_function<std::string>(
          name, [&target](const std::string& text) { target = *ParseDouble(text); }, description)
      ->check(check)
      ->type_name(placeholder);
}

CLI::Option* AddDuration(CLI::App& command, const std::string& name,
                         std::function<void(std::chrono::milliseconds)> set,
                         const std::string& description) {
  const auto check = [](const std::string& text) -> std::string {
    if (ParseDuration(text)) return {};
    return "\"" + text + "\" is not a duration with its unit, such as 500ms, 5s or 2m";
  };
  return command
      .add_option_function<std::string>(
          name, [set = std::move(set)](const std::string& text) { set(*ParseDuration(text)); },
          description)
      ->check(check)
      ->type_name("DURATION");
}

CLI::Option* AddManagementEndpoint(CLI::App& command, SettingsFlags& flags) {
  return AddText(command, "--management-endpoint", "URL", flags.management_endpoint,
                 "of metrics, readiness and backups, where management.listen of the server gives "
                 "them an address of their own (default --endpoint)");
}

CLI::Option* AddText(CLI::App& command, const std::string& name, const std::string& placeholder,
                     std::optional<std::string>& target, const std::string& description) {
  return command
      .add_option_function<std::string>(
          name, [&target](const std::string& text) { target = text; }, description)
      ->type_name(placeholder);
}

}  // namespace products::cli
