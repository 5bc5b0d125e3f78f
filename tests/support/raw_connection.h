#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/http_response.h"

namespace products::test {

/// Long enough for a loaded machine under a sanitizer; nothing here takes this long when all is
/// well.
inline constexpr std::chrono::seconds kPatience{20};

/// A client that decides about every byte. Each wait has a deadline; what fails throws
/// std::runtime_error, which fails the test.
class RawConnection {
 public:
  /// "127.0.0.1:8080". With `receive_buffer` bytes of SO_RCVBUF when not 0.
  explicit RawConnection(const std::string& address, int receive_buffer = 0);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;

  /// Sends all of it. Throws when the server has gone away.
  void Send(std::string_view bytes);
  /// False when the server does not take it any more.
  [[nodiscard]] bool TrySend(std::string_view bytes);
  /// A FIN: no more requests, answers are still read.
  void HalfClose();
  /// A RST, at once.
  void Reset();
  void Close();

  /// The next answer. Bytes behind it stay for the next call.
  HttpResponse ReadResponse(BodyRule rule = BodyRule::kByContentLength);
  /// Everything until the server's FIN or RST, from bytes already read on.
  std::string ReadUntilEnd();
  /// Whether the server has ended the connection and sent nothing before that is unread.
  bool EndsCleanly();
  /// Whether nothing arrives within `wait`: to show that the server waits too.
  bool StaysSilent(std::chrono::milliseconds wait);
  /// Bytes read and not yet used.
  const std::string& unread() const { return unread_; }

  int descriptor() const { return descriptor_; }

 private:
  // False at the end of the stream.
  bool ReadMore(std::chrono::steady_clock::time_point deadline);

  int descriptor_ = -1;
  std::string unread_;
};

/// One request over a connection of its own.
HttpResponse Exchange(const std::string& address, std::string_view request);
/// GET of `target` over a connection of its own.
HttpResponse Get(const std::string& address, const std::string& target);

/// "GET <target> HTTP/1.1\r\nHost: test\r\n\r\n".
std::string GetText(const std::string& target);
/// POST with Content-Length.
std::string PostText(const std::string& target, const std::string& body);

}  // namespace products::test
