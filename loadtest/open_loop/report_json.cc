#include "loadtest/open_loop/report_json.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <vector>

#include "core/base/json_text.h"

namespace products::open_loop {
namespace {

using std::chrono::nanoseconds;

// Of the generator alone. Above it, what is measured is this machine's scheduler.
constexpr nanoseconds kAllowedOwnDelay = std::chrono::milliseconds(1);

std::string Fixed(double number, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return text.data();
}

double SecondsOf(nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

std::string Microseconds(nanoseconds duration) { return Fixed(SecondsOf(duration) * 1e6, 1); }

std::string Milliseconds(nanoseconds duration) {
  return Fixed(SecondsOf(duration) * 1e3, 1) + " ms";
}

// Members without braces.
std::string RenderLatencies(const Latencies::Summary& summary) {
  return "\"p50_us\":" + Microseconds(summary.p50) + ",\"p90_us\":" + Microseconds(summary.p90) +
         ",\"p99_us\":" + Microseconds(summary.p99) + ",\"p999_us\":" + Microseconds(summary.p999) +
         ",\"max_us\":" + Microseconds(summary.max);
}

std::string RenderSchedule(const ScheduleOptions& schedule, nanoseconds duration) {
  const std::string_view arrivals = schedule.arrivals == Arrivals::kPoisson ? "poisson" : "fixed";
  return "\"arrivals\":\"" + std::string(arrivals) +
         "\",\"per_second\":" + Fixed(schedule.per_second, 3) +
         ",\"seconds\":" + Fixed(SecondsOf(duration), 3);
}

std::string RenderKind(const KindReport& kind) {
  return "{\"scheduled\":" + std::to_string(kind.scheduled) +
         ",\"answered\":" + std::to_string(kind.latencies.count()) +
         ",\"errors\":" + std::to_string(kind.errors) +
         ",\"unanswered\":" + std::to_string(kind.unanswered()) + "," +
         RenderLatencies(kind.latencies.Summarize()) + "}";
}

std::string RenderProblems(bool kept_rate, const std::vector<std::string>& problems) {
  std::string text = std::string("\"kept_rate\":") + (kept_rate ? "true" : "false");
  text += ",\"problems\":[";
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i > 0) text += ',';
    AppendJsonString(text, problems[i]);
  }
  return text + "]";
}

std::string FellBehind(nanoseconds behind) {
  return "the rate was not kept: at its end the run was " + Milliseconds(behind) +
         " behind its schedule";
}

}  // namespace

nanoseconds AllowedBehind(nanoseconds duration) {
  return std::max<nanoseconds>(std::chrono::milliseconds(100), duration / 100);
}

std::string RenderReport(const LoadOptions& options, const LoadReport& report) {
  std::vector<std::string> problems;
  const std::size_t unanswered = report.get.unanswered() + report.post.unanswered();
  const std::size_t errors = report.get.errors + report.post.errors;
  const Latencies::Summary own_delay = report.own_delay.Summarize();
  const bool fell_behind = report.behind > AllowedBehind(options.duration);
  if (unanswered > 0) problems.push_back(std::to_string(unanswered) + " requests unanswered");
  if (errors > 0) problems.push_back(std::to_string(errors) + " requests answered wrongly");
  if (fell_behind) problems.push_back(FellBehind(report.behind));
  if (own_delay.p99 > kAllowedOwnDelay) {
    problems.push_back("the generator was late by itself: 1 % of the requests by " +
                       Milliseconds(own_delay.p99) + " or more");
  }
  return "{" + RenderSchedule(options.schedule, options.duration) +
         ",\"post_share\":" + Fixed(options.schedule.post_share, 6) +
         ",\"products\":" + std::to_string(options.schedule.products) +
         ",\"connections\":" + std::to_string(options.connections) + "," +
         RenderProblems(unanswered == 0 && !fell_behind, problems) +
         ",\"get\":" + RenderKind(report.get) + ",\"post\":" + RenderKind(report.post) +
         ",\"waited_for_connection\":" + std::to_string(report.waited) + ",\"own_delay\":{" +
         RenderLatencies(own_delay) + "},\"behind_us\":" + Microseconds(report.behind) +
         ",\"cpu_seconds\":" + Fixed(SecondsOf(report.cpu_time), 3) + "}\n";
}

std::string RenderReport(const SyncProbeOptions& options, const SyncProbeReport& report) {
  std::vector<std::string> problems;
  const bool fell_behind = report.behind > AllowedBehind(options.duration);
  if (fell_behind) problems.push_back(FellBehind(report.behind));
  return "{" + RenderSchedule(options.schedule, options.duration) + "," +
         RenderProblems(!fell_behind, problems) +
         ",\"written\":" + std::to_string(report.durations.count()) + ",\"duration\":{" +
         RenderLatencies(report.durations.Summarize()) + "},\"from_due\":{" +
         RenderLatencies(report.latencies.Summarize()) +
         "},\"behind_us\":" + Microseconds(report.behind) + "}\n";
}

}  // namespace products::open_loop
