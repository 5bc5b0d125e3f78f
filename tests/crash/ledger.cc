#include "tests/crash/ledger.h"

#include "tests/load/catalogue.h"

namespace products::crash {

using load::AbsentAnswer;
using load::PutRequest;
using load::VersionIn;

bool Ledger::IsRemoval(std::size_t place, int operation) const {
  return operations_ == Operations::kStoreAndRemove &&
         (static_cast<int>(place) + operation) % 5 == 0;
}

std::string Ledger::Send(std::size_t place) {
  const int operation = ++entries_[place].sent;
  if (!IsRemoval(place, operation)) return PutRequest(IdOf(place), operation);
  return "DELETE /products/" + std::to_string(IdOf(place)) + " HTTP/1.1\r\nHost: ledger\r\n\r\n";
}

bool Ledger::Answer(std::size_t place, const test::HttpResponse& response) {
  Entry& entry = entries_[place];
  const int operation = ++entry.answered;
  // A removal that finds nothing leaves what it promises.
  const bool is_acknowledged =
      response.status == 204 || (response.status == 404 && IsRemoval(place, operation));
  if (is_acknowledged) entry.acknowledged = operation;
  return is_acknowledged;
}

std::optional<std::string> Ledger::Check(std::size_t place, const test::HttpResponse& response) {
  Entry& entry = entries_[place];
  entry.answered = entry.sent;
  const int id = IdOf(place);
  const std::string expected = "operation " + std::to_string(entry.acknowledged) +
                               " was acknowledged, " + std::to_string(entry.sent) + " sent";
  if (response.status == 200) {
    const std::optional<int> operation = VersionIn(response.body, id);
    if (!operation || *operation < entry.acknowledged || *operation > entry.sent ||
        IsRemoval(place, *operation)) {
      return "product " + std::to_string(id) + " is " + response.body + "; " + expected;
    }
    entry.acknowledged = *operation;
    return std::nullopt;
  }
  if (response.status != 404 || response.body != AbsentAnswer(id)) {
    return "product " + std::to_string(id) + " answers " + std::to_string(response.status) + " " +
           response.body;
  }
  if (entry.acknowledged == 0) return std::nullopt;
  for (int operation = entry.acknowledged; operation <= entry.sent; ++operation) {
    if (IsRemoval(place, operation)) return std::nullopt;
  }
  return "product " + std::to_string(id) + " is not there; " + expected;
}

}  // namespace products::crash
