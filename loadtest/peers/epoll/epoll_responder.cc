// The limit of the machine: GET /products/{id} answered by as little code as an honest HTTP/1.1
// server gets by with, straight on epoll. What productd spends beyond this is the price of its
// layers. The main thread accepts and deals connections out in turn, so that every worker has the
// same share (SO_REUSEPORT hashes them, which is uneven for 64 connections); a worker makes three
// system calls a request: epoll_wait, recv, send.
//
//   epoll_responder --listen 127.0.0.1:0 --ready-file FILE --threads 2 --products 1000
//
// It knows GET only, keep-alive and pipelining included; anything else is answered and closed.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace products {
namespace {

constexpr std::size_t kReceiveBytes = 64 * 1024;
constexpr std::size_t kMaxHeaderBytes = 16 * 1024;
constexpr int kListenBacklog = 4096;

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string ready_file;
  int threads = 2;
  int products = 1000;
};

/// Element i is the body of product i + 1, written by no one after the start. The bench fills the
/// other servers with the same bytes (loadtest/catalogue.py).
using ProductTable = std::vector<std::string>;

ProductTable MakeTable(int products) {
  ProductTable table;
  table.reserve(products);
  for (int id = 1; id <= products; ++id) {
    std::array<char, 32> sku{};
    std::snprintf(sku.data(), sku.size(), "SKU-%08d", id);
    table.push_back("{\"product_id\":" + std::to_string(id) + ",\"sku\":\"" + sku.data() +
                    "\",\"manufacturer\":\"Acme Corporation\",\"category_id\":" +
                    std::to_string(id % 1000 + 1) + ",\"weight\":" + std::to_string(id % 50000) +
                    ",\"some_other_id\":" + std::to_string(id % 100000 + 1) + "}\n");
  }
  return table;
}

/// "Date: Tue, 24 Nov 2026 01:16:15 GMT\r\n", rendered again when the second changes.
class DateHeader {
 public:
  std::string_view Render() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != second_) {
      second_ = now.tv_sec;
      tm utc{};
      gmtime_r(&second_, &utc);
      size_ =
          std::strftime(text_.data(), text_.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    }
    return {text_.data(), size_};
  }

 private:
  time_t second_ = -1;
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

struct Request {
  bool is_get = false;
  bool keep_alive = true;
  std::string_view target;
};

bool EqualsIgnoringCase(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

/// `head` is a header section without its last CRLF, so that each line in it ends with one. False
/// for what is not HTTP/1.x.
bool ParseHead(std::string_view head, Request& request) {
  std::size_t line_end = head.find("\r\n");
  const std::string_view request_line = head.substr(0, line_end);
  const std::size_t method_end = request_line.find(' ');
  const std::size_t target_end = request_line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) return false;
  const std::string_view version = request_line.substr(target_end + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  request.is_get = request_line.substr(0, method_end) == "GET";
  request.target = request_line.substr(method_end + 1, target_end - method_end - 1);
  request.keep_alive = version == "HTTP/1.1";

  for (head.remove_prefix(line_end + 2); !head.empty(); head.remove_prefix(line_end + 2)) {
    line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    constexpr std::string_view kConnection = "connection:";
    if ((line[0] | 0x20) != 'c' ||
        !EqualsIgnoringCase(line.substr(0, kConnection.size()), kConnection)) {
      continue;
    }
    std::string_view value = line.substr(kConnection.size());
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    request.keep_alive = !EqualsIgnoringCase(value, "close");
  }
  return true;
}

/// The body for "/products/{id}", nullptr when there is none.
const std::string* FindBody(const ProductTable& table, std::string_view target) {
  constexpr std::string_view kPrefix = "/products/";
  if (!target.starts_with(kPrefix)) return nullptr;
  target.remove_prefix(kPrefix.size());
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), id);
  if (error != std::errc() || end != target.data() + target.size()) return nullptr;
  return id >= 1 && id <= table.size() ? &table[id - 1] : nullptr;
}

struct Connection {
  std::string unparsed;  ///< start of a request whose end has not come yet
  std::string unsent;    ///< what the socket did not take; nothing is read while there is any
  bool closing = false;  ///< close once unsent is empty
};

/// One thread's connections. Made by the main thread, which afterwards only calls Adopt.
class Worker {
 public:
  explicit Worker(const ProductTable& table)
      : table_(table), epoll_(epoll_create1(EPOLL_CLOEXEC)), received_(kReceiveBytes) {}

  /// Takes the descriptor over. Called by the accepting thread: the kernel hands it across.
  void Adopt(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.fd = descriptor;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) close(descriptor);
  }

  [[noreturn]] void Run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      const int ready = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < ready; ++i) Serve(events[i].data.fd, events[i].events);
    }
  }

 private:
  void Serve(int descriptor, std::uint32_t events) {
    const auto slot = static_cast<std::size_t>(descriptor);
    if (slot >= connections_.size()) connections_.resize(slot + 1);
    // First seen here: Adopt leaves no trace in this thread's table.
    if (!connections_[slot]) connections_[slot] = std::make_unique<Connection>();
    Connection& connection = *connections_[slot];

    const bool peer_has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (!Flush(descriptor, connection) || !Read(descriptor, connection, peer_has_ended)) {
      connections_[slot].reset();
      close(descriptor);
    }
  }

  /// Reads and answers until the socket is empty. False when the connection is over. A short read
  /// empties the socket; only the end of the peer's stream could follow it unannounced, and that
  /// either is known already (`peer_has_ended`) or raises an event of its own.
  bool Read(int descriptor, Connection& connection, bool peer_has_ended) {
    while (connection.unsent.empty()) {
      const ssize_t size = recv(descriptor, received_.data(), received_.size(), 0);
      if (size == 0) return false;
      if (size < 0) return errno == EAGAIN;
      out_.clear();
      Answer({received_.data(), static_cast<std::size_t>(size)}, connection);
      if (!Send(descriptor, connection)) return false;
      if (static_cast<std::size_t>(size) < received_.size() && !peer_has_ended) return true;
    }
    return true;
  }

  /// Appends to out_ the answers to all requests that `bytes` complete.
  void Answer(std::string_view bytes, Connection& connection) {
    if (!connection.unparsed.empty()) {
      connection.unparsed.append(bytes);
      bytes = connection.unparsed;
    }
    while (!connection.closing) {
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end == std::string_view::npos) break;
      AnswerOne(bytes.substr(0, end + 2), connection);
      bytes.remove_prefix(end + 4);
    }
    if (bytes.size() > kMaxHeaderBytes) connection.closing = true;
    if (bytes.size() != connection.unparsed.size()) connection.unparsed = std::string(bytes);
  }

  void AnswerOne(std::string_view head, Connection& connection) {
    Request request;
    if (!ParseHead(head, request)) return AppendError("400 Bad Request", connection);
    if (!request.is_get) return AppendError("405 Method Not Allowed\r\nAllow: GET", connection);
    connection.closing = !request.keep_alive;
    if (const std::string* body = FindBody(table_, request.target)) {
      AppendResponse("200 OK", *body, connection);
    } else {
      AppendResponse("404 Not Found", "{\"error\":\"NOT_FOUND\",\"message\":\"no such product\"}\n",
                     connection);
    }
  }

  void AppendError(std::string_view status, Connection& connection) {
    connection.closing = true;
    AppendResponse(status, "{\"error\":\"INVALID_INPUT\",\"message\":\"not a GET request\"}\n",
                   connection);
  }

  void AppendResponse(std::string_view status, std::string_view body,
                      const Connection& connection) {
    out_.append("HTTP/1.1 ").append(status).append("\r\n");
    out_.append("Content-Type: application/json\r\n");
    out_.append(date_.Render());
    if (connection.closing) out_.append("Connection: close\r\n");
    out_.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    out_.append(body);
  }

  /// Sends out_, keeping what the socket does not take. False when the connection is over.
  bool Send(int descriptor, Connection& connection) {
    if (out_.empty()) return !connection.closing;
    const ssize_t sent = send(descriptor, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(out_.size())) return !connection.closing;
    if (sent < 0 && errno != EAGAIN) return false;
    connection.unsent.assign(out_, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    return true;
  }

  bool Flush(int descriptor, Connection& connection) {
    if (connection.unsent.empty()) return true;
    out_.swap(connection.unsent);
    connection.unsent.clear();
    return Send(descriptor, connection);
  }

  const ProductTable& table_;
  const int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< by descriptor; absent ones are null
  std::vector<char> received_;
  std::string out_;  ///< the answers of one read, kept for its capacity
  DateHeader date_;
};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "epoll_responder: %s\n", what.c_str());
  std::_Exit(2);
}

[[noreturn]] void FailWithErrno(const std::string& what) {
  Fail(what + ": " + std::generic_category().message(errno));
}

template <typename Number>
Number ParseNumber(std::string_view flag, std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    Fail(std::string(flag) + " takes a number, not " + std::string(text));
  }
  return number;
}

Options ParseOptions(const std::vector<std::string_view>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view flag = arguments[i];
    if (i + 1 == arguments.size()) Fail(std::string(flag) + " takes a value");
    const std::string_view value = arguments[i + 1];
    if (flag == "--listen") {
      const std::size_t colon = value.rfind(':');
      if (colon == std::string_view::npos) Fail("--listen takes ADDRESS:PORT");
      options.address = value.substr(0, colon);
      options.port = ParseNumber<std::uint16_t>(flag, value.substr(colon + 1));
    } else if (flag == "--ready-file") {
      options.ready_file = value;
    } else if (flag == "--threads") {
      options.threads = std::max(1, ParseNumber<int>(flag, value));
    } else if (flag == "--products") {
      options.products = std::max(0, ParseNumber<int>(flag, value));
    } else {
      Fail("unknown flag " + std::string(flag));
    }
  }
  return options;
}

/// Binds and listens; `options.port` becomes the port that was bound.
int Listen(Options& options) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) {
    Fail("not an IPv4 address: " + options.address);
  }
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  socklen_t size = sizeof(address);
  auto* const generic_address = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic_address, size) != 0 || listen(listener, kListenBacklog) != 0 ||
      getsockname(listener, generic_address, &size) != 0) {
    FailWithErrno("cannot listen on " + options.address + ":" + std::to_string(options.port));
  }
  options.port = ntohs(address.sin_port);
  return listener;
}

/// The file appears with its content, so that who waits for it never reads half.
void WriteReadyFile(const Options& options) {
  if (options.ready_file.empty()) return;
  const std::string temporary = options.ready_file + ".tmp";
  std::ofstream(temporary) << options.address << ':' << options.port << '\n';
  if (std::rename(temporary.c_str(), options.ready_file.c_str()) != 0) {
    FailWithErrno("cannot write " + options.ready_file);
  }
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

[[noreturn]] void Serve(Options options) {
  RaiseDescriptorLimit();
  const ProductTable table = MakeTable(options.products);
  const int listener = Listen(options);
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(table));
    std::thread([&worker = *workers.back()] { worker.Run(); }).detach();
  }
  WriteReadyFile(options);

  for (std::size_t next = 0;; next = (next + 1) % workers.size()) {
    const int descriptor = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      FailWithErrno("cannot accept");
    }
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    workers[next]->Adopt(descriptor);
  }
}

}  // namespace
}  // namespace products

int main(int argc, char** argv) {
  // SIGTERM ends the process where it stands: there is nothing to lose.
  products::Serve(products::ParseOptions({argv + 1, argv + argc}));
}
