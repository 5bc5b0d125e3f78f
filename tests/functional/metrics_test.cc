// What /metrics says of a running server: what docs/metrics.md lists and nothing else, and each
// limit that bites under its own reason.

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/functional/productd_fixture.h"

namespace products::test {
namespace {

using Names = std::set<std::string>;

struct Family {
  std::string type;
  Names labels;
  bool operator==(const Family&) const = default;
};
void PrintTo(const Family& family, std::ostream* out) {
  *out << family.type << " of " << ::testing::PrintToString(family.labels);
}

std::vector<std::smatch> Matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern, std::regex::multiline);
  return {std::sregex_iterator(text.begin(), text.end(), expression), std::sregex_iterator()};
}

std::map<std::string, Family> ScrapedFamilies(const std::string& text) {
  std::map<std::string, Family> families;
  for (const auto& type : Matches(text, "^# TYPE (\\w+) (\\w+)$")) families[type[1]].type = type[2];
  for (const auto& sample : Matches(text, "^(\\w+)\\{(.*)\\} ")) {
    std::string name = sample[1];
    if (!families.contains(name)) name = name.substr(0, name.rfind('_'));
    const std::string labels = sample[2];
    for (const auto& label : Matches(labels, "(\\w+)=\"[^\"]*\"")) {
      if (label[1] != "le") families.at(name).labels.insert(label[1]);
    }
  }
  return families;
}

std::map<std::string, Family> DocumentedFamilies(const std::string& text) {
  std::map<std::string, Family> families;
  for (const auto& row :
       Matches(text, "^\\| `(\\w+)` \\| (counter|gauge|histogram) \\|([^|]*)\\|")) {
    Family& family = families[row[1]];
    family.type = row[2];
    const std::string labels = row[3];
    for (const auto& label : Matches(labels, "`(\\w+)`")) family.labels.insert(label[1]);
  }
  return families;
}

Names ScrapedValues(const std::string& text, const std::string& label) {
  Names values;
  for (const auto& value : Matches(text, "\\b" + label + "=\"([^\"]*)\"")) values.insert(value[1]);
  return values;
}

// The first column of the table that is headed by the label.
Names DocumentedValues(const std::string& text, const std::string& label) {
  Names values;
  std::istringstream lines(text.substr(text.find("\n| `" + label + "` |") + 1));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("| `")) {
    values.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return values;
}

class Metrics : public ProductdTest {
 protected:
  explicit Metrics(std::vector<std::string> flags = {}) : ProductdTest(std::move(flags)) {}

  double Refused(const std::string& reason) const {
    return ReadMetric(address(), "productd_requests_refused_total{reason=\"" + reason + "\"}");
  }
};

TEST_F(Metrics, AreThoseOfTheDocument) {
  std::string scraped;
  // A worker's lag is there after its first tick.
  while (scraped.find("\nproductd_event_loop_lag_seconds_count{") == std::string::npos) {
    scraped = Get(address(), "/metrics").body;
  }
  const std::string document = ReadFile(METRICS_DOCUMENT);
  const std::map<std::string, Family> families = ScrapedFamilies(scraped);
  std::map<std::string, Family> documented = DocumentedFamilies(document);
  // Not where the tests are in no cgroup that has them.
  for (const std::string name : {"periods", "throttled_periods", "throttled_seconds"}) {
    const std::string metric = "productd_cpu_" + name + "_total";
    if (!families.contains(metric)) documented.erase(metric);
  }
  EXPECT_EQ(families, documented);
  for (const std::string label : {"outcome", "reason", "error"}) {
    EXPECT_EQ(ScrapedValues(scraped, label), DocumentedValues(document, label)) << label;
  }
}

TEST_F(Metrics, CountEachLimitOfARequestUnderItsOwnReason) {
  const std::string long_text(20'000, 'x');
  const struct {
    std::string request;
    int status;
    std::string reason;
  } rows[] = {
      {"GET / HTTP/1.1\r\nHost: t\r\nX: " + long_text + "\r\n\r\n", 431, "header_too_large"},
      {GetText("/" + long_text.substr(0, 9000)), 414, "target_too_long"},
      {PostText("/products/1/details", std::string(65 * 1024, ' ')), 413, "body_too_large"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "malformed"},
      {"BREW / HTTP/1.1\r\nHost: t\r\n\r\n", 501, "unsupported"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Refused(row.reason), 0) << row.reason;
    EXPECT_EQ(Exchange(address(), row.request).status, row.status) << row.reason;
    EXPECT_EQ(Refused(row.reason), 1) << row.reason;
  }
}

TEST_F(Metrics, CountEachWayOfBeingNoHttpByItsName) {
  const std::string host = " HTTP/1.1\r\nHost: t\r\n";
  const std::string post = "POST /products/1/details" + host;
  const struct {
    std::string request;
    std::string error;
  } rows[] = {
      {"GET /\n", "bare_line_feed"},
      {"GET /" + host + "X: a\r\n b\r\n\r\n", "folded_line"},
      {"GET / \r\n\r\n", "request_line"},
      {"GET\r\n\r\n", "method"},
      {"BREW /" + host + "\r\n", "method"},
      {"GET nowhere" + host + "\r\n", "target"},
      {"GET / HTTP/3.0\r\n\r\n", "version"},
      {"GET / HTTP/1.1\r\n\r\n", "host"},
      {"GET /" + host + "X : a\r\n\r\n", "field"},
      {post + "Content-Length: x\r\n\r\n", "content_length"},
      {post + "Transfer-Encoding: gzip\r\n\r\n", "framing"},
      {post + "Transfer-Encoding: chunked\r\n\r\nx\r\n", "chunk"},
      {post + "Expect: tea\r\n\r\n", "expectation"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.request);
    const std::string sample = "productd_parse_errors_total{error=\"" + row.error + "\"}";
    const double before = ReadMetric(address(), sample);
    EXPECT_GE(Exchange(address(), row.request).status, 400);
    EXPECT_EQ(ReadMetric(address(), sample), before + 1) << row.error;
  }
}

class LittleMemory : public Metrics {
 protected:
  // Room for the radix of one leaf and for little more.
  LittleMemory() : Metrics({"--storage-max-table-bytes", "99500"}) {}
};

TEST_F(LittleMemory, RefusesProductsAndServesThoseItHas) {
  int id = 1;
  HttpResponse response;
  do {
    response = Exchange(address(), PostText("/products/" + std::to_string(++id) + "/details",
                                            R"({"sku":"s","manufacturer":"m","category_id":1,)"
                                            R"("weight":0,"some_other_id":1})"));
  } while (response.status == 204 && id < 64);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.Header("Retry-After"), "1");
  EXPECT_EQ(Refused("table_full"), 1);
  EXPECT_EQ(Get(address(), "/products/1").status, 200);
  EXPECT_LE(ReadMetric(address(), "productd_table_bytes"), 99500);
}

}  // namespace
}  // namespace products::test
