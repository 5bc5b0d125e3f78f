#include "server/metrics/exposition_text.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace products {
namespace {

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

void AppendEscaped(std::string& text, std::string_view value) {
  for (const char byte : value) {
    switch (byte) {
      case '\\':
        text += "\\\\";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\n':
        text += "\\n";
        break;
      default:
        text += byte;
    }
  }
}

template <typename T, typename... Format>
void AppendDigits(std::string& text, T value, Format... format) {
  // The longest double has 24 characters, the longest integer 20.
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, format...);
  text.append(digits.data(), end.ptr);
}

void AppendNumber(std::string& text, double value) {
  const double magnitude = std::abs(value);
  if (std::isnan(value)) {
    text += "NaN";
  } else if (std::isinf(value)) {
    text += value > 0 ? "+Inf" : "-Inf";
  } else if (magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e15)) {
    AppendDigits(text, value, std::chars_format::fixed);
  } else {
    AppendDigits(text, value, std::chars_format::scientific);
  }
}

}  // namespace

std::string ExpositionText::Number(double value) {
  std::string text;
  AppendNumber(text, value);
  return text;
}

void ExpositionText::BeginFamily(MetricType type, const MetricDescription& description) {
  type_ = type;
  family_ = description;
  has_header_ = false;
}

void ExpositionText::AppendHeader() {
  if (has_header_) return;
  has_header_ = true;
  text_.append("# HELP ").append(family_.name).append(" ").append(family_.help).append("\n");
  text_.append("# TYPE ").append(family_.name).append(" ").append(TypeName(type_)).append("\n");
}

void ExpositionText::SetLabels(const MetricLabels& labels) {
  labels_.clear();
  for (const auto& [name, value] : labels) {
    if (!labels_.empty()) labels_ += ',';
    labels_.append(name).append("=\"");
    AppendEscaped(labels_, value);
    labels_ += '"';
  }
}

void ExpositionText::AppendSample(std::string_view suffix, double value) {
  text_.append(family_.name).append(suffix);
  if (!labels_.empty()) text_.append("{").append(labels_).append("}");
  text_ += ' ';
  AppendNumber(text_, value);
  text_ += '\n';
}

void ExpositionText::AddValue(double value, const MetricLabels& labels) {
  assert(type_ != MetricType::kHistogram);
  AppendHeader();
  SetLabels(labels);
  AppendSample("", value);
}

void ExpositionText::AddHistogram(std::span<const std::string> bounds,
                                  std::span<const std::uint64_t> counts, double sum,
                                  const MetricLabels& labels) {
  assert(type_ == MetricType::kHistogram && counts.size() == bounds.size() + 1);
  AppendHeader();
  SetLabels(labels);
  // The same for every bucket; a scrape has thousands.
  std::string start = std::string(family_.name).append("_bucket{").append(labels_);
  if (!labels_.empty()) start += ',';
  start += "le=\"";
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    text_ += start;
    text_ += i < bounds.size() ? std::string_view(bounds[i]) : "+Inf";
    text_ += "\"} ";
    AppendDigits(text_, cumulative);
    text_ += '\n';
  }
  AppendSample("_sum", sum);
  AppendSample("_count", static_cast<double>(cumulative));
}

}  // namespace products
