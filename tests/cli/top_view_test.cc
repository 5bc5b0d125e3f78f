#include "cli/top_view.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <variant>

#include "cli/figure_fields.h"
#include "cli/text_width.h"
#include "tests/cli/fake_metrics.h"
#include "tests/cli/golden_text.h"

namespace products::cli {
namespace {

// JSON has no word for them, and a server may tell anything.
TEST(FigureFields, WhatIsNoNumberIsUnknown) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double number : {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
    for (const FieldValue& value :
         {NumberField(number), CountField(number), RateField(number), SecondsField(number)}) {
      EXPECT_TRUE(std::holds_alternative<std::monostate>(value)) << number;
    }
  }
}

Scrape ScrapeAt(int second, const FakeFigures& figures) {
  Result<MetricsText> metrics = MetricsText::Parse(RenderFakeMetrics(figures));
  EXPECT_TRUE(metrics.ok());
  return {std::move(*metrics), MonotonicTime(std::chrono::seconds(second))};
}

TopView BusyView(int seconds) {
  TopView view("http://127.0.0.1:9090");
  int scrape = 0;
  for (int second = 0; second <= seconds; ++second) {
    // A load that rises and falls: 0 to 4 times the busy second.
    scrape += second % 5;
    FakeFigures figures = BusyFigures(scrape);
    figures.start_unix_seconds = 1'000'000;
    view.Add(ScrapeAt(second, figures));
  }
  return view;
}

std::string Text(const TopView& view, std::size_t columns, std::size_t rows) {
  std::string text;
  for (const std::string& line : RenderTop(view, columns, rows, 1'012'000, Palette(false))) {
    EXPECT_LE(DisplayWidth(line), columns) << line;
    text += line + "\n";
  }
  return text;
}

TEST(TopView, ScreensOfManySizes) {
  std::string text;
  const auto add = [&text](const std::string& title, const std::string& screen) {
    text += "# " + title + "\n" + screen + "\n";
  };
  add("80x24, the first look", Text(BusyView(0), 80, 24));
  add("80x24", Text(BusyView(39), 80, 24));
  add("200x50", Text(BusyView(39), 200, 50));
  add("60x10", Text(BusyView(39), 60, 10));
  TopView failing = BusyView(3);
  failing.SetFailure("GET http://127.0.0.1:9090/metrics: no connection: Connection refused");
  add("80x24, the server is gone", Text(failing, 80, 24));
  TopView restarted = BusyView(3);
  FakeFigures figures = BusyFigures(0);
  figures.start_unix_seconds = 1'000'001;
  figures.writes_stopped = 0;
  restarted.Add(ScrapeAt(4, figures));
  add("80x24, restarted", Text(restarted, 80, 24));
  ExpectGoldenText("top_screens", text);
}

TEST(TopView, EveryGeometryIsKept) {
  const TopView view = BusyView(20);
  for (std::size_t columns = 0; columns < 140; ++columns) {
    for (std::size_t rows = 0; rows < 20; ++rows) {
      EXPECT_LE(RenderTop(view, columns, rows, 0, Palette(false)).size(), rows);
      Text(view, columns, rows);
    }
  }
}

TEST(TopView, HistoryIsBounded) {
  const TopView view = BusyView(500);
  EXPECT_EQ(view.request_history().size(), TopView::kHistory);
}

TEST(Sparkline, ShowsTheLatestAtItsRight) {
  EXPECT_EQ(RenderSparkline({}, 4), "    ");
  EXPECT_EQ(RenderSparkline({0, 0}, 4), "  ▁▁");
  EXPECT_EQ(RenderSparkline({100, 0, 1, 2, 4, 8}, 5), "▁▂▃▅█");
  EXPECT_EQ(RenderSparkline({1, 2}, 0), "");
}

}  // namespace
}  // namespace products::cli
