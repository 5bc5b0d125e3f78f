#include "tests/unit/http/connection_harness.h"

#include <poll.h>

#include <stdexcept>

namespace products::test {
namespace {

class NoObserver final : public CommitObserver {
 public:
  void OnCommit(std::size_t, std::size_t, std::chrono::nanoseconds,
                std::chrono::nanoseconds) override {}
  void OnFailure(const Error&) override {}
};

constexpr CommitLimits kCommitLimits{.max_batch_changes = 100,
                                     .max_batch_bytes = 1 << 20,
                                     .max_queue_changes = 100,
                                     .max_queue_bytes = 1 << 20,
                                     .max_queue_age = std::chrono::seconds(60)};

}  // namespace

ConnectionHarness::ConnectionHarness(Config::Http limits)
    : observer_(std::make_unique<NoObserver>()),
      queue_(engine, table_, kCommitLimits, clock_, *observer_),
      catalog_(table_, queue_, std::uint64_t{1} << 30),
      metrics_(HttpRequestLabels(), {"0", "0", "held"}),
      worker_(metrics_.AddWorker()),
      context_{.routes = routes_,
               .services = services_,
               .metrics = worker_,
               .mailbox = mailbox_,
               .limits = std::move(limits),
               .draining = false,
               .date = kDate},
      connection_(std::make_unique<Connection>(5, 42, context_, now)) {
  context = &context_;
  table_.Put(ProductRecord::Make(1, kBody));
}

ConnectionHarness::~ConnectionHarness() {
  // A test that failed while a commit was held must not hang.
  engine.LetGo();
}

void ConnectionHarness::Receive(std::string_view bytes) {
  const ProductTable::ReadGuard guard;
  const std::unique_ptr<char[]> buffer(new char[bytes.size()]);
  bytes.copy(buffer.get(), bytes.size());
  connection_->OnBytes({buffer.get(), bytes.size()}, now, out);
}

void ConnectionHarness::DeliverAnswer() {
  pollfd wait{mailbox_->descriptor(), POLLIN, 0};
  if (::poll(&wait, 1, 30'000) != 1) throw std::runtime_error("no answer came");
  std::vector<Mailbox::Letter> letters;
  mailbox_->TakeAll(letters);
  const ProductTable::ReadGuard guard;
  for (const Mailbox::Letter& letter : letters) {
    if (letter.address.connection != connection_->number()) continue;
    connection_->OnAnswer(letter.address.request, letter.response, now, out);
  }
}

std::string ConnectionHarness::TakeOutput() { return std::exchange(out, {}); }

std::vector<std::string> ConnectionHarness::TakeStatuses() {
  std::vector<std::string> statuses;
  const std::string text = TakeOutput();
  const std::string_view begin = "HTTP/1.1 ";
  for (std::size_t at = text.find(begin); at != std::string::npos;) {
    const std::size_t next = text.find(begin, at + 1);
    const std::string response = text.substr(at, next - at);
    const bool closes = response.find("\r\nConnection: close\r\n") != std::string::npos;
    statuses.push_back(response.substr(begin.size(), 3) + (closes ? " close" : ""));
    at = next;
  }
  return statuses;
}

std::string GetText(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string PostText(std::string_view target) {
  const std::string body =
      R"({"sku":"s","manufacturer":"m","category_id":1,"weight":0,"some_other_id":1})";
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

}  // namespace products::test
