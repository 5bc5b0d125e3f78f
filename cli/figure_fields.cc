#include "cli/figure_fields.h"

#include <cmath>
#include <cstdint>
#include <variant>

namespace products::cli {
namespace {

// The largest double below which every whole number is one.
constexpr double kLargestWhole = 9007199254740992.0;
constexpr double kThousandths = 1e3;
constexpr double kMicroseconds = 1e6;

FieldValue Rounded(std::optional<double> number, double steps) {
  if (!number || !std::isfinite(*number)) return std::monostate();
  const double scaled = *number * steps;
  return std::abs(scaled) < kLargestWhole ? std::round(scaled) / steps : *number;
}

}  // namespace

FieldValue TextField(const std::optional<std::string>& text) {
  if (!text) return std::monostate();
  return *text;
}

FieldValue NumberField(std::optional<double> number) {
  // JSON has no other word for what is no number.
  if (!number || !std::isfinite(*number)) return std::monostate();
  return *number;
}

FieldValue CountField(std::optional<double> number) {
  if (!number || !(std::abs(*number) <= kLargestWhole) || *number != std::floor(*number)) {
    return NumberField(number);
  }
  return static_cast<std::int64_t>(*number);
}

FieldValue RateField(std::optional<double> per_second) { return Rounded(per_second, kThousandths); }

FieldValue SecondsField(std::optional<double> seconds) { return Rounded(seconds, kMicroseconds); }

FieldValue TruthField(std::optional<double> number) {
  if (!number) return std::monostate();
  return *number != 0.0;
}

}  // namespace products::cli
