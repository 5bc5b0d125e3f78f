#pragma once

#include <string>

namespace products::test {

/// The value of one sample of GET /metrics at `address`, named with its labels as in the text:
/// `productd_connections`, `productd_connections_total{outcome="reset"}`. Throws when it is not
/// there.
double ReadMetric(const std::string& address, const std::string& sample);

/// Polls until the sample has that value; false when it does not within the usual patience.
bool MetricBecomes(const std::string& address, const std::string& sample, double value);

}  // namespace products::test
