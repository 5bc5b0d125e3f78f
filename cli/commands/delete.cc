#include "cli/commands/delete.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <ostream>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/etag.h"
#include "cli/failure.h"
#include "cli/id_file.h"
#include "cli/input_file.h"
#include "cli/interrupt.h"
#include "cli/operations.h"
#include "cli/progress.h"

namespace products::cli {
namespace {

constexpr std::size_t kMaxReasons = 5;

struct Tally {
  std::int64_t requested = 0;
  std::int64_t deleted = 0;
  std::int64_t missing = 0;
  std::int64_t failed = 0;
  /// The first few of the missing and failed by their place among the ids, in words: answers come
  /// in any order, and the same command should say the same.
  std::map<std::size_t, std::string> first_reasons = {};
  /// The server went away: what follows has not been tried.
  std::optional<Error> stopped_by = std::nullopt;

  std::int64_t done() const { return deleted + missing + failed; }
};

void Count(Tally& tally, std::size_t index, const Status& status) {
  if (status.ok()) {
    ++tally.deleted;
    return;
  }
  const Error& error = status.error();
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout) {
    if (!tally.stopped_by) tally.stopped_by = error;
    return;
  }
  ++(error.code == ErrorCode::kNotFound ? tally.missing : tally.failed);
  tally.first_reasons.emplace(index, error.message);
  if (tally.first_reasons.size() > kMaxReasons) {
    tally.first_reasons.erase(std::prev(tally.first_reasons.end()));
  }
}

Result<std::vector<ProductId>> IdsOf(const DeleteOptions& options, std::istream& standard_input) {
  if (!options.from) return options.ids;
  const std::string name = NameOfInput(*options.from);
  if (*options.from == "-") return ReadIds(standard_input, name);
  std::ifstream file(*options.from, std::ios::binary);
  if (!file) return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name, errno);
  return ReadIds(file, name);
}

Status CheckUsage(const DeleteOptions& options) {
  if (options.from && !options.ids.empty()) {
    return InvalidArgument("--from has the ids; leave the others out");
  }
  if (!options.from && options.ids.empty()) return InvalidArgument("delete needs ID or --from");
  if (options.if_match && options.ids.size() != 1) {
    return InvalidArgument("--if-match goes with exactly one ID");
  }
  return {};
}

// Ids that were typed are too few for a progress to be of use.
enum class Show { kNothing, kProgress };

void DeleteAll(const std::vector<ProductId>& ids, Show show, const CommandContext& context,
               ApiClient& client, const Interrupt& interrupt, Tally& tally) {
  std::optional<Progress> progress;
  if (show == Show::kProgress) {
    progress.emplace(context.io.err, context.io.err_terminal, "deleting",
                     "products at " + client.endpoint(), ids.size(), context.clock.Now());
  }
  DeleteProducts(client, ids,
                 {.on_status = [&tally](std::size_t index,
                                        const Status& status) { Count(tally, index, status); },
                  .go_on =
                      [&](MonotonicTime now) {
                        if (progress) {
                          progress->Update(static_cast<std::uint64_t>(tally.done()), now);
                        }
                        return !tally.stopped_by;
                      }},
                 interrupt.descriptor());
}

void PrintJson(std::ostream& out, const Tally& tally) {
  const std::array<Field, 4> fields = {{{"requested", tally.requested},
                                        {"deleted", tally.deleted},
                                        {"missing", tally.missing},
                                        {"failed", tally.failed}}};
  PrintRecord(out, OutputFormat::kJson, fields);
}

void PrintSummary(Io& io, OutputFormat format, const Tally& tally) {
  if (format == OutputFormat::kJson) {
    PrintJson(io.out, tally);
  } else {
    io.out << "deleted " << tally.deleted;
    if (tally.deleted != tally.requested) io.out << " of " << tally.requested;
    io.out << " products, " << tally.missing << " not found";
    if (tally.failed > 0) io.out << ", " << tally.failed << " failed";
    io.out << std::endl;
  }
  for (const auto& [index, reason] : tally.first_reasons) io.err << reason << '\n';
  const auto told = static_cast<std::int64_t>(tally.first_reasons.size());
  if (tally.missing + tally.failed > told) {
    io.err << "and " << tally.missing + tally.failed - told << " more\n";
  }
}

Result<ExitCode> DeleteOne(ProductId id, const std::string& if_match, const CommandContext& context,
                           ApiClient& client) {
  const Status status = DeleteProduct(client, id, if_match);
  Tally tally{.requested = 1};
  Count(tally, 0, status);
  if (context.settings.output == OutputFormat::kJson && !tally.stopped_by) {
    PrintJson(context.io.out, tally);
  }
  if (!status.ok()) return status.error();
  if (context.io.err_terminal.is_terminal()) context.io.err << "deleted product " << id << '\n';
  return ExitCode::kDone;
}

}  // namespace

void AddDeleteCommand(CLI::App& root, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App* command = root.add_subcommand("delete", "Delete products by their ids.");
  AddIntegers(
      *command, "ID", "ID...", {kMinProductId, kMaxProductId},
      [options](std::int64_t id) { options->ids.push_back(static_cast<ProductId>(id)); },
      "of the products, 1 to 2147483647 each");
  AddText(*command, "--from", "FILE", options->from,
          "delete the ids of this file, one a line or as products in JSON, one a line; # begins a "
          "comment; - for standard input");
  AddText(*command, "--if-match", "ETAG", options->if_match,
          "delete the one ID only if it still has this ETag (get --etag prints it)");
  SetHelp(*command,
          {.examples = "  productctl delete 1 7 99\n"
                       "  productctl list --all -o json | productctl delete --from -\n",
           .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage, ExitCode::kNotFound,
                          ExitCode::kUnreachable, ExitCode::kRefusedRows, ExitCode::kInterrupted}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunDelete(*options, context); };
  });
}

Result<ExitCode> RunDelete(const DeleteOptions& options, const CommandContext& context) {
  Io& io = context.io;
  const auto usage_error = [&](const Error& error) {
    return PrintUsageError(io, context.err_palette(), "productctl delete", error);
  };
  if (const Status status = CheckUsage(options); !status.ok()) return usage_error(status.error());
  const Result<std::string> if_match =
      options.if_match ? ParseEtag(*options.if_match) : std::string();
  if (!if_match.ok()) return usage_error(if_match.error());
  const Result<std::vector<ProductId>> ids = IdsOf(options, io.in);
  if (!ids.ok()) return usage_error(ids.error());
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  if (options.ids.size() == 1) return DeleteOne(options.ids[0], *if_match, context, **client);

  Tally tally{.requested = static_cast<std::int64_t>(ids->size())};
  bool was_interrupted = false;
  if (!ids->empty()) {
    const Result<Interrupt> interrupt = Interrupt::Watch();
    if (!interrupt.ok()) return interrupt.error();
    DeleteAll(*ids, options.from ? Show::kProgress : Show::kNothing, context, **client, *interrupt,
              tally);
    was_interrupted = interrupt->HasCome();
  }
  PrintSummary(io, context.settings.output, tally);
  if (was_interrupted) return ExitCode::kInterrupted;
  if (tally.stopped_by) return *tally.stopped_by;
  if (tally.failed > 0) return ExitCode::kRefusedRows;
  return tally.missing > 0 ? ExitCode::kNotFound : ExitCode::kDone;
}

}  // namespace products::cli
