#include "core/base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace products {
namespace {

// Stands still at 2026-01-31T23:59:59.007Z.
class FixedClock final : public Clock {
 public:
  MonotonicTime Now() const override { return {}; }
  WallTime WallNow() const override {
    return WallTime(std::chrono::seconds(1769903999) + std::chrono::milliseconds(7));
  }
};

// A pipe that is read without waiting. Writing waits where there is no room, as on the pipe that a
// process gets for its standard error.
class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
  }
  ~Pipe() {
    for (const int end : ends_) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int write_end() const { return ends_[1]; }

  std::string Read() {
    std::string text;
    std::array<char, 4096> chunk;
    ssize_t length = 0;
    while ((length = read(ends_[0], chunk.data(), chunk.size())) > 0) {
      text.append(chunk.data(), static_cast<std::size_t>(length));
    }
    return text;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

class LogTest : public testing::Test {
 protected:
  std::string LineOf(LogFormat format, std::string_view event,
                     std::initializer_list<LogField> fields) {
    Logger logger(format, LogLevel::kDebug, pipe_.write_end(), clock_);
    logger.Info(event, fields);
    return pipe_.Read();
  }

  FixedClock clock_;
  Pipe pipe_;
};

TEST_F(LogTest, JsonLineIsAnObjectWithTimeLevelEventAndFields) {
  EXPECT_EQ(LineOf(LogFormat::kJson, "listening",
                   {{"address", "0.0.0.0:8080"}, {"workers", 4}, {"ready", true}, {"load", 0.5}}),
            R"({"time":"2026-01-31T23:59:59.007Z","level":"info","event":"listening",)"
            R"("address":"0.0.0.0:8080","workers":4,"ready":true,"load":0.5})"
            "\n");
}

TEST_F(LogTest, TextLineIsTimeLevelEventAndFields) {
  EXPECT_EQ(
      LineOf(LogFormat::kText, "listening", {{"address", std::string_view("a b")}, {"workers", 4}}),
      "2026-01-31T23:59:59.007Z info listening address=\"a b\" workers=4\n");
}

TEST_F(LogTest, FieldCannotBreakItsLine) {
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    const std::string line = LineOf(format, "refused", {{"path", "a\nlevel=error \"x\""}});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_NE(line.find(R"("a\nlevel=error \"x\"")"), std::string::npos) << line;
  }
}

TEST_F(LogTest, FieldThatIsNotUtf8LeavesTheLineUtf8) {
  EXPECT_EQ(
      LineOf(LogFormat::kText, "e", {{"file", "a\xFF\xC3\xA9\xE2\x82"}}),
      "2026-01-31T23:59:59.007Z info e file=\"a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"\n");
}

TEST_F(LogTest, IntegersOfEveryWidthKeepTheirValue) {
  EXPECT_EQ(LineOf(LogFormat::kText, "e",
                   {{"a", std::numeric_limits<std::int64_t>::min()},
                    {"b", std::uint8_t{255}},
                    {"c", std::size_t{1} << 40}}),
            "2026-01-31T23:59:59.007Z info e a=-9223372036854775808 b=255 c=1099511627776\n");
}

TEST_F(LogTest, NumberThatIsNotFiniteIsTextSoThatTheLineStaysJson) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string line = LineOf(
      LogFormat::kJson, "e",
      {{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", kInfinity}, {"c", -kInfinity}});
  EXPECT_NE(line.find(R"("a":"nan","b":"inf","c":"-inf"})"), std::string::npos) << line;
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  Logger logger(LogFormat::kText, LogLevel::kWarning, pipe_.write_end(), clock_);
  logger.Debug("a");
  logger.Info("b");
  EXPECT_EQ(pipe_.Read(), "");
  logger.Warning("c");
  logger.Error("d");
  EXPECT_EQ(pipe_.Read(), "2026-01-31T23:59:59.007Z warning c\n2026-01-31T23:59:59.007Z error d\n");
  logger.set_level(LogLevel::kDebug);
  logger.Debug("e");
  EXPECT_EQ(pipe_.Read(), "2026-01-31T23:59:59.007Z debug e\n");
  EXPECT_EQ(logger.dropped_lines(), 0U);
}

TEST_F(LogTest, LineThatTheDescriptorDoesNotTakeIsDroppedAndCounted) {
  Logger logger(LogFormat::kText, LogLevel::kInfo, pipe_.write_end(), clock_);
  const std::string long_text(1000, 'x');
  std::uint64_t written = 0;
  while (logger.dropped_lines() == 0) {
    logger.Info("full", {{"text", long_text}});
    ++written;
  }
  logger.Info("full", {{"text", long_text}});
  EXPECT_EQ(logger.dropped_lines(), 2U);
  EXPECT_GT(written, 1U);
  pipe_.Read();
  logger.Info("again");
  EXPECT_EQ(pipe_.Read(), "2026-01-31T23:59:59.007Z info again\n");
}

TEST_F(LogTest, LinesOfSeveralThreadsNeverMix) {
  constexpr int kThreads = 4;
  constexpr int kLinesPerThread = 50;  // all of them fit into the pipe
  Logger logger(LogFormat::kText, LogLevel::kInfo, pipe_.write_end(), clock_);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&logger, text = std::string(100, static_cast<char>('a' + i))] {
      for (int line = 0; line < kLinesPerThread; ++line) logger.Info("e", {{"text", text}});
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::array<int, kThreads> lines{};
  const std::string all = pipe_.Read();
  for (std::size_t from = 0; from < all.size();) {
    const std::size_t end = all.find('\n', from);
    ASSERT_NE(end, std::string::npos);
    const std::string_view line = std::string_view(all).substr(from, end - from);
    const char letter = line[line.size() - 2];
    ASSERT_EQ(line, "2026-01-31T23:59:59.007Z info e text=\"" + std::string(100, letter) + "\"");
    ++lines[static_cast<std::size_t>(letter - 'a')];
    from = end + 1;
  }
  EXPECT_EQ(lines, (std::array<int, kThreads>{kLinesPerThread, kLinesPerThread, kLinesPerThread,
                                              kLinesPerThread}));
  EXPECT_EQ(logger.dropped_lines(), 0U);
}

TEST(LogNames, EveryLevelAndFormatIsReadBackFromItsName) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(ParseLogLevel(LogLevelName(level)), level);
  }
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    EXPECT_EQ(ParseLogFormat(LogFormatName(format)), format);
  }
  EXPECT_EQ(ParseLogLevel("WARN"), std::nullopt);
  EXPECT_EQ(ParseLogLevel(""), std::nullopt);
  EXPECT_EQ(ParseLogFormat("xml"), std::nullopt);
}

}  // namespace
}  // namespace products
