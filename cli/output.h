#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace products::cli {

/// How data goes to standard output.
enum class OutputFormat {
  kTable,  ///< For people: aligned by character width.
  kJson,   ///< For programs: one compact object a line.
  kPlain,  ///< For cut and awk: values separated by tabs, one record a line, no heading.
};

std::string_view OutputFormatName(OutputFormat format);
std::optional<OutputFormat> ParseOutputFormat(std::string_view name);

/// One named value of a record.
struct Field {
  std::string name;  ///< lower_snake: the JSON key and the table's label
  /// Nothing is what is not known: null in JSON, "unknown" elsewhere.
  std::variant<std::string, std::int64_t, double, bool, std::monostate> value;
};

/// The value as tables and plain lines show it: text made printable.
std::string RenderText(const Field& field);

/// Prints one record: a label and a value a line (table), an object (json), or a line of values
/// (plain). Text from outside may go in as it is: what a terminal would obey is escaped here.
void PrintRecord(std::ostream& out, OutputFormat format, std::span<const Field> fields);

/// The object that PrintRecord prints, without its end of line.
std::string RenderJsonObject(std::span<const Field> fields);
/// The line of values, with its end.
std::string RenderPlainLine(std::span<const Field> fields);

/// The escape sequences of a terminal, or nothing when colour is off.
class Palette {
 public:
  explicit Palette(bool color) : color_(color) {}

  std::string Error(std::string_view text) const;
  std::string Strong(std::string_view text) const;
  std::string Faint(std::string_view text) const;

 private:
  bool color_;
};

}  // namespace products::cli
