#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string_view>
#include <variant>

#include "core/base/clock.h"

namespace products {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

/// "debug", "info", "warning", "error" and back.
std::string_view LogLevelName(LogLevel level);
std::optional<LogLevel> ParseLogLevel(std::string_view name);

/// "text", "json" and back.
std::string_view LogFormatName(LogFormat format);
std::optional<LogFormat> ParseLogFormat(std::string_view name);

/// One `key=value` of a line. The views need to live only for the call that logs them.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, double, bool>;

  LogField(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, const char* text)
      : key(field_key), value(std::string_view(text)) {}
  LogField(std::string_view field_key, bool flag) : key(field_key), value(flag) {}
  LogField(std::string_view field_key, double number) : key(field_key), value(number) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view field_key, T number)
      : key(field_key), value(static_cast<std::int64_t>(number)) {}

  std::string_view key;
  Value value;
};

/// Writes one line an event to a descriptor, JSON or text, in one write(2) so that lines of several
/// threads never mix. Thread-safe. A line that the descriptor does not take at once is dropped and
/// counted: a log pipe that nobody reads must not stop the service, so nothing waits or tries
/// again.
///
/// `event` is a short constant sentence ("listening", "commit failed"); what varies goes into
/// fields.
class Logger {
 public:
  /// `file_descriptor` and `clock` must outlive the logger; neither is owned.
  Logger(LogFormat format, LogLevel level, int file_descriptor, const Clock& clock)
      : format_(format), level_(level), file_descriptor_(file_descriptor), clock_(clock) {}
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kDebug, event, fields);
  }
  void Info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kInfo, event, fields);
  }
  void Warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kWarning, event, fields);
  }
  void Error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kError, event, fields);
  }

  void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  std::uint64_t dropped_lines() const { return dropped_lines_.load(std::memory_order_relaxed); }

 private:
  const LogFormat format_;
  std::atomic<LogLevel> level_;
  const int file_descriptor_;
  const Clock& clock_;
  std::mutex write_mutex_;  // guards the room that was seen in the descriptor until it is used
  std::atomic<std::uint64_t> dropped_lines_{0};
};

}  // namespace products
