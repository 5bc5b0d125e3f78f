#include "tests/unit/http/connection_harness.h"

#include <poll.h>

#include <stdexcept>

namespace products::test {

ConnectionHarness::ConnectionHarness(Config::Http limits, const CommitLimits& commit_limits,
                                     std::uint64_t max_table_bytes)
    : ConnectionHarness(RouteTable(Plane::kBoth), std::move(limits), commit_limits,
                        max_table_bytes) {}

ConnectionHarness::ConnectionHarness(std::span<const Route> routes, Config::Http limits)
    : ConnectionHarness(RouteTable(Plane::kBoth, routes), std::move(limits), HeldServices::kRoomy,
                        std::uint64_t{1} << 30) {}

ConnectionHarness::ConnectionHarness(RouteTable routes, Config::Http limits,
                                     const CommitLimits& commit_limits,
                                     std::uint64_t max_table_bytes)
    : behind(commit_limits, max_table_bytes),
      worker_(behind.metrics.AddWorker()),
      routes_(std::move(routes)),
      context_{.routes = routes_,
               .services = behind.services,
               .metrics = worker_,
               .mailbox = mailbox_,
               .limits = std::move(limits),
               .draining = false,
               .date = kDate},
      connection_(std::make_unique<Connection>(5, 42, context_, now)) {
  context = &context_;
}

void ConnectionHarness::Receive(std::string_view bytes) {
  const ProductTable::ReadGuard guard;
  const std::unique_ptr<char[]> buffer(new char[bytes.size()]);
  bytes.copy(buffer.get(), bytes.size());
  connection_->OnBytes({buffer.get(), bytes.size()}, now, out);
}

void ConnectionHarness::Resume(std::uint64_t request) {
  const ProductTable::ReadGuard guard;
  connection_->OnResume(request, now, out);
}

void ConnectionHarness::GiveTurn() {
  const ProductTable::ReadGuard guard;
  connection_->OnTurn(now, out);
}

void ConnectionHarness::DeliverAnswer() {
  pollfd wait{mailbox_->descriptor(), POLLIN, 0};
  if (::poll(&wait, 1, 30'000) != 1) throw std::runtime_error("no answer came");
  std::vector<Mailbox::Letter> letters;
  mailbox_->TakeAll(letters);
  const ProductTable::ReadGuard guard;
  for (Mailbox::Letter& letter : letters) {
    if (letter.address.connection != connection_->number()) continue;
    if (letter.response) {
      connection_->OnAnswer(letter.address.request, std::move(*letter.response), now, out);
    } else {
      connection_->OnResume(letter.address.request, now, out);
    }
  }
}

bool ConnectionHarness::HasMail() const {
  pollfd wait{mailbox_->descriptor(), POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1;
}

std::string ConnectionHarness::TakeOutput() { return std::exchange(out, {}); }

std::vector<std::string> ConnectionHarness::TakeStatuses() { return StatusesIn(TakeOutput()); }

}  // namespace products::test
