#include "cli/output.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <ostream>

#include "cli/text_width.h"
#include "core/base/json_text.h"

namespace products::cli {
namespace {

template <typename T>
void AppendNumber(std::string& out, T number) {
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

void AppendJsonValue(std::string& out, const Field& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    AppendJsonString(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    AppendNumber(out, *integer);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    AppendNumber(out, *number);
  } else if (const auto* truth = std::get_if<bool>(&field.value)) {
    out += *truth ? "true" : "false";
  } else {
    out += "null";
  }
}

void AppendText(std::string& out, const Field& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    out += Printable(*text);
  } else if (std::holds_alternative<std::monostate>(field.value)) {
    out += "unknown";
  } else {
    AppendJsonValue(out, field);
  }
}

void AppendTable(std::string& out, std::span<const Field> fields) {
  std::size_t label_width = 0;
  for (const Field& field : fields) {
    label_width = std::max(label_width, DisplayWidth(field.name));
  }
  for (const Field& field : fields) {
    out += field.name;
    out.append(label_width - DisplayWidth(field.name) + 2, ' ');
    AppendText(out, field);
    out += '\n';
  }
}

void AppendJsonObject(std::string& out, std::span<const Field> fields) {
  char separator = '{';
  for (const Field& field : fields) {
    out += separator;
    separator = ',';
    AppendJsonString(out, field.name);
    out += ':';
    AppendJsonValue(out, field);
  }
  out += '}';
}

void AppendPlainLine(std::string& out, std::span<const Field> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += '\t';
    AppendText(out, fields[i]);
  }
  out += '\n';
}

}  // namespace

std::string_view OutputFormatName(OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
      return "table";
    case OutputFormat::kJson:
      return "json";
    case OutputFormat::kPlain:
      return "plain";
  }
  return "plain";
}

std::optional<OutputFormat> ParseOutputFormat(std::string_view name) {
  for (const OutputFormat format :
       {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kPlain}) {
    if (OutputFormatName(format) == name) return format;
  }
  return std::nullopt;
}

std::string RenderText(const Field& field) {
  std::string text;
  AppendText(text, field);
  return text;
}

void PrintRecord(std::ostream& out, OutputFormat format, std::span<const Field> fields) {
  std::string text;
  switch (format) {
    case OutputFormat::kTable:
      AppendTable(text, fields);
      break;
    case OutputFormat::kJson:
      AppendJsonObject(text, fields);
      text += '\n';
      break;
    case OutputFormat::kPlain:
      AppendPlainLine(text, fields);
      break;
  }
  out << text;
}

std::string RenderJsonObject(std::span<const Field> fields) {
  std::string text;
  AppendJsonObject(text, fields);
  return text;
}

std::string RenderPlainLine(std::span<const Field> fields) {
  std::string text;
  AppendPlainLine(text, fields);
  return text;
}

std::string Palette::Error(std::string_view text) const {
  if (!color_) return std::string(text);
  return std::string("\x1b[1;31m").append(text).append("\x1b[0m");
}

std::string Palette::Strong(std::string_view text) const {
  if (!color_) return std::string(text);
  return std::string("\x1b[1m").append(text).append("\x1b[0m");
}

std::string Palette::Faint(std::string_view text) const {
  if (!color_) return std::string(text);
  return std::string("\x1b[2m").append(text).append("\x1b[0m");
}

}  // namespace products::cli
