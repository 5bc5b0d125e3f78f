#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/http_response.h"

namespace products::crash {

/// What the clients of a server have sent and what it has acknowledged, kept where the server's
/// death does not reach. Each product has its own operations, numbered from 1: operation n stores
/// it with weight n or, for some, removes it.
///
/// Each product belongs to one client, and its operations go over one connection in order. So
/// distinct products may be used by several threads at once.
class Ledger {
 public:
  enum class Operations { kStore, kStoreAndRemove };

  explicit Ledger(std::size_t products, Operations operations = Operations::kStore)
      : operations_(operations), entries_(products) {}

  std::size_t products() const { return entries_.size(); }
  /// From 0 on, unlike ids.
  static int IdOf(std::size_t place) { return static_cast<int>(place) + 1; }

  /// The request of the next operation on a product, noted as sent.
  std::string Send(std::size_t place);
  /// The server's answer to the oldest operation on a product that has none yet; false when it is
  /// no acknowledgement.
  bool Answer(std::size_t place, const test::HttpResponse& response);

  /// Compares the answer to a GET after a restart with what was sent: it must show the outcome of
  /// the last acknowledged operation or of a later one. Says what is wrong, if anything is. What it
  /// shows is taken as acknowledged from then on, and what is still unanswered never will be.
  std::optional<std::string> Check(std::size_t place, const test::HttpResponse& response);

 private:
  struct Entry {
    int acknowledged = 0;
    int answered = 0;
    int sent = 0;
  };

  bool IsRemoval(std::size_t place, int operation) const;

  const Operations operations_;
  std::vector<Entry> entries_;
};

}  // namespace products::crash
