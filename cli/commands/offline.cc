#include "cli/commands/offline.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands/help.h"
#include "cli/failure.h"
#include "cli/productd_program.h"
#include "core/base/json_text.h"
#include "core/base/parse.h"

namespace products::cli {
namespace {

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// The number in front of `unit`, which is taken off the end of `text` with it: of "3 products, 5
// bytes" first 5 for " bytes", then 3 for " products, ".
std::optional<std::int64_t> TakeNumber(std::string_view& text, std::string_view unit) {
  if (!text.ends_with(unit)) return std::nullopt;
  text.remove_suffix(unit.size());
  const std::size_t start = text.find_last_not_of("0123456789") + 1;
  const std::optional<std::int64_t> number = ParseInt64(text.substr(start));
  text = text.substr(0, start);
  return number;
}

// What productd's report says, as an object; absent when it is not the report of that command.
std::optional<std::string> ReportAsJson(const std::string& data_dir, std::string_view report,
                                        bool is_verify) {
  std::vector<std::string_view> lines = Lines(report);
  if (lines.empty()) return std::nullopt;
  std::string_view last = lines.back();
  lines.pop_back();
  const auto damaged = is_verify ? TakeNumber(last, " damaged") : std::optional<std::int64_t>(0);
  const auto bytes = TakeNumber(last, is_verify ? " bytes, " : " bytes");
  const auto products = TakeNumber(last, " products, ");
  if (!damaged || !bytes || !products) return std::nullopt;
  std::vector<Field> fields = {{"data_dir", data_dir}, {"products", *products}, {"bytes", *bytes}};
  if (!is_verify) return RenderJsonObject(fields);
  fields.push_back({"damaged", *damaged});
  std::string text = RenderJsonObject(fields);
  text.pop_back();
  text += ",\"faults\":[";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text += ',';
    AppendJsonString(text, lines[i]);
  }
  return text + "]}";
}

Result<ExitCode> RunProductd(const OfflineOptions& options, std::vector<std::string> arguments,
                             bool is_verify, const CommandContext& context) {
  arguments.insert(arguments.end(), {"--data-dir", options.data_dir});
  const bool is_json = context.settings.output == OutputFormat::kJson;
  context.io.out.flush();
  context.io.err.flush();
  const Result<ProgramResult> result =
      RunProgram(FindProductd(options.productd), arguments,
                 is_json ? ProgramOutput::kCaptured : ProgramOutput::kInherited);
  if (!result.ok()) {
    Error error = result.error();
    error.message += "; --productd names another";
    return PrintUsageError(context.io, context.err_palette(),
                           is_verify ? "productctl verify" : "productctl restore", error);
  }
  if (result->was_interrupted) {
    context.io.err << "interrupted: productd was ended\n";
    return ExitCode::kInterrupted;
  }
  if (is_json) {
    const auto json = ReportAsJson(options.data_dir, result->output, is_verify);
    if (json) {
      context.io.out << *json << '\n';
    } else if (result->exit_code == 0) {
      return Error{ErrorCode::kInternal, "productd's report is not one that is known", {}};
    }
  }
  switch (result->exit_code) {
    case 0:
      return ExitCode::kDone;
    case 1:
      return ExitCode::kFailed;
    case 2:
      return ExitCode::kUsage;
    default:
      return Error{ErrorCode::kInternal,
                   "productd ended with status " + std::to_string(result->exit_code),
                   {}};
  }
}

void AddCommonFlags(CLI::App& command, OfflineOptions& options) {
  command.add_option("--data-dir", options.data_dir, "of the catalogue, storage.data_dir")
      ->required()
      ->type_name("DIR");
  command
      .add_option_function<std::string>(
          "--productd", [&options](const std::string& path) { options.productd = path; },
          "to run (default the one beside productctl, else of PATH)")
      ->type_name("FILE");
}

}  // namespace

void AddVerifyCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<OfflineOptions>();
  CLI::App* command =
      root.add_subcommand("verify", "Read and check a data directory that no server uses.");
  AddCommonFlags(*command, *options);
  SetHelp(*command, {.examples = "  productctl verify --data-dir ./productd-data\n"
                                 "  productctl verify --data-dir ./productd-data -o json\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                                    ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunVerify(*options, context); };
  });
}

void AddRestoreCommand(CLI::App& root, CommandRun& chosen) {
  const auto options = std::make_shared<OfflineOptions>();
  CLI::App* command =
      root.add_subcommand("restore", "Make a data directory, empty or new, of a backup.");
  command->add_option("FILE", options->backup_file, "that a backup made")
      ->required()
      ->type_name("FILE");
  AddCommonFlags(*command, *options);
  SetHelp(*command,
          {.examples = "  productctl restore products.mdb --data-dir ./restored\n"
                       "  productctl restore products.mdb --data-dir ./restored -o json\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                          ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunRestore(*options, context); };
  });
}

Result<ExitCode> RunVerify(const OfflineOptions& options, const CommandContext& context) {
  return RunProductd(options, {"--verify"}, true, context);
}

Result<ExitCode> RunRestore(const OfflineOptions& options, const CommandContext& context) {
  return RunProductd(options, {"--restore", options.backup_file}, false, context);
}

}  // namespace products::cli
