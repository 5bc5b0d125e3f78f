#include "cli/product_page.h"

#include <cstddef>
#include <cstdint>

#include "core/base/parse.h"

namespace products::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool Skip(std::string_view expected) {
    SkipBlanks();
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool IsAtEnd() {
    SkipBlanks();
    return rest_.empty();
  }

  // From a "{" to its "}"; absent when there is none. Brackets in strings do not count.
  std::optional<std::string_view> CutObject() {
    SkipBlanks();
    if (!rest_.starts_with('{')) return std::nullopt;
    std::size_t depth = 0;
    bool is_in_string = false;
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      const char byte = rest_[at];
      if (is_in_string) {
        if (byte == '\\') ++at;
        if (byte == '"') is_in_string = false;
      } else if (byte == '"') {
        is_in_string = true;
      } else if (byte == '{') {
        ++depth;
      } else if (byte == '}' && --depth == 0) {
        const std::string_view object = rest_.substr(0, at + 1);
        rest_.remove_prefix(at + 1);
        return object;
      }
    }
    return std::nullopt;
  }

  std::optional<std::int64_t> CutInteger() {
    SkipBlanks();
    const std::size_t end = rest_.find_first_not_of("0123456789");
    const std::string_view digits = rest_.substr(0, end);
    rest_.remove_prefix(digits.size());
    return ParseInt64(digits);
  }

 private:
  void SkipBlanks() {
    const std::size_t begin = rest_.find_first_not_of(kBlanks);
    rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin);
  }

  std::string_view rest_;
};

}  // namespace

std::optional<ProductPage> ParseProductPage(std::string_view body) {
  ProductPage page;
  Cursor cursor(body);
  if (!cursor.Skip("{") || !cursor.Skip("\"products\"") || !cursor.Skip(":") || !cursor.Skip("[")) {
    return std::nullopt;
  }
  if (!cursor.Skip("]")) {
    do {
      const std::optional<std::string_view> product = cursor.CutObject();
      // A line end inside would make two lines of it.
      if (!product || product->find('\n') != std::string_view::npos) return std::nullopt;
      page.products.push_back(*product);
    } while (cursor.Skip(","));
    if (!cursor.Skip("]")) return std::nullopt;
  }
  if (cursor.Skip(",")) {
    if (!cursor.Skip("\"next_after\"") || !cursor.Skip(":")) return std::nullopt;
    const std::optional<std::int64_t> next_after = cursor.CutInteger();
    if (!next_after || *next_after < kMinProductId || *next_after > kMaxProductId) {
      return std::nullopt;
    }
    page.next_after = static_cast<ProductId>(*next_after);
  }
  if (!cursor.Skip("}") || !cursor.IsAtEnd()) return std::nullopt;
  return page;
}

}  // namespace products::cli
