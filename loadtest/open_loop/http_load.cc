#include "loadtest/open_loop/http_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/parse.h"
#include "loadtest/open_loop/pace.h"
#include "loadtest/open_loop/product_body.h"

namespace products::open_loop {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kReceiveBytes = 64 * 1024;
constexpr int kEventsAtOnce = 64;

struct Answer {
  int status = 0;
  std::string_view body;
};

// Absent while there is more to come. The grammar is that of the servers measured here: a
// Content-Length unless the status is 204, and no chunks.
Result<std::optional<Answer>> ReadAnswer(std::string_view bytes) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const Error malformed{ErrorCode::kInternal, "an answer is no HTTP", std::string(bytes)};
  const std::size_t head_size = bytes.find("\r\n\r\n");
  if (head_size == std::string_view::npos) return std::optional<Answer>();
  const std::string_view head = bytes.substr(0, head_size + 2);
  if (!head.starts_with(kVersion)) return malformed;
  const auto status = ParseUint64(head.substr(kVersion.size(), 3));
  if (!status) return malformed;
  std::uint64_t length = 0;
  if (const std::size_t at = head.find(kLength); at != std::string_view::npos) {
    const std::string_view rest = head.substr(at + kLength.size());
    const auto parsed = ParseUint64(rest.substr(0, rest.find("\r\n")));
    if (!parsed) return malformed;
    length = *parsed;
  } else if (*status != 204) {
    return malformed;
  }
  const std::string_view body = bytes.substr(head_size + 4);
  if (body.size() < length) return std::optional<Answer>();
  if (body.size() > length) return malformed;
  return std::optional<Answer>({static_cast<int>(*status), body});
}

bool IsRight(const Answer& answer, const Arrival& arrival) {
  if (arrival.kind == RequestKind::kPost) return answer.status == 204;
  return answer.status == 200 &&
         answer.body.starts_with("{\"product_id\":" + std::to_string(arrival.product_id) + ",");
}

class Load {
 public:
  explicit Load(const LoadOptions& options)
      : options_(options),
        schedule_(options.schedule),
        next_(schedule_.Next()),
        received_(kReceiveBytes) {}
  ~Load() {
    for (const Connection& connection : connections_) ::close(connection.descriptor);
    if (epoll_ >= 0) ::close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  Status Connect();
  Result<LoadReport> Run();

 private:
  struct Connection {
    int descriptor;
    Arrival arrival;       // what it waits for an answer to
    std::string received;  // the beginning of the answer, when it comes in parts
  };

  nanoseconds Now() const { return MonotonicNow() - start_; }
  nanoseconds end() const { return options_.warm_up + options_.duration; }
  bool IsCounted(const Arrival& arrival) const { return arrival.due >= options_.warm_up; }
  KindReport& ReportOf(RequestKind kind) {
    return kind == RequestKind::kGet ? report_.get : report_.post;
  }

  Status SendDue();
  Status Send(std::size_t connection, const Arrival& arrival);
  Status Receive(std::size_t connection);
  void Count(const Arrival& arrival, const Answer& answer);

  const LoadOptions options_;
  Schedule schedule_;
  Arrival next_;
  nanoseconds start_{0};
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<std::size_t> free_;  // in turn, so that all are used alike
  std::deque<Arrival> waiting_;   // due, and no connection is free
  std::vector<char> received_;
  std::string request_;
  std::string body_;
  std::uint32_t posts_ = 0;
  LoadReport report_;
};

Status Load::Connect() {
  const auto fail = [this] {
    return ErrnoError(ErrorCode::kUnavailable,
                      "cannot connect to " + options_.address + ":" + std::to_string(options_.port),
                      errno);
  };
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  if (::inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr) != 1) {
    return InvalidArgument(options_.address + " is no IPv4 address");
  }
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return fail();
  for (std::size_t i = 0; i < options_.connections; ++i) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return fail();
    connections_.push_back({descriptor, {}, {}});
    free_.push_back(i);
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      return fail();
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) return fail();
  }
  return {};
}

Result<LoadReport> Load::Run() {
  SleepExactly();
  const nanoseconds cpu_before = ProcessCpuTime();
  start_ = MonotonicNow();
  std::array<epoll_event, kEventsAtOnce> events;
  while (true) {
    if (Status sent = SendDue(); !sent.ok()) return sent.error();
    const bool all_sent = next_.due >= end() && waiting_.empty();
    if (all_sent && free_.size() == connections_.size()) break;
    const nanoseconds now = Now();
    const nanoseconds deadline = end() + options_.patience;
    if (now >= deadline) break;
    const nanoseconds timeout =
        std::max(nanoseconds(0), (next_.due < end() ? next_.due : deadline) - now);
    const timespec wait = ToTimespec(timeout);
    const int ready = ::epoll_pwait2(epoll_, events.data(), kEventsAtOnce, &wait, nullptr);
    if (ready < 0 && errno != EINTR) {
      return ErrnoError(ErrorCode::kInternal, "cannot wait for answers", errno);
    }
    for (int i = 0; i < ready; ++i) {
      if (Status status = Receive(events[i].data.u64); !status.ok()) return status.error();
      // What came due meanwhile does not wait for the other events.
      if (Status sent = SendDue(); !sent.ok()) return sent.error();
    }
  }
  for (const Arrival& arrival : waiting_) {
    if (!IsCounted(arrival)) continue;
    ++ReportOf(arrival.kind).scheduled;
    report_.behind = std::max(report_.behind, Now() - arrival.due);
  }
  report_.cpu_time = ProcessCpuTime() - cpu_before;
  return std::move(report_);
}

Status Load::SendDue() {
  const nanoseconds now = Now();
  while (next_.due <= now && next_.due < end()) {
    if (IsCounted(next_)) {
      if (free_.size() <= waiting_.size()) {
        ++report_.waited;
      } else {
        report_.own_delay.Add(now - next_.due);
      }
    }
    waiting_.push_back(next_);
    next_ = schedule_.Next();
  }
  while (!waiting_.empty() && !free_.empty()) {
    const std::size_t connection = free_.front();
    const Arrival arrival = waiting_.front();
    free_.pop_front();
    waiting_.pop_front();
    if (Status sent = Send(connection, arrival); !sent.ok()) return sent;
  }
  return {};
}

Status Load::Send(std::size_t connection, const Arrival& arrival) {
  request_ = arrival.kind == RequestKind::kGet ? "GET /products/" : "POST /products/";
  request_.append(std::to_string(arrival.product_id));
  if (arrival.kind == RequestKind::kPost) {
    // No two alike, so that no server finds nothing to change.
    body_.clear();
    AppendProduct(body_, arrival.product_id, ++posts_ % 50000);
    request_.append("/details HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n");
    request_.append("Content-Length: ").append(std::to_string(body_.size())).append("\r\n\r\n");
    request_.append(body_);
  } else {
    request_.append(" HTTP/1.1\r\nHost: bench\r\n\r\n");
  }
  Connection& to = connections_[connection];
  to.arrival = arrival;
  // The connection is idle, so the kernel has room for all of it.
  const ssize_t sent =
      ::send(to.descriptor, request_.data(), request_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(request_.size())) {
    return ErrnoError(ErrorCode::kUnavailable, "cannot send a request", errno);
  }
  if (!IsCounted(arrival)) return {};
  ++ReportOf(arrival.kind).scheduled;
  report_.behind = Now() - arrival.due;
  return {};
}

Status Load::Receive(std::size_t connection) {
  Connection& from = connections_[connection];
  const ssize_t size = ::recv(from.descriptor, received_.data(), received_.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (size < 0) return ErrnoError(ErrorCode::kUnavailable, "a connection was lost", errno);
  if (size == 0) return Error{ErrorCode::kUnavailable, "the server closed a connection", {}};
  std::string_view bytes(received_.data(), static_cast<std::size_t>(size));
  if (!from.received.empty()) bytes = from.received.append(bytes);
  const Result<std::optional<Answer>> answer = ReadAnswer(bytes);
  if (!answer.ok()) return answer.error();
  if (!*answer) {
    if (from.received.empty()) from.received = bytes;
    return {};
  }
  Count(from.arrival, **answer);
  from.received.clear();
  free_.push_back(connection);
  return {};
}

void Load::Count(const Arrival& arrival, const Answer& answer) {
  if (!IsCounted(arrival)) return;
  const nanoseconds latency = Now() - arrival.due;
  KindReport& report = ReportOf(arrival.kind);
  if (IsRight(answer, arrival)) {
    report.latencies.Add(latency);
  } else {
    ++report.errors;
  }
}

}  // namespace

Result<LoadReport> RunLoad(const LoadOptions& options) {
  Load load(options);
  if (Status connected = load.Connect(); !connected.ok()) return connected.error();
  return load.Run();
}

}  // namespace products::open_loop
