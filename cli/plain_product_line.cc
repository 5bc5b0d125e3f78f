#include "cli/plain_product_line.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace products::cli {
namespace {

// By byte: ASCII that JSON has as it is. A table, for this is the loop where an import spends most.
constexpr std::array<bool, 256> MakePlain() {
  std::array<bool, 256> plain{};
  for (std::size_t byte = ' '; byte <= '~'; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}

constexpr std::array<bool, 256> kPlain = MakePlain();

class PlainReader {
 public:
  explicit PlainReader(std::string_view rest) : rest_(rest) {}

  bool Skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool Number(std::int32_t minimum, std::int32_t& number) {
    const char* const begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), number);
    // JSON has no leading zeros.
    if (error != std::errc() || (*begin == '0' && end != begin + 1)) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - begin));
    return number >= minimum;
  }

  // Up to the quote behind it. Of ASCII there are as many characters as bytes.
  bool Text(std::size_t max_characters, std::string& text) {
    std::size_t end = 0;
    while (end < rest_.size() && kPlain[static_cast<unsigned char>(rest_[end])]) ++end;
    if (end == 0 || end > max_characters) return false;
    text.assign(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return true;
  }

  bool IsAtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

bool ReadPlainProductLine(std::string_view line, Product& product) {
  PlainReader reader(line);
  return reader.Skip(R"({"product_id":)") && reader.Number(kMinProductId, product.product_id) &&
         reader.Skip(R"(,"sku":")") && reader.Text(kMaxSkuCharacters, product.sku) &&
         reader.Skip(R"(","manufacturer":")") &&
         reader.Text(kMaxManufacturerCharacters, product.manufacturer) &&
         reader.Skip(R"(","category_id":)") && reader.Number(1, product.category_id) &&
         reader.Skip(R"(,"weight":)") && reader.Number(0, product.weight) &&
         reader.Skip(R"(,"some_other_id":)") && reader.Number(1, product.some_other_id) &&
         reader.Skip("}") && reader.IsAtEnd();
}

}  // namespace products::cli
