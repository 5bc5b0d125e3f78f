#include "cli/top_view.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/figure_fields.h"
#include "cli/figure_text.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr std::size_t kRateWidth = 7;
constexpr std::size_t kLatencyWidth = 8;
constexpr std::size_t kFiguresWidth = 2 * kRateWidth + 3 * kLatencyWidth;
constexpr std::size_t kNarrowestName = 20;
constexpr std::size_t kNarrowestSparkline = 8;
constexpr std::size_t kWidestSparkline = 60;

enum class Style { kPlain, kHeading, kAlarm };

struct Line {
  std::string text;
  Style style = Style::kPlain;
};

struct Widths {
  std::size_t name = 0;
  std::size_t sparkline = 0;  // 0: no room
};

struct Row {
  std::string name;
  std::array<std::string, 5> figures;
  const TopView::History* history = nullptr;
};

void Push(TopView::History& history, double value) {
  history.push_back(value);
  if (history.size() > TopView::kHistory) history.pop_front();
}

std::string PaddedRight(std::string text, std::size_t width) {
  text.append(width - std::min(width, DisplayWidth(text)), ' ');
  return text;
}

std::string PaddedLeft(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, DisplayWidth(text)), ' ') + text;
}

std::string CutName(const std::string& name, std::size_t width) {
  if (DisplayWidth(name) <= width) return PaddedRight(name, width);
  return PaddedRight(std::string(PrefixOfWidth(name, width - 1)) + "…", width);
}

std::string RouteName(const RouteFigures& route) {
  return PaddedRight(Printable(route.method), 6) + " " + Printable(route.route);
}

Row RequestRow(std::string name, const RequestFigures& requests, const TopView::History& history) {
  const Quantiles& seconds = requests.seconds;
  return {std::move(name),
          {RenderRate(requests.per_second), RenderRate(requests.failed_per_second),
           RenderLatency(seconds.p50, seconds.floor), RenderLatency(seconds.p99, seconds.floor),
           RenderLatency(seconds.p999, seconds.floor)},
          &history};
}

std::string RenderRow(const Row& row, const Widths& widths) {
  std::string line = CutName(row.name, widths.name);
  for (std::size_t i = 0; i < row.figures.size(); ++i) {
    line += PaddedLeft(row.figures[i], i < 2 ? kRateWidth : kLatencyWidth);
  }
  if (widths.sparkline == 0) return line;
  line += "  ";
  if (row.history == nullptr) return line + "LATEST";
  return line + RenderSparkline(*row.history, widths.sparkline);
}

Widths FitWidths(const std::vector<Row>& rows, std::size_t columns) {
  std::size_t longest = kNarrowestName;
  for (const Row& row : rows) longest = std::max(longest, DisplayWidth(row.name));
  const auto left_of = [columns](std::size_t used) { return columns - std::min(columns, used); };
  Widths widths;
  widths.name =
      std::clamp(left_of(kFiguresWidth + 2 + kNarrowestSparkline), kNarrowestName, longest);
  widths.sparkline = std::min(left_of(widths.name + kFiguresWidth + 2), kWidestSparkline);
  if (widths.sparkline < kNarrowestSparkline) {
    widths.sparkline = 0;
    widths.name = std::clamp(left_of(kFiguresWidth), kNarrowestName, longest);
  }
  return widths;
}

std::string TitleText(const TopView& view, double now_unix_seconds) {
  const ServerState& state = view.state();
  std::string text = Printable(view.endpoint());
  if (state.version) text += "  productd " + Printable(*state.version);
  if (state.engine) text += " (" + Printable(*state.engine) + ")";
  if (state.start_unix_seconds) {
    text += "  up " + RenderAge(now_unix_seconds - *state.start_unix_seconds);
  }
  return text;
}

std::string StateText(const ServerState& state) {
  std::string text = "products " + RenderCount(state.products) + "  connections " +
                     RenderCount(state.connections) + "  in flight " +
                     RenderCount(state.requests_in_flight) + "  queue " +
                     RenderCount(state.commit_queue_depth);
  if (state.backup_running.value_or(0.0) != 0.0) text += "  backup running";
  return text;
}

std::string ResourcesText(const TopView& view) {
  const ServerState& state = view.state();
  const ServerRates& rates = view.rates();
  std::string text =
      "memory " + RenderBytes(state.resident_bytes) + "  stored " + RenderBytes(state.stored_bytes);
  if (state.max_stored_bytes.value_or(0.0) > 0.0) {
    text += " of " + RenderBytes(state.max_stored_bytes);
  }
  text += "  cpu " + (rates.cpu_cores ? RenderRate(*rates.cpu_cores) : "-") + "  refused " +
          (rates.refused_per_second ? RenderRate(*rates.refused_per_second) : "-") + "/s";
  return text;
}

// What needs a look, in one line; empty when nothing does.
std::string AlarmText(const TopView& view) {
  if (view.failure()) return Printable(*view.failure());
  if (view.state().writes_stopped.value_or(0.0) != 0.0) {
    return "writes are stopped: restart it once its disk is sound";
  }
  if (view.rates().restarted) return "the server was restarted";
  return view.has_rates() ? "" : "waiting for the second look";
}

std::vector<Row> RouteRows(const TopView& view) {
  std::vector<Row> rows;
  for (const RouteFigures& route : view.rates().routes) {
    rows.push_back(RequestRow(RouteName(route), route.requests, view.route_history(route)));
  }
  return rows;
}

std::vector<Row> CommitRows(const TopView& view) {
  const auto& commits = view.rates().commits;
  if (!commits) return {};
  const Quantiles& seconds = commits->seconds;
  const Quantiles& wait = commits->queue_wait_seconds;
  static const TopView::History no_history;
  return {
      {"commits",
       {RenderRate(commits->per_second), "", RenderLatency(seconds.p50, seconds.floor),
        RenderLatency(seconds.p99, seconds.floor), RenderLatency(seconds.p999, seconds.floor)},
       &view.commit_history()},
      {"changes, their wait",
       {commits->changes_per_second ? RenderRate(*commits->changes_per_second) : "-", "",
        RenderLatency(wait.p50, wait.floor), RenderLatency(wait.p99, wait.floor),
        RenderLatency(wait.p999, wait.floor)},
       &no_history},
  };
}

std::string Styled(const Line& line, std::size_t columns, const Palette& palette) {
  const std::string_view text = PrefixOfWidth(line.text, columns);
  switch (line.style) {
    case Style::kPlain:
      return std::string(text);
    case Style::kHeading:
      return palette.Strong(text);
    case Style::kAlarm:
      return text.empty() ? std::string() : palette.Error(text);
  }
  return std::string(text);
}

std::vector<Field> RequestFields(const RequestFigures& requests) {
  return {{"per_second", RateField(requests.per_second)},
          {"failed_per_second", RateField(requests.failed_per_second)},
          {"p50_seconds", SecondsField(requests.seconds.p50)},
          {"p99_seconds", SecondsField(requests.seconds.p99)},
          {"p999_seconds", SecondsField(requests.seconds.p999)}};
}

void AppendPlain(std::string& out, std::vector<Field> key, std::vector<Field> figures) {
  key.insert(key.end(), figures.begin(), figures.end());
  out += RenderPlainLine(key);
}

}  // namespace

void TopView::Add(Scrape scrape) {
  failure_.reset();
  state_ = ReadState(scrape.metrics);
  if (last_) {
    rates_ = ReadRates(*last_, scrape);
    ++intervals_;
    Push(requests_, rates_.requests ? rates_.requests->per_second : 0.0);
    Push(commits_, rates_.commits ? rates_.commits->per_second : 0.0);
    for (const RouteFigures& route : rates_.routes) {
      Push(routes_[{route.method, route.route}], route.requests.per_second);
    }
  }
  last_ = std::move(scrape);
}

const TopView::History& TopView::route_history(const RouteFigures& route) const {
  static const History none;
  const auto found = routes_.find({route.method, route.route});
  return found == routes_.end() ? none : found->second;
}

std::string RenderSparkline(const TopView::History& history, std::size_t width) {
  constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t shown = std::min(history.size(), width);
  const auto first = history.end() - static_cast<std::ptrdiff_t>(shown);
  const double highest = shown == 0 ? 0.0 : *std::max_element(first, history.end());
  std::string line(width - shown, ' ');
  for (auto value = first; value != history.end(); ++value) {
    double share = highest > 0.0 ? *value / highest : 0.0;
    // What a server tells may be infinite.
    if (!(share >= 0.0 && share <= 1.0)) share = 1.0;
    const auto block = static_cast<std::size_t>(share * static_cast<double>(kBlocks.size()));
    line += kBlocks[std::min(block, kBlocks.size() - 1)];
  }
  return line;
}

std::vector<std::string> RenderTop(const TopView& view, std::size_t columns, std::size_t rows,
                                   double now_unix_seconds, const Palette& palette) {
  const RequestFigures none;
  const Row all =
      RequestRow("all but /metrics", view.rates().requests.value_or(none), view.request_history());
  std::vector<Row> routes = RouteRows(view);
  const std::vector<Row> commits = CommitRows(view);
  std::vector<Row> widest = routes;
  widest.insert(widest.end(), commits.begin(), commits.end());
  const Widths widths = FitWidths(widest, columns);

  std::vector<Line> lines = {
      {TitleText(view, now_unix_seconds)},
      {StateText(view.state())},
      {ResourcesText(view)},
      {AlarmText(view), Style::kAlarm},
      {RenderRow({"REQUESTS", {"RATE/S", "5XX/S", "P50", "P99", "P99.9"}}, widths),
       Style::kHeading},
      {RenderRow(all, widths)},
  };
  const std::size_t others = lines.size() + commits.size();
  const std::size_t room = rows > others ? rows - others : 0;
  std::size_t left_out = 0;
  if (routes.size() > room) {
    // The line that counts them takes one itself.
    const std::size_t kept = room > 0 ? room - 1 : 0;
    left_out = routes.size() - kept;
    routes.resize(kept);
  }
  for (const Row& row : routes) lines.push_back({RenderRow(row, widths)});
  if (left_out > 0) lines.push_back({"and " + std::to_string(left_out) + " more routes"});
  for (const Row& row : commits) lines.push_back({RenderRow(row, widths)});
  if (lines.size() > rows) lines.resize(rows);

  std::vector<std::string> texts;
  texts.reserve(lines.size());
  for (const Line& line : lines) texts.push_back(Styled(line, columns, palette));
  return texts;
}

std::string RenderTopJson(const TopView& view) {
  const ServerState& state = view.state();
  const ServerRates& rates = view.rates();
  std::vector<Field> fields = {
      {"endpoint", view.endpoint()},
      {"interval_seconds", RateField(rates.interval_seconds)},
      {"restarted", rates.restarted},
      {"products", CountField(state.products)},
      {"connections", CountField(state.connections)},
      {"requests_in_flight", CountField(state.requests_in_flight)},
      {"commit_queue_depth", CountField(state.commit_queue_depth)},
      {"refused_per_second", RateField(rates.refused_per_second)},
      {"cpu_cores", RateField(rates.cpu_cores)},
      {"commits_per_second",
       RateField(rates.commits ? std::optional(rates.commits->per_second) : std::nullopt)},
      {"changes_per_second",
       RateField(rates.commits ? rates.commits->changes_per_second : std::optional<double>())},
      {"commit_p99_seconds",
       SecondsField(rates.commits ? rates.commits->seconds.p99 : std::optional<double>())},
  };
  for (const Field& field : RequestFields(rates.requests.value_or(RequestFigures()))) {
    const bool is_rate = field.name.ends_with("per_second");
    fields.push_back({is_rate && field.name == "per_second" ? "requests_per_second" : field.name,
                      rates.requests ? field.value : FieldValue(std::monostate())});
  }
  std::string text = RenderJsonObject(fields);
  text.pop_back();
  text += ",\"routes\":[";
  std::string_view separator;
  for (const RouteFigures& route : rates.routes) {
    std::vector<Field> route_fields = {{"method", route.method}, {"route", route.route}};
    const std::vector<Field> figures = RequestFields(route.requests);
    route_fields.insert(route_fields.end(), figures.begin(), figures.end());
    text.append(separator).append(RenderJsonObject(route_fields));
    separator = ",";
  }
  return text + "]}\n";
}

std::string RenderTopPlain(const TopView& view) {
  const ServerRates& rates = view.rates();
  std::string text;
  if (rates.requests) {
    AppendPlain(text, {{"", "total"}, {"", "-"}, {"", "-"}}, RequestFields(*rates.requests));
  }
  for (const RouteFigures& route : rates.routes) {
    AppendPlain(text, {{"", "route"}, {"", route.method}, {"", route.route}},
                RequestFields(route.requests));
  }
  if (rates.commits) {
    AppendPlain(text, {{"", "commits"}, {"", "-"}, {"", "-"}},
                RequestFields({rates.commits->per_second, 0.0, rates.commits->seconds}));
  }
  return text + "\n";
}

}  // namespace products::cli
