#include "server/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/version.h"
#include "server/config/config_keys.h"
#include "server/config/config_names.h"

namespace products {
namespace {

std::string HelpOf(const ConfigKey& key) {
  const std::string fallback = key.get(Config());
  return key.meaning + " [" + (fallback.empty() ? "empty" : fallback) + "]";
}

// The flag that a mistyped one most likely stands for, as a sentence; empty when none is near.
std::string SuggestionFor(const std::vector<std::string>& unknown,
                          const std::vector<std::string>& flags) {
  for (const std::string& argument : unknown) {
    const std::string nearest = ClosestName(argument.substr(0, argument.find('=')), flags);
    if (!nearest.empty()) return "; did you mean " + nearest + "?";
  }
  return {};
}

}  // namespace

ParsedArguments ParseArguments(int argc, const char* const* argv) {
  CommandLine command_line;
  CLI::App app(
      "productd serves a product catalogue from memory.\n"
      "Settings: flags before environment (PRODUCTD_HTTP_LISTEN ...) before file before "
      "default.\n\n"
      "Examples:\n"
      "  productd\n"
      "  productd --config productd.yaml --http-listen 127.0.0.1:8080\n"
      "  productd --verify --data-dir ./productd-data\n",
      "productd");
  app.allow_extras();
  std::string config_file;
  bool print_version = false;
  auto* const config =
      app.add_option("--config", config_file, "YAML file with settings")->take_last();
  app.add_flag("--check-config", command_line.check_config, "Check the settings and exit");
  app.add_flag("--print-config", command_line.print_config,
               "Print the settings in effect as YAML and exit");
  app.add_option("--ready-file", command_line.ready_file,
                 "File to write the bound addresses to once ready, one a line")
      ->take_last();
  app.add_flag("--verify", command_line.verify,
               "Read and check everything in storage.data_dir, report, and exit");
  auto* const restore =
      app.add_option("--restore", command_line.restore_file,
                     "Make storage.data_dir, which must be empty, of this backup, and exit")
          ->take_last();
  std::string data_dir;
  auto* const short_data_dir =
      app.add_option("--data-dir", data_dir, "The same as --storage-data-dir")->take_last();
  app.add_flag("--version", print_version, "Print the version and exit");
  std::vector<std::string> flags = {"--config",     "--check-config", "--print-config",
                                    "--ready-file", "--verify",       "--restore",
                                    "--data-dir",   "--version",      "--help"};
  std::list<std::pair<const ConfigKey*, std::string>> values;  // a list: addresses stay
  std::vector<std::pair<CLI::Option*, const std::pair<const ConfigKey*, std::string>*>> options;
  for (const ConfigKey& key : ConfigKeys()) {
    flags.push_back(FlagName(key.path));
    auto& value = values.emplace_back(&key, std::string());
    auto* const option = app.add_option(flags.back(), value.second, HelpOf(key))->take_last();
    options.emplace_back(option, &value);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return {std::nullopt, app.exit(error)};
    std::fprintf(stderr, "productd: %s; see productd --help\n", error.what());
    return {std::nullopt, 2};
  }
  const std::vector<std::string> unknown = app.remaining();
  if (!unknown.empty()) {
    std::fprintf(stderr, "productd: unknown argument %s%s; see productd --help\n",
                 QuotedForMessage(unknown.front()).c_str(), SuggestionFor(unknown, flags).c_str());
    return {std::nullopt, 2};
  }
  if (print_version) {
    std::printf("productd %s (%s)\n", std::string(Version()).c_str(),
                std::string(Commit()).c_str());
    return {std::nullopt, 0};
  }
  if (config->count() > 0) command_line.sources.file = config_file;
  if (restore->count() > 0 && command_line.restore_file.empty()) {
    std::fputs("productd: --restore: must be the path of a file; see productd --help\n", stderr);
    return {std::nullopt, 2};
  }
  if (short_data_dir->count() > 0) {
    command_line.sources.flags.emplace_back("storage.data_dir", data_dir);
  }
  for (const auto& [option, value] : options) {
    if (option->count() > 0)
      command_line.sources.flags.emplace_back(value->first->path, value->second);
  }
  return {std::move(command_line), 0};
}

}  // namespace products
