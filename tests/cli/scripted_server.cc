#include "tests/cli/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace products::cli {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

sockaddr_in LocalAddress() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Bound to a free port, which is the second.
std::pair<int, int> BindFreePort() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Require(descriptor >= 0, "socket");
  sockaddr_in address = LocalAddress();
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  Require(::bind(descriptor, generic, size) == 0, "bind");
  Require(::getsockname(descriptor, generic, &size) == 0, "getsockname");
  return {descriptor, ntohs(address.sin_port)};
}

std::size_t BodyBytes(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const std::size_t at = head.find(kName);
  if (at == std::string_view::npos) return 0;
  return std::strtoul(head.data() + at + kName.size(), nullptr, 10);
}

// The body of chunks that `rest` begins with, and how many bytes they take; absent while they are
// incomplete. Without extensions and trailers.
std::optional<std::pair<std::string, std::size_t>> ReadChunks(std::string_view rest) {
  std::string body;
  std::size_t at = 0;
  while (true) {
    const std::size_t line_end = rest.find("\r\n", at);
    if (line_end == std::string_view::npos) return std::nullopt;
    const std::size_t size = std::strtoul(rest.data() + at, nullptr, 16);
    at = line_end + 2;
    if (rest.size() < at + size + 2) return std::nullopt;
    body += rest.substr(at, size);
    at += size + 2;
    if (size == 0) return std::pair(std::move(body), at);
  }
}

// Takes the first whole request out of `received`; empty when there is none yet. A body in chunks
// is put together.
std::string TakeRequest(std::string& received) {
  const std::size_t head_end = received.find("\r\n\r\n");
  if (head_end == std::string::npos) return {};
  std::string head = received.substr(0, head_end + 4);
  if (head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos) {
    // Read once, when it may be whole: clients do not send the next request before the answer.
    if (!received.ends_with("0\r\n\r\n")) return {};
    const auto chunks = ReadChunks(std::string_view(received).substr(head.size()));
    if (!chunks) return {};
    received.erase(0, head.size() + chunks->second);
    return head + chunks->first;
  }
  const std::size_t whole = head.size() + BodyBytes(head);
  if (received.size() < whole) return {};
  std::string request = received.substr(0, whole);
  received.erase(0, whole);
  return request;
}

bool SendAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void WaitForPeerToLeave(int descriptor) {
  std::array<char, 256> ignored;
  while (::recv(descriptor, ignored.data(), ignored.size(), 0) > 0) {
  }
}

}  // namespace

const char* PatienceWith(const Reply& reply) {
  const bool is_endless = reply.then == Reply::Then::kHang || reply.then == Reply::Then::kDrip;
  return is_endless ? "300ms" : "30s";
}

Reply JsonReply(int status, const std::string& body, const std::string& header_lines) {
  return {"HTTP/1.1 " + std::to_string(status) +
              " X\r\nContent-Type: application/json\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n" + header_lines + "\r\n" + body,
          Reply::Then::kKeepOpen};
}

Reply NoContentReply() { return {"HTTP/1.1 204 No Content\r\n\r\n", Reply::Then::kKeepOpen}; }

Reply ErrorReply(int status, const std::string& code, const std::string& message) {
  return JsonReply(status, "{\"error\":\"" + code + "\",\"message\":\"" + message + "\"}\n");
}

Reply MetricsReply(const std::string& text) {
  return {
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
      "Content-Length: " +
          std::to_string(text.size()) + "\r\n\r\n" + text,
      Reply::Then::kKeepOpen};
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  std::tie(listener_, port_) = BindFreePort();
  Require(::listen(listener_, 128) == 0, "listen");
  acceptor_ = std::thread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : descriptors_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int descriptor : descriptors_) ::close(descriptor);
}

std::string ScriptedServer::endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

void ScriptedServer::Accept() {
  while (true) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ++connections_;
    const std::lock_guard lock(mutex_);
    // Closed at the very end only, so that no number is used twice while somebody may shut it down.
    descriptors_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] { Serve(descriptor); });
  }
}

void ScriptedServer::Serve(int descriptor) {
  std::string received;
  std::array<char, 4096> bytes;
  while (!stopping_) {
    std::string request = TakeRequest(received);
    if (request.empty()) {
      const ssize_t count = ::recv(descriptor, bytes.data(), bytes.size(), 0);
      if (count <= 0) break;
      received.append(bytes.data(), static_cast<std::size_t>(count));
      continue;
    }
    ++requests_;
    const Reply reply = script_(request);
    Send(descriptor, reply);
    if (reply.then != Reply::Then::kKeepOpen) return;
  }
  ::shutdown(descriptor, SHUT_RDWR);
}

void ScriptedServer::Send(int descriptor, const Reply& reply) {
  SendAll(descriptor, reply.bytes);
  const std::string last(1, reply.bytes.empty() ? ' ' : reply.bytes.back());
  switch (reply.then) {
    case Reply::Then::kKeepOpen:
      return;
    case Reply::Then::kClose:
      break;
    case Reply::Then::kReset: {
      // Disconnecting a TCP socket with linger zero sends an RST and leaves the descriptor open.
      const linger abort_now{1, 0};
      ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abort_now, sizeof(abort_now));
      sockaddr none{};
      none.sa_family = AF_UNSPEC;
      ::connect(descriptor, &none, sizeof(none));
      return;
    }
    case Reply::Then::kHang:
      WaitForPeerToLeave(descriptor);
      break;
    case Reply::Then::kDrip: {
      pollfd peer{descriptor, POLLIN, 0};
      while (!stopping_ && ::poll(&peer, 1, 20) == 0 && SendAll(descriptor, last)) {
      }
      break;
    }
    case Reply::Then::kFlood: {
      const std::string block(64 * 1024, last[0]);
      while (!stopping_ && SendAll(descriptor, block)) {
      }
      break;
    }
  }
  ::shutdown(descriptor, SHUT_RDWR);
}

int FindClosedPort() {
  const auto [descriptor, port] = BindFreePort();
  ::close(descriptor);
  return port;
}

}  // namespace products::cli
