#include "tests/unit/http/worker_harness.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace products::test {

std::size_t WorkerClient::Send(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n =
        ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  return sent;
}

void WorkerClient::HalfClose() { ::shutdown(descriptor_, SHUT_WR); }

void WorkerClient::Close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::string WorkerClient::Read(std::size_t most) {
  std::string text;
  while (text.size() < most) {
    char buffer[4096];
    const ssize_t n =
        ::recv(descriptor_, buffer, std::min(sizeof buffer, most - text.size()), MSG_DONTWAIT);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

bool WorkerClient::AtEnd() {
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

WorkerHarness::WorkerHarness(const Config::Http& limits)
    : WorkerHarness(RouteTable(Plane::kBoth), limits) {}

WorkerHarness::WorkerHarness(std::span<const Route> routes, const Config::Http& limits)
    : WorkerHarness(RouteTable(Plane::kBoth, routes), limits) {}

WorkerHarness::WorkerHarness(RouteTable routes, const Config::Http& limits)
    : routes_(std::move(routes)) {
  state.limits = limits;
  worker_ = std::make_unique<Worker>(routes_, behind.services, clock, state, *this);
}

WorkerHarness::~WorkerHarness() {
  worker_.reset();
  for (const int descriptor : open_) ::close(descriptor);
}

std::unique_ptr<WorkerClient> WorkerHarness::Connect(int send_buffer) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::runtime_error("socketpair failed");
  }
  if (send_buffer != 0) {
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  }
  open_.push_back(ends[0]);
  worker_->BeginWakeUp();
  worker_->OnConnected(ends[0]);
  worker_->RefuseSurplus();
  return std::make_unique<WorkerClient>(ends[1], ends[0]);
}

void WorkerHarness::Wake(const WorkerClient& client, bool writable) {
  const ProductTable::ReadGuard guard;
  worker_->BeginWakeUp();
  worker_->OnReady(client.at_server(), writable);
}

void WorkerHarness::WakeForMail() {
  pollfd wait{worker_->mail_descriptor(), POLLIN, 0};
  if (::poll(&wait, 1, 30'000) != 1) throw std::runtime_error("no answer came");
  const ProductTable::ReadGuard guard;
  worker_->BeginWakeUp();
  worker_->OnMail();
}

void WorkerHarness::Tick() {
  const ProductTable::ReadGuard guard;
  worker_->BeginWakeUp();
  worker_->OnTick();
}

void WorkerHarness::TickAfter(std::chrono::milliseconds time) {
  clock.Advance(time);
  Tick();
}

std::string WorkerHarness::Ask(WorkerClient& client, std::string_view request) {
  if (client.Send(request) != request.size()) throw std::runtime_error("the request is too long");
  WakeReadable(client);
  return client.Read();
}

void WorkerHarness::WatchWritable(int, bool on) { asked.emplace_back(on ? "watch" : "unwatch"); }

void WorkerHarness::Close(int descriptor) {
  open_.erase(std::find(open_.begin(), open_.end(), descriptor));
  ::close(descriptor);
}

}  // namespace products::test
