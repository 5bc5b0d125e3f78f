#include "tests/support/metric_reader.h"

#include <poll.h>

#include <stdexcept>

#include "core/base/parse.h"
#include "tests/support/raw_connection.h"

namespace products::test {

double ReadMetric(const std::string& address, const std::string& sample) {
  const std::string text = "\n" + Get(address, "/metrics").body;
  const std::size_t found = text.find("\n" + sample + " ");
  if (found == std::string::npos) throw std::runtime_error("no sample " + sample);
  const std::size_t begin = found + sample.size() + 2;
  return ParseDouble(text.substr(begin, text.find('\n', begin) - begin)).value();
}

bool MetricBecomes(const std::string& address, const std::string& sample, double value) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (ReadMetric(address, sample) == value) return true;
    ::poll(nullptr, 0, 20);
  }
  return false;
}

}  // namespace products::test
