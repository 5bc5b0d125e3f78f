#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace products::cli {

struct Answer;

/// A request's body that is never in memory whole. Called on the thread that exchanges.
class BodySource {
 public:
  virtual ~BodySource() = default;

  /// Fills in up to `capacity` (> 0) bytes; 0 is the end of the body.
  virtual std::size_t Read(char* buffer, std::size_t capacity) = 0;
  /// Back to the first byte: a kept connection turned out to be closed, so all goes over a new one.
  virtual void Rewind() = 0;
};

/// Who takes an answer's body piece by piece. Called on the thread that exchanges.
class BodySink {
 public:
  virtual ~BodySink() = default;

  /// Whether the body of an answer with this status and content type is to come here; else it goes
  /// into the Answer, as that of an error must.
  virtual bool Wants(const Answer& head) = 0;
  /// False ends the exchange.
  virtual bool Write(std::string_view piece) = 0;
};

/// A POST when it has a source, else a GET.
struct StreamRequest {
  std::string path;               ///< begins with "/"; goes behind the endpoint's own path
  std::string accept = "*/*";     ///< media types
  std::string content_type = {};  ///< with a source only
  BodySource* source = nullptr;
  BodySink* sink = nullptr;
};

/// Hears at least every 125 ms that an exchange goes on, and may end it.
class StreamWatch {
 public:
  virtual ~StreamWatch() = default;

  virtual void Tick(MonotonicTime now) = 0;
  /// Readable when the exchange is to end; -1 for none.
  virtual int wake_descriptor() const = 0;
};

}  // namespace products::cli
