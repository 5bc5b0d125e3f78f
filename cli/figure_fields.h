#pragma once

#include <optional>
#include <string>

#include "cli/output.h"

namespace products::cli {

using FieldValue = decltype(Field::value);

/// Figures as values of a record; what is absent is not known.
FieldValue TextField(const std::optional<std::string>& text);
FieldValue NumberField(std::optional<double> number);
/// Without a fraction where it has none, as what is counted.
FieldValue CountField(std::optional<double> number);
/// Rates and seconds have no more digits than they are worth: a thousandth, a microsecond.
FieldValue RateField(std::optional<double> per_second);
FieldValue SecondsField(std::optional<double> seconds);
/// Anything but 0 is true.
FieldValue TruthField(std::optional<double> number);

}  // namespace products::cli
