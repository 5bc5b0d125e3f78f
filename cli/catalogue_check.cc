#include "cli/catalogue_check.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/operations.h"
#include "cli/product_feed.h"
#include "cli/product_listing.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

constexpr std::size_t kMaxReasons = 5;
// Compared at once where each is a request of its own.
constexpr std::uint64_t kPartProducts = 1024;

// Goes through what should be there, side by side with what is.
class Comparison final : public ListingSink {
 public:
  Comparison(std::uint32_t seed, ProductId first_id, std::uint64_t count)
      : feed_(seed, first_id, count) {
    Advance();
  }

  bool TakeLines(std::string_view lines, std::size_t) override {
    while (!lines.empty() && is_expecting_) {
      const std::size_t end = lines.find('\n') + 1;
      Take(lines.substr(0, end));
      lines.remove_prefix(end);
    }
    return is_expecting_;
  }

  // Nothing more is there.
  void End() {
    while (is_expecting_) Note(outcome_.missing, "is missing");
  }

  void TakeAnswer(const Result<Product>& product) {
    if (!product.ok()) {
      Note(outcome_.missing, "is missing");
    } else if (*product == expected_) {
      Advance();
    } else {
      Note(outcome_.different, "is another one");
    }
  }

  const CheckOutcome& outcome() const { return outcome_; }

 private:
  void Take(std::string_view line) {
    // Mostly the bytes are those expected; only else is the line read.
    if (line == expected_line_) return Advance();
    const Result<Product> product = ParseProduct(line);
    if (!product.ok()) return Note(outcome_.different, "is no product");
    while (is_expecting_ && expected_.product_id < product->product_id) {
      Note(outcome_.missing, "is missing");
    }
    // Another one, before, between or behind those that are compared.
    if (!is_expecting_ || expected_.product_id != product->product_id) return;
    TakeAnswer(product);
  }

  void Note(std::uint64_t& counter, std::string_view what) {
    ++counter;
    if (outcome_.first_reasons.size() < kMaxReasons) {
      outcome_.first_reasons.push_back("product " + std::to_string(expected_.product_id) + ": " +
                                       std::string(what));
    }
    Advance();
  }

  void Advance() {
    is_expecting_ = feed_.Next(expected_);
    if (!is_expecting_) return;
    expected_line_.clear();
    AppendProduct(expected_line_, expected_);
  }

  GeneratorFeed feed_;
  bool is_expecting_ = false;
  Product expected_;
  std::string expected_line_;
  CheckOutcome outcome_;
};

// By a GET for each, several at a time; a part is compared when all of it has come.
Status CompareOneByOne(ApiClient& client, Comparison& comparison, ProductId first_id,
                       std::uint64_t count, StreamWatch& watch) {
  std::vector<ProductId> ids;
  for (std::uint64_t begin = 0; begin < count; begin += ids.size()) {
    ids.resize(std::min(kPartProducts, count - begin));
    std::iota(ids.begin(), ids.end(), static_cast<ProductId>(first_id + begin));
    std::vector<std::optional<Result<TaggedProduct>>> answers(ids.size());
    GetProducts(
        client, ids,
        [&answers](std::size_t index, Result<TaggedProduct> product) {
          answers[index] = std::move(product);
        },
        watch.wake_descriptor());
    for (const auto& answer : answers) {
      const bool has_failed =
          answer && !answer->ok() && answer->error().code != ErrorCode::kNotFound;
      if (has_failed) return answer->error();
    }
    for (const auto& answer : answers) {
      // Without a failure only this leaves one unheard of.
      if (!answer) return Error{ErrorCode::kUnavailable, "interrupted", {}};
      comparison.TakeAnswer(answer->ok() ? Result<Product>((*answer)->product) : answer->error());
    }
  }
  return {};
}

}  // namespace

Result<CheckOutcome> CheckCatalogue(ApiClient& client, std::uint32_t seed, ProductId first_id,
                                    std::uint64_t count, StreamWatch& watch) {
  Comparison comparison(seed, first_id, count);
  const Result<ListingEnd> end = StreamProducts(client, first_id - 1, comparison, watch);
  if (!end.ok()) return end.error();
  if (*end != ListingEnd::kNotOffered) {
    comparison.End();
    return comparison.outcome();
  }
  const Status status = CompareOneByOne(client, comparison, first_id, count, watch);
  if (!status.ok()) return status.error();
  return comparison.outcome();
}

}  // namespace products::cli
