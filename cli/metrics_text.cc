#include "cli/metrics_text.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/parse.h"

namespace products::cli {
namespace {

// productd's longest line has about 200 bytes, its samples at most four labels.
constexpr std::size_t kMaxLineBytes = 16 * 1024;
constexpr std::size_t kMaxLabels = 32;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Sample {
  std::string name;
  MetricLabels labels;
  double value = 0.0;
};

// What has been seen of one series of a histogram.
struct HistogramParts {
  std::size_t line = 0;
  MetricHistogram histogram;
  std::optional<double> sum;
  std::optional<double> count;
};

bool IsNameStart(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }

void SkipBlanks(std::string_view& rest) {
  while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1);
}

bool Take(std::string_view& rest, char expected) {
  if (rest.empty() || rest[0] != expected) return false;
  rest.remove_prefix(1);
  return true;
}

enum class NameOf { kMetric, kLabel };

// Empty when `rest` does not begin with a name.
std::string_view TakeName(std::string_view& rest, NameOf kind) {
  const auto is_start = [kind](char letter) {
    return IsNameStart(letter) || (kind == NameOf::kMetric && letter == ':');
  };
  std::size_t length = 0;
  while (length < rest.size() &&
         (is_start(rest[length]) || (length > 0 && IsDigit(rest[length])))) {
    ++length;
  }
  const std::string_view name = rest.substr(0, length);
  rest.remove_prefix(length);
  return name;
}

std::string_view TakeWord(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

// Behind the opening quote, up to and with the closing one.
std::optional<std::string> TakeLabelValue(std::string_view& rest) {
  std::string value;
  while (!rest.empty()) {
    const char letter = rest[0];
    rest.remove_prefix(1);
    if (letter == '"') return value;
    if (letter != '\\') {
      value += letter;
      continue;
    }
    if (rest.empty()) return std::nullopt;
    switch (rest[0]) {
      case '\\':
      case '"':
        value += rest[0];
        break;
      case 'n':
        value += '\n';
        break;
      default:
        return std::nullopt;
    }
    rest.remove_prefix(1);
  }
  return std::nullopt;
}

// Behind "{", up to and with "}". Empty text: well; else what is wrong.
std::string_view TakeLabels(std::string_view& rest, MetricLabels& labels) {
  while (true) {
    SkipBlanks(rest);
    if (Take(rest, '}')) return {};
    const std::string_view name = TakeName(rest, NameOf::kLabel);
    if (name.empty()) return "no label name";
    SkipBlanks(rest);
    if (!Take(rest, '=')) return "no \"=\" behind a label name";
    SkipBlanks(rest);
    if (!Take(rest, '"')) return "a label value without its quotes";
    std::optional<std::string> value = TakeLabelValue(rest);
    if (!value) return "a label value that does not end, or an unknown escape";
    if (labels.size() == kMaxLabels) return "too many labels";
    if (!labels.emplace(name, std::move(*value)).second) return "a label twice";
    SkipBlanks(rest);
    if (Take(rest, ',')) continue;
    if (!Take(rest, '}')) return "labels that do not end";
    return {};
  }
}

std::optional<double> ParseValue(std::string_view text) {
  if (text == "+Inf" || text == "Inf") return kInfinity;
  if (text == "-Inf") return -kInfinity;
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  return ParseDouble(text);
}

std::string_view ParseSample(std::string_view rest, Sample& sample) {
  sample.name = TakeName(rest, NameOf::kMetric);
  if (sample.name.empty()) return "no metric name";
  SkipBlanks(rest);
  if (Take(rest, '{')) {
    const std::string_view fault = TakeLabels(rest, sample.labels);
    if (!fault.empty()) return fault;
  }
  SkipBlanks(rest);
  const std::optional<double> value = ParseValue(TakeWord(rest));
  if (!value) return "the value is not a number";
  sample.value = *value;
  SkipBlanks(rest);
  const std::string_view timestamp = TakeWord(rest);
  if (!timestamp.empty() && !ParseInt64(timestamp)) return "the timestamp is not a number";
  SkipBlanks(rest);
  return rest.empty() ? "" : "text behind the value";
}

std::optional<MetricType> ParseType(std::string_view word) {
  if (word == "counter") return MetricType::kCounter;
  if (word == "gauge") return MetricType::kGauge;
  if (word == "histogram") return MetricType::kHistogram;
  if (word == "summary" || word == "untyped") return MetricType::kOther;
  return std::nullopt;
}

bool IsCount(double value) { return std::isfinite(value) && value >= 0.0; }

class Parser {
 public:
  using Families = std::map<std::string, MetricFamily, std::less<>>;

  // What is wrong with this line; empty when nothing.
  std::string_view Line(std::string_view line, std::size_t number) {
    if (line.size() > kMaxLineBytes) return "longer than 16 KiB";
    if (line.find('\0') != std::string_view::npos) return "a NUL byte";
    if (line.find_first_not_of(" \t") == std::string_view::npos) return {};
    if (line[0] == '#') return Comment(line.substr(1));
    Sample sample;
    const std::string_view fault = ParseSample(line, sample);
    return fault.empty() ? Add(std::move(sample), number) : fault;
  }

  // After the last line; `number` is the line at fault then.
  std::string_view Finish(std::size_t& number) {
    for (auto& [name, series] : histograms_) {
      for (auto& [labels, parts] : series) {
        const std::string_view fault = Check(parts);
        number = parts.line;
        if (!fault.empty()) return fault;
        parts.histogram.sum = *parts.sum;
        families_[name].histograms.emplace(labels, std::move(parts.histogram));
      }
    }
    return {};
  }

  Families TakeFamilies() { return std::move(families_); }

 private:
  std::string_view Comment(std::string_view rest) {
    SkipBlanks(rest);
    if (TakeWord(rest) != "TYPE") return {};
    SkipBlanks(rest);
    const std::string name(TakeName(rest, NameOf::kMetric));
    if (name.empty()) return "a type without a metric name";
    SkipBlanks(rest);
    const std::optional<MetricType> type = ParseType(TakeWord(rest));
    SkipBlanks(rest);
    if (!type || !rest.empty()) return "an unknown type";
    if (!families_.emplace(name, MetricFamily{*type, {}, {}}).second) {
      return "a type behind samples of its metric, or a second one";
    }
    return {};
  }

  std::string_view Add(Sample sample, std::size_t number) {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      if (!sample.name.ends_with(suffix)) continue;
      const std::string_view base =
          std::string_view(sample.name).substr(0, sample.name.size() - suffix.size());
      const auto family = families_.find(base);
      if (family == families_.end() || family->second.type != MetricType::kHistogram) break;
      return AddPart(family->first, suffix, sample, number);
    }
    MetricFamily& family = families_[sample.name];
    if (family.type == MetricType::kHistogram) return "a histogram with a value of its own";
    if (family.type == MetricType::kCounter && !IsCount(sample.value)) {
      return "a counter that is negative or no finite number";
    }
    if (!family.values.emplace(std::move(sample.labels), sample.value).second) {
      return "a series twice";
    }
    return {};
  }

  std::string_view AddPart(const std::string& name, std::string_view suffix, Sample& sample,
                           std::size_t number) {
    std::optional<double> bound;
    if (suffix == "_bucket") {
      const auto label = sample.labels.find("le");
      if (label == sample.labels.end()) return "a bucket without its bound";
      bound = ParseValue(label->second);
      if (!bound || std::isnan(*bound)) return "a bucket whose bound is not a number";
      sample.labels.erase(label);
    }
    HistogramParts& parts = histograms_[name][std::move(sample.labels)];
    parts.line = number;
    if (suffix == "_sum") {
      if (parts.sum || !std::isfinite(sample.value)) return "a second sum, or one that is infinite";
      parts.sum = sample.value;
      return {};
    }
    if (!IsCount(sample.value)) return "a count that is negative or no finite number";
    if (!bound) {
      if (parts.count) return "a second count";
      parts.count = sample.value;
      return {};
    }
    MetricHistogram& histogram = parts.histogram;
    if (!histogram.bounds.empty() && *bound <= histogram.bounds.back()) {
      return "buckets whose bounds do not ascend";
    }
    if (sample.value < histogram.count()) return "buckets whose counts fall";
    histogram.bounds.push_back(*bound);
    histogram.cumulative.push_back(sample.value);
    return {};
  }

  static std::string_view Check(const HistogramParts& parts) {
    const MetricHistogram& histogram = parts.histogram;
    if (!parts.sum || !parts.count) return "a histogram without sum or count";
    if (histogram.bounds.empty() || histogram.bounds.back() != kInfinity) {
      return "a histogram without its last bucket";
    }
    if (histogram.count() != *parts.count) return "a histogram whose count is not its last bucket";
    return {};
  }

  Families families_;
  std::map<std::string, std::map<MetricLabels, HistogramParts>, std::less<>> histograms_;
};

Error NotMetrics(std::size_t line, std::string_view fault) {
  return {ErrorCode::kCorrupt, "line " + std::to_string(line) + ": " + std::string(fault), {}};
}

}  // namespace

Result<MetricsText> MetricsText::Parse(std::string_view text) {
  Parser parser;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return NotMetrics(number, "it breaks off");
    const std::string_view fault = parser.Line(text.substr(0, end), number);
    if (!fault.empty()) return NotMetrics(number, fault);
    text.remove_prefix(end + 1);
  }
  const std::string_view fault = parser.Finish(number);
  if (!fault.empty()) return NotMetrics(number, fault);
  MetricsText metrics;
  metrics.families_ = parser.TakeFamilies();
  return metrics;
}

const MetricFamily* MetricsText::Find(std::string_view name, MetricType type) const {
  const auto found = families_.find(name);
  return found != families_.end() && found->second.type == type ? &found->second : nullptr;
}

std::optional<double> MetricsText::FindValue(std::string_view name, MetricType type) const {
  const MetricFamily* family = Find(name, type);
  if (family == nullptr) return std::nullopt;
  const auto value = family->values.find(MetricLabels());
  if (value == family->values.end() || !std::isfinite(value->second)) return std::nullopt;
  return value->second;
}

std::optional<double> MetricsText::FindGauge(std::string_view name) const {
  return FindValue(name, MetricType::kGauge);
}

std::optional<double> MetricsText::FindCounter(std::string_view name) const {
  return FindValue(name, MetricType::kCounter);
}

const MetricHistogram* MetricsText::FindHistogram(std::string_view name) const {
  const MetricFamily* family = Find(name, MetricType::kHistogram);
  if (family == nullptr) return nullptr;
  const auto found = family->histograms.find(MetricLabels());
  return found == family->histograms.end() ? nullptr : &found->second;
}

}  // namespace products::cli
