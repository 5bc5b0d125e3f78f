#include "core/base/log.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <string>

#include "core/base/json_text.h"
#include "core/base/utf8.h"

namespace products {
namespace {

template <typename T>
void AppendNumber(std::string& out, T number) {
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

// RFC 3339 with milliseconds, UTC: 2026-01-31T23:59:59.123Z.
void AppendTime(std::string& out, WallTime now) {
  const auto since_epoch = now.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch - seconds).count();
  const std::time_t time = seconds.count();
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 40> text;
  out.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts));
  out += '.';
  out += static_cast<char>('0' + milliseconds / 100);
  out += static_cast<char>('0' + milliseconds / 10 % 10);
  out += static_cast<char>('0' + milliseconds % 10);
  out += 'Z';
}

void AppendValue(std::string& out, const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    // A file's name, for one, is any bytes.
    AppendJsonString(out, ReplaceMalformedUtf8(*text));
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    AppendNumber(out, *integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    // JSON has no NaN and no infinity; as text they are still told.
    const bool is_finite = std::isfinite(*number);
    if (!is_finite) out += '"';
    AppendNumber(out, *number);
    if (!is_finite) out += '"';
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

// A pipe that says so has room for PIPE_BUF bytes (4096), which is more than a line of ours. Asked
// instead of set to O_NONBLOCK: that would hold for every process that shares the descriptor, the
// shell that started this one among them.
bool TakesALineAtOnce(int descriptor) {
  pollfd poll_descriptor{descriptor, POLLOUT, 0};
  return ::poll(&poll_descriptor, 1, 0) == 1 && (poll_descriptor.revents & POLLOUT) != 0;
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (LogLevelName(level) == name) return level;
  }
  return std::nullopt;
}

std::string_view LogFormatName(LogFormat format) {
  return format == LogFormat::kJson ? "json" : "text";
}

std::optional<LogFormat> ParseLogFormat(std::string_view name) {
  if (name == "json") return LogFormat::kJson;
  if (name == "text") return LogFormat::kText;
  return std::nullopt;
}

void Logger::Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < level_.load(std::memory_order_relaxed)) return;
  std::string line;
  line.reserve(256);
  if (format_ == LogFormat::kJson) {
    line += "{\"time\":\"";
    AppendTime(line, clock_.WallNow());
    line += "\",\"level\":\"";
    line += LogLevelName(level);
    line += "\",\"event\":";
    AppendJsonString(line, event);
    for (const LogField& field : fields) {
      line += ',';
      AppendJsonString(line, field.key);
      line += ':';
      AppendValue(line, field.value);
    }
    line += "}\n";
  } else {
    AppendTime(line, clock_.WallNow());
    line += ' ';
    line += LogLevelName(level);
    line += ' ';
    line += event;
    for (const LogField& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      AppendValue(line, field.value);
    }
    line += '\n';
  }
  const std::lock_guard lock(write_mutex_);
  if (!TakesALineAtOnce(file_descriptor_) ||
      ::write(file_descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    dropped_lines_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace products
