#include "cli/product_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/answer_json.h"
#include "cli/product_fields.h"
#include "cli/text_width.h"
#include "core/base/parse.h"
#include "core/base/utf8.h"

namespace products::cli {
namespace {

constexpr char kOneProduct[] =
    "more than one product; put takes one, productctl import takes a file of many";

constexpr char kNotFields[] = "not a map of a product's fields";

// The part of a long line that is shown, in bytes around the place.
constexpr std::size_t kShownBefore = 40;
constexpr std::size_t kShownBytes = 72;

bool ContinuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Both end where a character does.
std::string_view Prefix(std::string_view text, std::size_t bytes) {
  bytes = std::min(bytes, text.size());
  while (bytes > 0 && bytes < text.size() && ContinuesCharacter(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

std::string_view LineAt(std::string_view text, std::size_t line) {
  for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find_first_of("\r\n"));
}

// The values of one field that may stand only once, and in the right type.
class ValueKeeper {
 public:
  explicit ValueKeeper(ProductFile& file) : file_(file) {}

  // Begins a field; the error that speaks against it.
  Status BeginField(std::string_view name, Place place) {
    field_ = FindProductField(name);
    if (!field_) return ErrorAt(file_, place, NoSuchFieldText("field", name));
    if (!seen_.emplace(*field_, place).second) {
      return ErrorAt(file_, place,
                     std::string(ProductFieldName(*field_)) + " is here twice; first on line " +
                         std::to_string(seen_.at(*field_).line));
    }
    return {};
  }

  Status SetText(std::string text, Place place) {
    if (!IsText(*field_)) return WrongType(place);
    file_.values[*field_] = {std::move(text), place};
    return {};
  }

  Status SetInteger(std::int64_t number, Place place) {
    if (IsText(*field_)) return WrongType(place);
    file_.values[*field_] = {number, place};
    return {};
  }

  Error WrongType(Place place) const {
    return ErrorAt(file_, place,
                   std::string(ProductFieldName(*field_)) +
                       (IsText(*field_) ? " must be a text" : " must be a whole number"));
  }

  bool TakesText() const { return IsText(*field_); }

 private:
  ProductFile& file_;
  std::optional<ProductField> field_;
  std::map<ProductField, Place> seen_;
};

Status SetJsonValue(ValueKeeper& keeper, const JsonMember& member, Place place) {
  if (std::holds_alternative<JsonMember::Null>(member.value)) return {};
  if (const auto* text = std::get_if<std::string>(&member.value)) {
    return keeper.SetText(*text, place);
  }
  if (const auto* number = std::get_if<std::int64_t>(&member.value)) {
    return keeper.SetInteger(*number, place);
  }
  return keeper.WrongType(place);
}

Error FaultError(const ProductFile& file, const JsonFault& fault) {
  const Place place = PlaceOf(file.text, fault.offset);
  switch (fault.kind) {
    case JsonFault::Kind::kSyntax:
      return ErrorAt(file, place, "not JSON: " + fault.what);
    case JsonFault::Kind::kNotAnObject:
      return ErrorAt(file, place, kNotFields);
    case JsonFault::Kind::kArray:
      return ErrorAt(file, place, std::string("a list: ") + kOneProduct);
    case JsonFault::Kind::kMoreThanOne:
      return ErrorAt(file, place, kOneProduct);
  }
  return ErrorAt(file, place, "not JSON");
}

Status ParseJson(ProductFile& file) {
  const auto parsed = ParseJsonMembers(file.text);
  if (const auto* fault = std::get_if<JsonFault>(&parsed)) return FaultError(file, *fault);
  ValueKeeper keeper(file);
  for (const JsonMember& member : std::get<std::vector<JsonMember>>(parsed)) {
    Status status = keeper.BeginField(member.key, PlaceOf(file.text, member.key_offset));
    if (status.ok()) {
      status = SetJsonValue(keeper, member, PlaceOf(file.text, member.value_offset));
    }
    if (!status.ok()) return status;
  }
  return {};
}

Place PlaceOfMark(const YAML::Mark& mark) {
  return {static_cast<std::size_t>(std::max(mark.line, 0)) + 1,
          static_cast<std::size_t>(std::max(mark.column, 0)) + 1};
}

Status SetYamlValue(ValueKeeper& keeper, const YAML::Node& node) {
  const Place place = PlaceOfMark(node.Mark());
  if (node.IsNull()) return {};
  if (!node.IsScalar()) return keeper.WrongType(place);
  if (keeper.TakesText()) return keeper.SetText(node.Scalar(), place);
  // What stands in quotes is a text.
  const std::optional<std::int64_t> number =
      node.Tag() == "!" ? std::nullopt : ParseInt64(node.Scalar());
  if (!number) return keeper.WrongType(place);
  return keeper.SetInteger(*number, place);
}

Status ParseYaml(ProductFile& file) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(file.text);
    if (documents.size() > 1) {
      return ErrorAt(file, PlaceOfMark(documents[1].Mark()), kOneProduct);
    }
    const YAML::Node& root = documents[0];
    if (root.IsSequence()) {
      return ErrorAt(file, PlaceOfMark(root.Mark()), std::string("a list: ") + kOneProduct);
    }
    if (!root.IsMap()) {
      return ErrorAt(file, PlaceOfMark(root.Mark()), kNotFields);
    }
    ValueKeeper keeper(file);
    for (const auto& entry : root) {
      const Place place = PlaceOfMark(entry.first.Mark());
      if (!entry.first.IsScalar()) return ErrorAt(file, place, "a key must be a word");
      Status status = keeper.BeginField(entry.first.Scalar(), place);
      if (status.ok()) status = SetYamlValue(keeper, entry.second);
      if (!status.ok()) return status;
    }
    return {};
  } catch (const YAML::Exception& exception) {
    return ErrorAt(file, PlaceOfMark(exception.mark), "not YAML: " + exception.msg);
  }
}

bool IsJson(const ProductFile& file) {
  if (file.name.ends_with(".json")) return true;
  if (file.name.ends_with(".yaml") || file.name.ends_with(".yml")) return false;
  const std::size_t first = file.text.find_first_not_of(" \t\r\n");
  return file.text[first] == '{' || file.text[first] == '[';
}

// The first byte that is not part of a character; absent in UTF-8.
std::optional<std::size_t> FindMalformed(const std::string& text) {
  if (IsValidUtf8(text)) return std::nullopt;
  const std::string repaired = ReplaceMalformedUtf8(text);
  const auto [at, ignored] =
      std::mismatch(text.begin(), text.end(), repaired.begin(), repaired.end());
  return static_cast<std::size_t>(at - text.begin());
}

}  // namespace

Result<ProductFile> ParseProductFile(std::string name, std::string text) {
  ProductFile file{std::move(name), std::move(text), {}};
  if (file.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return InvalidArgument(file.name + ": the file is empty");
  }
  if (const std::optional<std::size_t> at = FindMalformed(file.text)) {
    return ErrorAt(file, PlaceOf(file.text, *at), "not UTF-8");
  }
  const Status status = IsJson(file) ? ParseJson(file) : ParseYaml(file);
  if (!status.ok()) return status.error();
  return file;
}

Error ErrorAt(const ProductFile& file, Place place, const std::string& what) {
  std::string_view line = LineAt(file.text, place.line);
  std::string_view before = Prefix(line, place.column - 1);
  if (before.size() > kShownBefore) {
    const std::size_t left_out = Prefix(line, before.size() - kShownBefore).size();
    line.remove_prefix(left_out);
    before.remove_prefix(left_out);
  }
  const std::string shown = Printable(Prefix(line, kShownBytes));
  const std::string indent(DisplayWidth(Printable(before)), ' ');
  return InvalidArgument(PlaceText(file.name, place) + what + "\n    | " + shown + "\n    | " +
                         indent + "^");
}

}  // namespace products::cli
