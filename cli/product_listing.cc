#include "cli/product_listing.h"

#include <string>
#include <utility>

#include "cli/answer_json.h"
#include "cli/operations.h"
#include "cli/plain_product_line.h"
#include "cli/text_width.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

constexpr int kOk = 200;
constexpr std::string_view kNdjson = "application/x-ndjson";
// The longest product has 2 kB, and no answer over 1 MiB is taken.
constexpr int kPageProducts = 250;
// As of an import: whoever sends more in a line sends no product.
constexpr std::size_t kMaxLineBytes = std::size_t{64} * 1024;

bool IsNotOffered(int status) {
  return status == 404 || status == 405 || status == 406 || status == 501;
}

std::string ListPath(ProductId after) { return "/products?after=" + std::to_string(after); }

// The id of the product that a line is; absent when it is none.
std::optional<std::int64_t> IdOf(std::string_view line, Product& scratch) {
  if (ReadPlainProductLine(line, scratch)) return scratch.product_id;
  const Result<Product> product = ParseProduct(line);
  if (!product.ok()) return std::nullopt;
  return product->product_id;
}

// Puts pieces together to lines, and looks at each line's id.
class LineChecker {
 public:
  LineChecker(ProductId after, ListingSink& sink) : last_id_(after), sink_(sink) {}

  // False when the listing is to end: `error()` says why, or the sink did it.
  bool Take(std::string_view piece) {
    if (!kept_.empty()) {
      const std::size_t end = piece.find('\n');
      kept_ += piece.substr(0, end == std::string_view::npos ? end : end + 1);
      if (end == std::string_view::npos) return CheckLength();
      if (!Hand(kept_)) return false;
      kept_.clear();
      piece.remove_prefix(end + 1);
    }
    const std::size_t whole = piece.rfind('\n') + 1;
    if (whole > 0 && !Hand(piece.substr(0, whole))) return false;
    kept_ = piece.substr(whole);
    return CheckLength();
  }

  bool IsBetweenLines() const { return kept_.empty(); }
  std::uint64_t lines() const { return lines_; }
  const std::optional<std::string>& error() const { return error_; }

 private:
  bool Hand(std::string_view lines) {
    std::size_t count = 0;
    for (std::string_view rest = lines; !rest.empty(); ++count) {
      const std::size_t end = rest.find('\n');
      ++lines_;
      const std::optional<std::int64_t> id = IdOf(rest.substr(0, end), scratch_);
      if (!id) return Refuse("is not a product");
      if (*id <= last_id_) return Refuse("is out of order");
      last_id_ = *id;
      rest.remove_prefix(end + 1);
    }
    return sink_.TakeLines(lines, count);
  }

  bool CheckLength() {
    if (kept_.size() <= kMaxLineBytes) return true;
    ++lines_;
    return Refuse("is longer than 64 KiB");
  }

  bool Refuse(std::string_view what) {
    error_ = "line " + std::to_string(lines_) + " of the answer " + std::string(what);
    return false;
  }

  std::int64_t last_id_;
  Product scratch_;
  ListingSink& sink_;
  std::string kept_;  // of a line whose end has not come
  std::uint64_t lines_ = 0;
  std::optional<std::string> error_;
};

class StreamSink final : public BodySink {
 public:
  explicit StreamSink(LineChecker& checker) : checker_(checker) {}

  bool Wants(const Answer& head) override {
    return head.status == kOk && head.content_type.starts_with(kNdjson);
  }
  bool Write(std::string_view piece) override { return checker_.Take(piece); }

 private:
  LineChecker& checker_;
};

// The same page by page, for servers that list as JSON only.
Result<ListingEnd> PageProducts(ApiClient& client, ProductId after, ListingSink& sink,
                                StreamWatch& watch) {
  std::string lines;
  while (true) {
    const Result<CatalogPage> page =
        ListProducts(client, after, kPageProducts, watch.wake_descriptor());
    if (!page.ok()) return page.error();
    lines.clear();
    for (const Product& product : page->products) AppendProduct(lines, product);
    if (!lines.empty() && !sink.TakeLines(lines, page->products.size())) {
      return ListingEnd::kEndedBySink;
    }
    if (!page->next_after) return ListingEnd::kWhole;
    after = *page->next_after;
  }
}

}  // namespace

Result<ListingEnd> StreamProducts(ApiClient& client, ProductId after, ListingSink& sink,
                                  StreamWatch& watch) {
  const Request named{Method::kGet, ListPath(after), {}};
  const auto corrupt = [&](const std::string& what) {
    return Error{ErrorCode::kCorrupt, client.Describe(named) + ": " + what, {}};
  };
  LineChecker checker(after, sink);
  StreamSink body(checker);
  const StreamRequest request{.path = named.path, .accept = std::string(kNdjson), .sink = &body};
  const Result<Answer> answer = client.ExchangeStream(request, watch);
  if (checker.error()) return corrupt(*checker.error());
  if (!answer.ok()) {
    if (answer.error().code == ErrorCode::kInternal) return ListingEnd::kEndedBySink;
    return answer.error();
  }
  if (answer->status != kOk) {
    if (IsNotOffered(answer->status)) return ListingEnd::kNotOffered;
    return Refusal(client, named, *answer);
  }
  if (!answer->content_type.starts_with(kNdjson)) {
    if (answer->content_type.starts_with("application/json")) return ListingEnd::kNotOffered;
    return corrupt("the answer is not NDJSON but \"" + Printable(answer->content_type) + "\"");
  }
  if (!checker.IsBetweenLines()) return corrupt("the answer ends in the middle of a line");
  return ListingEnd::kWhole;
}

Result<ListingEnd> ListAllProducts(ApiClient& client, ProductId after, ListingSink& sink,
                                   StreamWatch& watch) {
  const Result<ListingEnd> end = StreamProducts(client, after, sink, watch);
  if (!end.ok() || *end != ListingEnd::kNotOffered) return end;
  return PageProducts(client, after, sink, watch);
}

}  // namespace products::cli
