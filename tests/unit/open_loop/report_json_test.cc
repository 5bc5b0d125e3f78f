#include "loadtest/open_loop/report_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace products::open_loop {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr char kNoProblem[] = R"("kept_rate":true,"problems":[])";

LoadReport GoodReport() {
  LoadReport report;
  report.get.scheduled = 2;
  report.get.latencies.Add(microseconds(100));
  report.get.latencies.Add(microseconds(250));
  report.own_delay.Add(microseconds(20));
  return report;
}

TEST(ReportJson, HasEveryFigureOfARun) {
  const LoadOptions options{.schedule = {.per_second = 2000, .products = 50}};
  const std::string text = RenderReport(options, GoodReport());
  EXPECT_THAT(text, HasSubstr(R"("arrivals":"poisson","per_second":2000.000,"seconds":10.000)"));
  EXPECT_THAT(text, HasSubstr(kNoProblem));
  EXPECT_THAT(text, HasSubstr(R"("get":{"scheduled":2,"answered":2,"errors":0,"unanswered":0,)"
                              R"("p50_us":100.0,"p90_us":250.0,"p99_us":250.0,)"));
  EXPECT_THAT(text, HasSubstr(R"("post":{"scheduled":0,)"));
  EXPECT_EQ(text.back(), '\n');
}

TEST(ReportJson, SaysWhatKeepsTheFiguresFromBeingThoseOfTheSchedule) {
  struct Row {
    const char* name;
    void (*spoil)(LoadReport& report);
    const char* expected;
  };
  for (const Row& row : std::vector<Row>{
           {"unanswered", [](LoadReport& report) { report.post.scheduled += 3; },
            R"("kept_rate":false,"problems":["3 requests unanswered"])"},
           {"wrong",
            [](LoadReport& report) {
              ++report.get.scheduled;
              ++report.get.errors;
            },
            R"("kept_rate":true,"problems":["1 requests answered wrongly"])"},
           {"behind", [](LoadReport& report) { report.behind = milliseconds(101); },
            R"("kept_rate":false,"problems":["the rate was not kept: at its end the run was )"
            R"(101.0 ms behind its schedule"])"},
           {"a moment behind", [](LoadReport& report) { report.behind = milliseconds(99); },
            kNoProblem},
           {"late", [](LoadReport& report) { report.own_delay.Add(milliseconds(2)); },
            R"("kept_rate":true,"problems":["the generator was late by itself: 1 % of the )"
            R"(requests by 2.0 ms or more"])"},
       }) {
    LoadReport report = GoodReport();
    row.spoil(report);
    EXPECT_THAT(RenderReport(LoadOptions(), report), HasSubstr(row.expected)) << row.name;
  }
}

TEST(ReportJson, ALongRunMayEndAHundredthOfItBehind) {
  EXPECT_EQ(AllowedBehind(seconds(1)), milliseconds(100));
  EXPECT_EQ(AllowedBehind(seconds(60)), milliseconds(600));
}

TEST(ReportJson, AProbeThatFellBehindSaysSo) {
  SyncProbeReport report;
  report.durations.Add(milliseconds(2));
  report.latencies.Add(milliseconds(900));
  report.behind = milliseconds(898);
  const std::string text = RenderReport(SyncProbeOptions(), report);
  EXPECT_THAT(text, HasSubstr(R"("kept_rate":false,"problems":["the rate was not kept: )"));
  EXPECT_THAT(text, HasSubstr(R"("duration":{"p50_us":2000.0,)"));
  EXPECT_THAT(text, HasSubstr(R"("from_due":{"p50_us":900000.0,)"));
}

}  // namespace
}  // namespace products::open_loop
