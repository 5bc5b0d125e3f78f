#include "core/product/product_json.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/json_text.h"
#include "core/base/parse.h"
#include "core/product/json_diagnosis.h"
#include "core/product/product_draft.h"
#include "core/product/product_field.h"

namespace products {
namespace {

// RapidJSON 1.1.0 checks raw bytes but encodes the escape of a lone low surrogate as it is. No
// well-formed UTF-8 has its ED A0..BF, so finding those bytes is enough.
bool HasSurrogate(std::string_view text) {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
       at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

// The end of the JSON number that `from` begins with; `from` itself when there is none.
const char* EndOfNumber(const char* const from, const char* const end) {
  const char* at = from;
  const auto skip_digits = [&at, end] {
    const char* const first = at;
    while (at != end && *at >= '0' && *at <= '9') ++at;
    return at != first;
  };
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (!skip_digits()) {
    return from;
  }
  if (at != end && *at == '.') {
    ++at;
    if (!skip_digits()) return from;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!skip_digits()) return from;
  }
  return at;
}

// Receives RapidJSON's events and keeps what is said about the product's fields. Every event
// answers whether to go on; false refuses the body, and DiagnoseProductJson finds the words.
class DraftReader {
 public:
  // `has_escapes`: whether the body has a backslash; without one no text needs a second look.
  DraftReader(ProductDraft& draft, bool has_escapes) : draft_(draft), has_escapes_(has_escapes) {}

  bool Key(const char* chars, rapidjson::SizeType length, bool /*copy*/) {
    const std::string_view name(chars, length);
    if (has_escapes_ && HasSurrogate(name)) return false;
    if (depth_ == 1) field_ = FindProductField(name);
    return true;
  }

  bool String(const char* chars, rapidjson::SizeType length, bool /*copy*/) {
    const std::string_view text(chars, length);
    if (has_escapes_ && HasSurrogate(text)) return false;
    if (IsIgnored()) return true;
    if (depth_ == 0) return false;
    switch (*field_) {
      case ProductField::kSku:
        draft_.sku = text;
        return true;
      case ProductField::kManufacturer:
        draft_.manufacturer = text;
        return true;
      default:
        return false;
    }
  }

  bool RawNumber(const char* chars, rapidjson::SizeType length, bool /*copy*/) {
    if (IsIgnored()) return true;
    if (depth_ == 0) return false;
    const std::optional<std::int64_t> number = ParseInt64({chars, length});
    if (!number) return false;
    switch (*field_) {
      case ProductField::kProductId:
        draft_.product_id = *number;
        return true;
      case ProductField::kCategoryId:
        draft_.category_id = *number;
        return true;
      case ProductField::kWeight:
        draft_.weight = *number;
        return true;
      case ProductField::kSomeOtherId:
        draft_.some_other_id = *number;
        return true;
      default:
        return false;
    }
  }

  // Null leaves a field as it was, and a body of null says nothing.
  bool Null() { return true; }
  bool Bool(bool /*flag*/) { return IsIgnored(); }

  bool StartObject() { return (depth_ == 0 || IsIgnored()) && Enter(); }
  bool EndObject(rapidjson::SizeType /*members*/) { return Leave(); }
  bool StartArray() { return IsIgnored() && Enter(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return Leave(); }

 private:
  // Whether the value that comes belongs to an unknown field.
  bool IsIgnored() const { return depth_ > 1 || (depth_ == 1 && !field_); }
  bool Enter() { return ++depth_ <= kMaxJsonDepth; }
  bool Leave() {
    --depth_;
    return true;
  }

  ProductDraft& draft_;
  const bool has_escapes_;
  std::size_t depth_ = 0;
  std::optional<ProductField> field_;  // of the last key of the outermost object
};

using Stream = rapidjson::MemoryStream;
using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>,
                                        rapidjson::MemoryPoolAllocator<>>;

// Iterative: nesting costs memory of the reader's own stack, never of the thread's.
constexpr unsigned kReaderFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

}  // namespace
}  // namespace products

// RapidJSON 1.1.0 converts every number to a double, also where only its literal is wanted, and
// refuses the document if one is too large. A product's unknown fields may hold any number, so for
// our handler a number is its literal.
template <>
template <>
inline void products::Reader::ParseNumber<products::kReaderFlags>(products::Stream& stream,
                                                                  products::DraftReader& handler) {
  const char* const begin = stream.src_;
  const char* const end = products::EndOfNumber(begin, stream.end_);
  if (end == begin) {
    SetParseError(kParseErrorValueInvalid, stream.Tell());
    return;
  }
  stream.src_ = end;
  if (!handler.RawNumber(begin, static_cast<SizeType>(end - begin), false)) {
    SetParseError(kParseErrorTermination, stream.Tell());
  }
}

namespace products {
namespace {

// False when `json` is not the JSON of a product, whatever the reason; `draft` is then partly set.
bool ReadDraft(std::string_view json, ProductDraft& draft) {
  // Holds the string being decoded and eight bytes a level of nesting; a product within the limits
  // fits, anything larger continues on the heap.
  alignas(std::max_align_t) std::array<char, 2048> stack;
  rapidjson::MemoryPoolAllocator<> stack_allocator(stack.data(), stack.size());
  Reader reader(&stack_allocator);
  Stream stream(json.data(), json.size());
  DraftReader handler(draft, json.find('\\') != std::string_view::npos);
  const rapidjson::ParseResult result = reader.Parse<kReaderFlags>(stream, handler);
  // The reader takes a NUL byte after the value for the end.
  return !result.IsError() && stream.Tell() == json.size();
}

Error InvalidJson(std::string_view json) {
  const std::string diagnosis = DiagnoseProductJson(json);
  if (diagnosis.empty()) {
    return {ErrorCode::kInternal, "the product cannot be read",
            "the JSON parser refused a body in which the diagnosis found nothing wrong"};
  }
  return InvalidArgument("Invalid JSON: " + diagnosis);
}

void AppendInteger(std::string& out, std::int32_t number) {
  std::array<char, 11> digits;  // "-2147483648"
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

}  // namespace

Result<Product> ParseProduct(std::string_view json, ProductId path_id) {
  ProductDraft draft;
  if (!ReadDraft(json, draft)) return InvalidJson(json);
  return ValidateForPath(std::move(draft), path_id);
}

Result<Product> ParseProduct(std::string_view json) {
  ProductDraft draft;
  if (!ReadDraft(json, draft)) return InvalidJson(json);
  return ValidateWithOwnId(std::move(draft));
}

void AppendProduct(std::string& out, const Product& product) {
  out += R"({"product_id":)";
  AppendInteger(out, product.product_id);
  out += R"(,"sku":)";
  AppendJsonString(out, product.sku);
  out += R"(,"manufacturer":)";
  AppendJsonString(out, product.manufacturer);
  out += R"(,"category_id":)";
  AppendInteger(out, product.category_id);
  out += R"(,"weight":)";
  AppendInteger(out, product.weight);
  out += R"(,"some_other_id":)";
  AppendInteger(out, product.some_other_id);
  out += "}\n";
}

std::string RenderProduct(const Product& product) {
  std::string out;
  // The keys and four numbers take at most 129 bytes; a text grows by what it has to escape.
  out.reserve(144 + product.sku.size() + product.manufacturer.size());
  AppendProduct(out, product);
  return out;
}

}  // namespace products
