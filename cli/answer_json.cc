#include "cli/answer_json.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <utility>

#include "core/base/utf8.h"
#include "core/product/product_draft.h"
#include "core/product/product_field.h"

namespace products::cli {
namespace {

// Iterative: a body of a million brackets must not overflow the stack.
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

bool ParseObject(rapidjson::Document& document, std::string_view body) {
  document.Parse<kParseFlags>(body.data(), body.size());
  return !document.HasParseError() && document.IsObject();
}

std::optional<std::string> FindText(const rapidjson::Value& document, const char* key) {
  const auto member = document.FindMember(key);
  if (member == document.MemberEnd() || !member->value.IsString()) return std::nullopt;
  return std::string(member->value.GetString(), member->value.GetStringLength());
}

Error Corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message), {}}; }

std::string_view TextOf(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

std::string* FindText(ProductDraft& draft, ProductField field) {
  if (field == ProductField::kSku) return &draft.sku;
  if (field == ProductField::kManufacturer) return &draft.manufacturer;
  return nullptr;
}

void SetInteger(ProductDraft& draft, ProductField field, std::int64_t number) {
  switch (field) {
    case ProductField::kProductId:
      draft.product_id = number;
      break;
    case ProductField::kCategoryId:
      draft.category_id = number;
      break;
    case ProductField::kWeight:
      draft.weight = number;
      break;
    case ProductField::kSomeOtherId:
      draft.some_other_id = number;
      break;
    case ProductField::kSku:
    case ProductField::kManufacturer:
      break;
  }
}

Result<Product> ReadProduct(const rapidjson::Value& object) {
  if (!object.IsObject()) return InvalidArgument("it is not an object");
  ProductDraft draft;
  for (const auto& member : object.GetObject()) {
    const std::optional<ProductField> field = FindProductField(TextOf(member.name));
    if (!field || member.value.IsNull()) continue;
    if (std::string* const text = FindText(draft, *field)) {
      if (!member.value.IsString()) {
        return InvalidArgument(std::string(ProductFieldName(*field)) + " is not a string");
      }
      *text = TextOf(member.value);
    } else {
      if (!member.value.IsInt64()) {
        return InvalidArgument(std::string(ProductFieldName(*field)) + " is not an integer");
      }
      SetInteger(draft, *field, member.value.GetInt64());
    }
  }
  return ValidateWithOwnId(std::move(draft));
}

// Receives RapidJSON's events. False ends the parse; fault() says why, unless it was the grammar.
class MemberHandler {
 public:
  MemberHandler(std::string_view text, const rapidjson::MemoryStream& stream)
      : text_(text), stream_(stream) {}

  bool Key(const char* chars, rapidjson::SizeType length, bool /*copy*/) {
    if (depth_ > 1) return true;
    JsonMember& member = members_.emplace_back();
    member.key.assign(chars, length);
    const std::size_t end = stream_.Tell();
    // An escaped quote within the key would be found too early; it is in no known key.
    member.key_offset = text_.rfind('"', end < 2 ? 0 : end - 2);
    member.value_offset = text_.find_first_not_of(" \t\r\n:", end);
    return true;
  }
  bool String(const char* chars, rapidjson::SizeType length, bool /*copy*/) {
    if (depth_ > 1) return true;
    std::string text(chars, length);
    // RapidJSON 1.1.0 lets the escape of half a surrogate pair through.
    if (!IsValidUtf8(text)) {
      fault_ = {JsonFault::Kind::kSyntax, "an unpaired surrogate",
                depth_ == 0 ? 0 : members_.back().value_offset};
      return false;
    }
    return Set(std::move(text));
  }
  bool Int(int number) { return Set(std::int64_t{number}); }
  bool Uint(unsigned number) { return Set(std::int64_t{number}); }
  bool Int64(std::int64_t number) { return Set(number); }
  bool Uint64(std::uint64_t /*number*/) { return Set(JsonMember::Other()); }
  bool Double(double /*number*/) { return Set(JsonMember::Other()); }
  bool RawNumber(const char*, rapidjson::SizeType, bool /*copy*/) {
    return Set(JsonMember::Other());
  }
  bool Bool(bool /*flag*/) { return Set(JsonMember::Other()); }
  bool Null() { return Set(JsonMember::Null()); }
  bool StartObject() {
    if (depth_ == 1) Set(JsonMember::Other());
    ++depth_;
    return true;
  }
  bool StartArray() {
    if (depth_ == 0) {
      fault_ = {JsonFault::Kind::kArray, {}, 0};
      return false;
    }
    return StartObject();
  }
  bool EndObject(rapidjson::SizeType /*members*/) { return Leave(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return Leave(); }

  const std::optional<JsonFault>& fault() const { return fault_; }
  std::vector<JsonMember> TakeMembers() { return std::move(members_); }

 private:
  template <typename T>
  bool Set(T value) {
    if (depth_ == 0) {
      fault_ = {JsonFault::Kind::kNotAnObject, {}, 0};
      return false;
    }
    if (depth_ == 1) members_.back().value = std::move(value);
    return true;
  }
  bool Leave() {
    --depth_;
    return true;
  }

  const std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  std::vector<JsonMember> members_;
  std::size_t depth_ = 0;
  std::optional<JsonFault> fault_;
};

std::optional<std::uint64_t> FindCount(const rapidjson::Value& object, const char* key) {
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd() || !member->value.IsUint64()) return std::nullopt;
  return member->value.GetUint64();
}

}  // namespace

std::optional<ErrorAnswer> ParseErrorAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto code = FindText(document, "error");
  const auto message = FindText(document, "message");
  if (!code || !message) return std::nullopt;
  return ErrorAnswer{*code, *message};
}

std::optional<std::string> ParseStatusAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  return FindText(document, "status");
}

std::optional<VersionAnswer> ParseVersionAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto version = FindText(document, "version");
  if (!version) return std::nullopt;
  return VersionAnswer{*version, FindText(document, "commit").value_or("")};
}

std::optional<BackupAnswer> ParseBackupAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto file = FindText(document, "file");
  const auto products = document.FindMember("products");
  const auto bytes = document.FindMember("bytes");
  const auto seconds = document.FindMember("seconds");
  const auto end = document.MemberEnd();
  if (!file || products == end || bytes == end || seconds == end) return std::nullopt;
  if (!products->value.IsInt64() || !bytes->value.IsInt64() || !seconds->value.IsNumber()) {
    return std::nullopt;
  }
  return BackupAnswer{*file, products->value.GetInt64(), bytes->value.GetInt64(),
                      seconds->value.GetDouble()};
}

std::optional<std::int64_t> ParseProductIdOf(std::string_view object) {
  rapidjson::Document document;
  if (!ParseObject(document, object)) return std::nullopt;
  const auto id = document.FindMember("product_id");
  if (id == document.MemberEnd() || !id->value.IsInt64()) return std::nullopt;
  return id->value.GetInt64();
}

Result<CatalogPage> ParseCatalogPage(std::string_view body) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(body.data(), body.size());
  if (document.HasParseError()) {
    return Corrupt("byte " + std::to_string(document.GetErrorOffset() + 1) + ": " +
                   rapidjson::GetParseError_En(document.GetParseError()));
  }
  if (!document.IsObject()) return Corrupt("it is not an object");
  const auto products = document.FindMember("products");
  if (products == document.MemberEnd() || !products->value.IsArray()) {
    return Corrupt("it has no list \"products\"");
  }
  CatalogPage page;
  page.products.reserve(products->value.Size());
  for (const auto& element : products->value.GetArray()) {
    Result<Product> product = ReadProduct(element);
    if (!product.ok()) {
      return Corrupt("product " + std::to_string(page.products.size() + 1) +
                     " of the page: " + product.error().message);
    }
    page.products.push_back(std::move(*product));
  }
  const auto next_after = document.FindMember("next_after");
  if (next_after != document.MemberEnd()) {
    if (!next_after->value.IsInt()) return Corrupt("its next_after is not an id");
    page.next_after = next_after->value.GetInt();
  }
  return page;
}

std::variant<std::vector<JsonMember>, JsonFault> ParseJsonMembers(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  MemberHandler handler(text, stream);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, handler);
  if (handler.fault()) return *handler.fault();
  if (!result.IsError()) return handler.TakeMembers();
  const bool is_second = result.Code() == rapidjson::kParseErrorDocumentRootNotSingular;
  return JsonFault{is_second ? JsonFault::Kind::kMoreThanOne : JsonFault::Kind::kSyntax,
                   rapidjson::GetParseError_En(result.Code()), result.Offset()};
}

std::optional<BatchAnswer> ParseBatchAnswer(std::string_view body) {
  rapidjson::Document document;
  if (!ParseObject(document, body)) return std::nullopt;
  const auto stored = FindCount(document, "stored");
  const auto rejected = FindCount(document, "rejected");
  const auto errors = document.FindMember("errors");
  if (!stored || !rejected || errors == document.MemberEnd() || !errors->value.IsArray()) {
    return std::nullopt;
  }
  BatchAnswer answer{*stored, *rejected, {}};
  for (const rapidjson::Value& error : errors->value.GetArray()) {
    if (!error.IsObject()) return std::nullopt;
    const auto line = FindCount(error, "line");
    const auto code = FindText(error, "error");
    const auto message = FindText(error, "message");
    if (!line || !code || !message) return std::nullopt;
    answer.errors.push_back({*line, *code, *message});
  }
  return answer;
}

}  // namespace products::cli
