#include "tests/support/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "core/base/parse.h"

namespace products::test {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

[[noreturn]] void Fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

bool WaitFor(int descriptor, short events, SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd wait{descriptor, events, 0};
  return ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) > 0;
}

SteadyTime Deadline() { return std::chrono::steady_clock::now() + kPatience; }

}  // namespace

RawConnection::RawConnection(const std::string& address, int receive_buffer)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (descriptor_ < 0) Fail("socket");
  if (receive_buffer > 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::size_t colon = address.rfind(':');
  const auto port = ParseUint64(address.substr(colon + 1));
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(port.value()));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) {
    const int error = errno;
    ::close(descriptor_);
    errno = error;
    Fail("connect to " + address);
  }
}

RawConnection::RawConnection(RawConnection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), unread_(std::move(other.unread_)) {}

RawConnection::~RawConnection() { Close(); }

void RawConnection::Send(std::string_view bytes) {
  if (!TrySend(bytes)) Fail("send");
}

bool RawConnection::TrySend(std::string_view bytes) {
  const SteadyTime deadline = Deadline();
  while (!bytes.empty()) {
    const ssize_t n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!WaitFor(descriptor_, POLLOUT, deadline))
        throw std::runtime_error("send: no room in time");
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void RawConnection::HalfClose() { ::shutdown(descriptor_, SHUT_WR); }

void RawConnection::Reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

void RawConnection::Close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

bool RawConnection::ReadMore(SteadyTime deadline) {
  std::array<char, 64 * 1024> buffer;
  while (true) {
    if (!WaitFor(descriptor_, POLLIN, deadline)) {
      throw std::runtime_error("no answer in time; so far: " + unread_.substr(0, 200));
    }
    const ssize_t n = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    unread_.append(buffer.data(), static_cast<std::size_t>(n));
    return true;
  }
}

HttpResponse RawConnection::ReadResponse(BodyRule rule) {
  const SteadyTime deadline = Deadline();
  while (true) {
    if (!unread_.empty()) {
      if (auto parsed = ParseHttpResponse(unread_, rule)) {
        unread_.erase(0, parsed->second);
        return std::move(parsed->first);
      }
    }
    if (!ReadMore(deadline)) {
      throw std::runtime_error("the connection ended before the answer; so far: " +
                               unread_.substr(0, 200));
    }
  }
}

std::string RawConnection::ReadUntilEnd() {
  const SteadyTime deadline = Deadline();
  while (ReadMore(deadline)) {
  }
  return std::exchange(unread_, {});
}

bool RawConnection::EndsCleanly() { return ReadUntilEnd().empty(); }

bool RawConnection::StaysSilent(std::chrono::milliseconds wait) {
  return unread_.empty() && !WaitFor(descriptor_, POLLIN, std::chrono::steady_clock::now() + wait);
}

HttpResponse Exchange(const std::string& address, std::string_view request) {
  RawConnection connection(address);
  connection.Send(request);
  return connection.ReadResponse();
}

HttpResponse Get(const std::string& address, const std::string& target) {
  return Exchange(address, GetText(target));
}

std::string GetText(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

std::string PostText(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

}  // namespace products::test
