#include "cli/commands/status.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/commands/flags.h"
#include "cli/commands/help.h"
#include "cli/duration.h"
#include "cli/figure_fields.h"
#include "cli/figure_text.h"
#include "cli/operations.h"
#include "cli/readiness.h"
#include "cli/scrape.h"
#include "cli/server_figures.h"

namespace products::cli {
namespace {

struct Report {
  std::string endpoint;
  std::string management_endpoint;
  std::optional<VersionAnswer> version;
  std::optional<Readiness> readiness;
  ServerState state;
  ServerRates rates;
  /// Why there are no figures.
  std::optional<Error> no_metrics;
};

std::optional<std::string> VersionOf(const Report& report) {
  return report.version ? std::optional(report.version->version) : report.state.version;
}

std::optional<std::string> CommitOf(const Report& report) {
  return report.version ? std::optional(report.version->commit) : report.state.commit;
}

std::vector<Field> RawFields(const Report& report) {
  const ServerState& state = report.state;
  const ServerRates& rates = report.rates;
  const RequestFigures none;
  const RequestFigures& requests = rates.requests ? *rates.requests : none;
  const auto if_known = [&rates](double value) {
    return rates.requests ? std::optional(value) : std::nullopt;
  };
  const CommitFigures no_commits;
  const CommitFigures& commits = rates.commits ? *rates.commits : no_commits;
  return {
      {"endpoint", report.endpoint},
      {"management_endpoint", report.management_endpoint},
      {"version", TextField(VersionOf(report))},
      {"commit", TextField(CommitOf(report))},
      {"engine", TextField(state.engine)},
      {"ready",
       report.readiness ? FieldValue(report.readiness->is_ready) : FieldValue(std::monostate())},
      {"readiness",
       report.readiness ? FieldValue(report.readiness->reason) : FieldValue(std::monostate())},
      {"started", NumberField(state.start_unix_seconds)},
      {"products", CountField(state.products)},
      {"connections", CountField(state.connections)},
      {"requests_in_flight", CountField(state.requests_in_flight)},
      {"restarted", FieldValue(rates.restarted)},
      {"requests_per_second", RateField(if_known(requests.per_second))},
      {"failed_per_second", RateField(if_known(requests.failed_per_second))},
      {"refused_per_second", RateField(rates.refused_per_second)},
      {"p50_seconds", SecondsField(requests.seconds.p50)},
      {"p99_seconds", SecondsField(requests.seconds.p99)},
      {"p999_seconds", SecondsField(requests.seconds.p999)},
      {"commits_per_second",
       RateField(rates.commits ? std::optional(commits.per_second) : std::nullopt)},
      {"commit_p99_seconds", SecondsField(commits.seconds.p99)},
      {"commit_queue_depth", CountField(state.commit_queue_depth)},
      {"writes_stopped", TruthField(state.writes_stopped)},
      {"table_bytes", CountField(state.table_bytes)},
      {"stored_bytes", CountField(state.stored_bytes)},
      {"max_stored_bytes", CountField(state.max_stored_bytes)},
      {"backup_running", TruthField(state.backup_running)},
      {"backup_failures", CountField(state.backup_failures)},
      {"backup_last_success", NumberField(state.backup_last_success_unix_seconds)},
  };
}

std::string RequestsText(const ServerRates& rates) {
  std::string text = RenderRate(rates.requests->per_second) + "/s, " +
                     RenderRate(rates.requests->failed_per_second) + "/s failed";
  if (rates.refused_per_second) text += ", " + RenderRate(*rates.refused_per_second) + "/s refused";
  return text;
}

std::string LatencyText(const Quantiles& seconds) {
  if (!seconds.p50) return "no request in the interval";
  return "p50 " + RenderLatency(seconds.p50, seconds.floor) + ", p99 " +
         RenderLatency(seconds.p99, seconds.floor) + ", p99.9 " +
         RenderLatency(seconds.p999, seconds.floor);
}

std::string CommitsText(const CommitFigures& commits) {
  std::string text = RenderRate(commits.per_second) + "/s";
  if (commits.changes_per_second)
    text += ", " + RenderRate(*commits.changes_per_second) + " changes/s";
  if (commits.seconds.p99) {
    text += ", p99 " + RenderLatency(commits.seconds.p99, commits.seconds.floor);
  }
  return text;
}

std::string StoredText(const ServerState& state) {
  std::string text = RenderBytes(state.stored_bytes);
  const double maximum = state.max_stored_bytes.value_or(0.0);
  if (maximum <= 0.0) return text;
  return text + " of " + RenderBytes(maximum) + " (" +
         RenderCount(std::floor(100.0 * *state.stored_bytes / maximum)) + " %)";
}

std::string BackupText(const ServerState& state, double now_unix_seconds) {
  std::string text;
  const double last = *state.backup_last_success_unix_seconds;
  if (last <= 0.0) {
    text = "none since the start";
  } else {
    text = RenderAge(now_unix_seconds - last) + " ago";
    if (state.backup_last_bytes) text += ", " + RenderBytes(state.backup_last_bytes);
  }
  if (state.backup_running.value_or(0.0) != 0.0) text += ", one is running";
  if (state.backup_failures.value_or(0.0) > 0.0) {
    text += ", " + RenderCount(state.backup_failures) + " failed";
  }
  return text;
}

std::vector<Field> TableFields(const Report& report, double now_unix_seconds) {
  const ServerState& state = report.state;
  const ServerRates& rates = report.rates;
  std::vector<Field> fields = {{"endpoint", report.endpoint}};
  if (report.management_endpoint != report.endpoint) {
    fields.push_back({"management", report.management_endpoint});
  }
  const auto add = [&fields](const char* name, bool is_known, auto render) {
    fields.push_back({name, is_known ? FieldValue(render()) : FieldValue(std::monostate())});
  };
  add("version", VersionOf(report).has_value(), [&] {
    const std::string commit = CommitOf(report).value_or("");
    return *VersionOf(report) + (commit.empty() ? "" : " (" + commit + ")");
  });
  add("engine", state.engine.has_value(), [&] { return *state.engine; });
  add("ready", report.readiness.has_value(), [&] {
    return report.readiness->is_ready ? std::string("yes") : "no: " + report.readiness->reason;
  });
  add("up", state.start_unix_seconds.has_value(),
      [&] { return RenderAge(now_unix_seconds - *state.start_unix_seconds); });
  add("products", state.products.has_value(), [&] { return RenderCount(state.products); });
  add("connections", state.connections.has_value(), [&] {
    return RenderCount(state.connections) + ", " + RenderCount(state.requests_in_flight) +
           " requests in flight";
  });
  add("requests", rates.requests.has_value(), [&] { return RequestsText(rates); });
  add("latency", rates.requests.has_value(), [&] { return LatencyText(rates.requests->seconds); });
  add("commits", rates.commits.has_value(), [&] { return CommitsText(*rates.commits); });
  add("queue", state.commit_queue_depth.has_value(),
      [&] { return RenderCount(state.commit_queue_depth) + " changes waiting"; });
  add("writes", state.writes_stopped.has_value(), [&] {
    return std::string(*state.writes_stopped != 0.0 ? "stopped: restart it once its disk is sound"
                                                    : "taken");
  });
  add("memory", state.table_bytes.has_value(),
      [&] { return RenderBytes(state.table_bytes) + " of products"; });
  add("stored", state.stored_bytes.has_value(), [&] { return StoredText(state); });
  add("last backup", state.backup_last_success_unix_seconds.has_value(),
      [&] { return BackupText(state, now_unix_seconds); });
  return fields;
}

// Fills in the figures, or why there are none. An error is that of a server which does not answer.
void Measure(ApiClient& management, const StatusOptions& options, const CommandContext& context,
             Report& report) {
  const auto fetch = [&] { return *FetchScrape(management, context.clock, -1); };
  const Result<Scrape> before = fetch();
  if (!before.ok()) {
    report.no_metrics = before.error();
    return;
  }
  const auto next = before->time + options.interval;
  std::this_thread::sleep_for(next - context.clock.Now());
  const Result<Scrape> after = fetch();
  if (!after.ok()) {
    report.state = ReadState(before->metrics);
    report.no_metrics = after.error();
    return;
  }
  report.state = ReadState(after->metrics);
  report.rates = ReadRates(*before, *after);
}

// That something answers which is known by nothing but its products.
Status CheckSpeaksProducts(ApiClient& client) {
  const Result<Product> product = GetProduct(client, kMinProductId);
  if (product.ok() || product.error().code == ErrorCode::kNotFound) return {};
  return product.error();
}

}  // namespace

void AddStatusCommand(CLI::App& root, SettingsFlags& flags, CommandRun& chosen) {
  // Shared, for a std::function must be copyable.
  const auto options = std::make_shared<StatusOptions>();
  CLI::App* command = root.add_subcommand("status", "Print how the server is and what it does.");
  AddDuration(
      *command, "--interval", [options](auto interval) { options->interval = interval; },
      "over which rates and latencies are measured (default 1s)");
  AddManagementEndpoint(*command, flags);
  SetHelp(*command, {.examples = "  productctl status\n"
                                 "  productctl status --interval 5s -o json\n",
                     .exit_codes = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage,
                                    ExitCode::kUnreachable}});
  command->callback([options, &chosen] {
    chosen = [options](const CommandContext& context) { return RunStatus(*options, context); };
  });
}

Result<ExitCode> RunStatus(const StatusOptions& options, const CommandContext& context) {
  const auto client = context.OpenClient();
  if (!client.ok()) return client.error();
  const auto management = context.OpenManagementClient(context.settings.timeout);
  if (!management.ok()) return management.error();

  Report report;
  report.endpoint = (*client)->endpoint();
  report.management_endpoint = (*management)->endpoint();
  const Result<VersionAnswer> version = GetServerVersion(**client);
  if (version.ok()) {
    report.version = *version;
  } else if (version.error().code != ErrorCode::kNotFound) {
    return version.error();
  }
  const Result<std::optional<Readiness>> readiness = GetReadiness(**management);
  if (!readiness.ok()) return readiness.error();
  report.readiness = *readiness;
  Measure(**management, options, context, report);
  const bool has_none = report.no_metrics && report.no_metrics->code == ErrorCode::kNotFound;
  if (!report.version && !report.readiness && has_none) {
    const Status speaks = CheckSpeaksProducts(**client);
    if (!speaks.ok()) return speaks.error();
  }

  const double now_unix_seconds =
      std::chrono::duration<double>(context.clock.WallNow().time_since_epoch()).count();
  const OutputFormat format = context.settings.output;
  PrintRecord(
      context.io.out, format,
      format == OutputFormat::kTable ? TableFields(report, now_unix_seconds) : RawFields(report));
  if (report.rates.restarted) {
    context.io.err << "productctl: the server was restarted in the interval\n";
  }
  if (!report.no_metrics) return ExitCode::kDone;
  if (!has_none) return *report.no_metrics;
  context.io.err << "productctl: no figures: " << report.no_metrics->message
                 << "; --management-endpoint names another\n";
  return ExitCode::kDone;
}

}  // namespace products::cli
