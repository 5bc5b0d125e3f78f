#include "server/http/list_handlers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/parse.h"
#include "core/base/result.h"
#include "server/http/url_text.h"

namespace products {
namespace {

constexpr std::string_view kNdjsonContentType = "application/x-ndjson";
constexpr std::int64_t kDefaultLimit = 100;
constexpr std::int64_t kMaxLimit = 1000;
constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

struct Range {
  std::int64_t from;
  std::int64_t to;
};

// The default when the query does not have it.
Result<std::int64_t> ParseQueryNumber(std::string_view query, std::string_view name, Range range,
                                      std::int64_t if_absent) {
  const Result<std::optional<std::string>> text = FindQueryParameter(query, name);
  if (!text.ok()) return text.error();
  if (!text->has_value()) return if_absent;
  const std::optional<std::int64_t> number = ParseInt64(**text);
  if (!number || *number < range.from || *number > range.to) {
    return InvalidArgument(std::string(name) + " must be an integer from " +
                           std::to_string(range.from) + " to " + std::to_string(range.to));
  }
  return *number;
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(),
                    [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}

// The weight of a media range with its parameters (RFC 9110, 12.4.2); 1 when it is not said or is
// no number.
double WeightOf(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = parameters.substr(0, parameters.find(';'));
    parameters.remove_prefix(std::min(parameter.size() + 1, parameters.size()));
    const std::string_view text = Trim(parameter);
    if (text.starts_with("q=") || text.starts_with("Q=")) {
      return ParseDouble(text.substr(2)).value_or(1);
    }
  }
  return 1;
}

// Whether the client names NDJSON, and JSON not before it. JSON is the default: wildcards, which
// every client sends, do not count.
bool PrefersNdjson(std::string_view accept) {
  double best_weight = 0;
  bool is_ndjson = false;
  while (!accept.empty()) {
    const std::string_view range = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(range.size() + 1, accept.size()));
    const std::size_t type_end = std::min(range.find(';'), range.size());
    const std::string_view type = Trim(range.substr(0, type_end));
    const bool names_ndjson = EqualsIgnoringCase(type, kNdjsonContentType);
    if (!names_ndjson && !EqualsIgnoringCase(type, kJsonContentType)) continue;
    const double weight = WeightOf(range.substr(type_end));
    if (weight <= best_weight) continue;
    best_weight = weight;
    is_ndjson = names_ndjson;
  }
  return is_ndjson;
}

// The catalogue from some product on, a product a line. Keeps only where it is.
class CatalogSource final : public BodySource {
 public:
  CatalogSource(const Catalog& catalog, ProductId after) : catalog_(catalog), after_(after) {}

  Next AppendPiece(std::string& out) override {
    const std::size_t begin = out.size();
    while (out.size() - begin < kPieceBytes) {
      if (after_ == kMaxProductId) return Next::kEnd;
      const ProductRecord* const record = catalog_.FindFrom(after_ + 1);
      if (record == nullptr) return Next::kEnd;
      out += record->body();
      after_ = record->id();
    }
    return Next::kMore;
  }

 private:
  const Catalog& catalog_;
  ProductId after_;
};

std::string RenderPage(const Catalog& catalog, ProductId after, std::int64_t limit) {
  std::string page = "{\"products\":[";
  const auto next = [&catalog, &after] {
    return after == kMaxProductId ? nullptr : catalog.FindFrom(after + 1);
  };
  const ProductRecord* record = next();
  for (std::int64_t count = 0; record != nullptr && count < limit; ++count) {
    if (count > 0) page += ',';
    page += record->body();
    page.pop_back();  // its "\n"
    after = record->id();
    record = next();
  }
  page += ']';
  if (record != nullptr) page += ",\"next_after\":" + std::to_string(after);
  page += "}\n";
  return page;
}

}  // namespace

Answer GetProducts(const Request& request, HandlerContext& context, Response& response) {
  const bool is_ndjson = PrefersNdjson(request.accept.value_or(""));
  const Result<std::int64_t> after =
      ParseQueryNumber(request.query, "after", {0, kMaxProductId}, 0);
  const Result<std::int64_t> limit =
      is_ndjson ? kDefaultLimit
                : ParseQueryNumber(request.query, "limit", {1, kMaxLimit}, kDefaultLimit);
  if (!after.ok() || !limit.ok()) {
    response = ErrorResponse(after.ok() ? limit.error() : after.error());
    return Answer::kNow;
  }
  const Catalog& catalog = context.services.catalog;
  const auto first_after = static_cast<ProductId>(*after);
  response.extra_headers = "Vary: Accept\r\n";
  if (is_ndjson) {
    response.content_type = kNdjsonContentType;
    response.source = std::make_unique<CatalogSource>(catalog, first_after);
  } else {
    response.content_type = kJsonContentType;
    response.owned_body = RenderPage(catalog, first_after, *limit);
    response.ends_turn = true;
  }
  return Answer::kNow;
}

}  // namespace products
