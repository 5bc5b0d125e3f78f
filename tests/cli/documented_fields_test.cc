// The fields of every command's JSON are those of its section in docs/productctl.md: each that is
// printed is documented, with its type and in that order, and each that is documented is printed.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/product_generator.h"
#include "core/product/product_json.h"
#include "tests/cli/fake_catalog.h"
#include "tests/cli/fake_metrics.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

struct DocumentedField {
  std::string name;
  std::string type;
  bool may_be_null = false;
};

// The rows of the tables of fields below "## <command>"; a row may name several.
std::vector<DocumentedField> DocumentedFields(const std::string& command) {
  std::istringstream document(test::ReadFile(DOCUMENT));
  const std::regex row("^\\| (`[^|]+`) \\| ([a-z]+)( or null)? \\|.*");
  const std::regex name("`([a-z0-9_.\\[\\]]+)`");
  std::vector<DocumentedField> fields;
  bool is_section = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) is_section = line == "## " + command;
    std::smatch match;
    if (!is_section || !std::regex_match(line, match, row)) continue;
    const std::string names = match[1];
    for (std::sregex_iterator at(names.begin(), names.end(), name), end; at != end; ++at) {
      fields.push_back({(*at)[1], match[2], match[3].matched});
    }
  }
  return fields;
}

// Reads one line of JSON into the names of its fields and their types, in order. Of what is nested
// the names are "outer.inner", and "outer[].inner" in a list, of which only objects have any.
class FieldReader {
 public:
  explicit FieldReader(std::string_view json) : rest_(json) {}

  using Fields = std::vector<std::pair<std::string, std::string>>;
  // Empty for what is no JSON.
  Fields Read() {
    Value("");
    return failed_ || !rest_.empty() ? Fields() : fields_;
  }

 private:
  bool Take(char byte) {
    if (rest_.empty() || rest_[0] != byte) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Require(char byte) { failed_ = !Take(byte) || failed_; }

  std::string Text() {
    std::string text;
    Require('"');
    while (!failed_ && !rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\') rest_.remove_prefix(1);
      text += rest_.substr(0, 1);
      rest_.remove_prefix(1);
    }
    Require('"');
    return text;
  }

  std::string Word() {
    std::size_t end = 0;
    while (end < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[end])) != 0 ||
                                  rest_[end] == '.' || rest_[end] == '-' || rest_[end] == '+')) {
      ++end;
    }
    const std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (word == "true" || word == "false") return "boolean";
    if (word == "null") return "null";
    failed_ = failed_ || word.empty();
    return word.find_first_not_of("-0123456789") == std::string::npos ? "integer" : "number";
  }

  // Its type.
  std::string Value(const std::string& name) {
    if (failed_ || rest_.empty()) return failed_ = true, "";
    if (rest_[0] == '"') return Text(), "string";
    if (Take('[')) {
      while (!failed_ && !Take(']')) {
        Value(name + "[]");
        if (!rest_.starts_with(']')) Require(',');
      }
      return "array";
    }
    if (!Take('{')) return Word();
    while (!failed_ && !Take('}')) {
      const std::string inner = (name.empty() ? "" : name + ".") + Text();
      Require(':');
      fields_.emplace_back(inner, "");
      const std::size_t index = fields_.size() - 1;
      const std::string type = Value(inner);
      fields_[index].second = type;
      if (!rest_.starts_with('}')) Require(',');
    }
    return "object";
  }

  std::string_view rest_;
  Fields fields_;
  bool failed_ = false;
};

// Products are those of the generator, one by one; the rest is that of the other fakes.
Reply Everything(const std::string& request) {
  static std::atomic<int> scrapes{0};
  if (Asks(request, "GET /metrics")) {
    FakeFigures figures = BusyFigures(scrapes++);
    figures.start_unix_seconds = 1;
    return MetricsReply(RenderFakeMetrics(figures));
  }
  if (Asks(request, "POST /admin/backup")) {
    return JsonReply(200, R"({"file":"/b","products":1,"bytes":2,"seconds":0.5})");
  }
  if (request.starts_with("GET /products/5")) {
    Product product;
    ProductGenerator(1).Generate(std::stoi(request.substr(sizeof("GET /products/") - 1)), product);
    return JsonReply(200, RenderProduct(product));
  }
  const bool lists_from_5 = request.starts_with("GET /products?after=4");
  return lists_from_5 ? ErrorReply(404, "NOT_FOUND", "no such path") : FakeCatalog(request);
}

using Commands = std::vector<std::vector<std::string>>;

// Everything that the commands print as JSON, on either stream.
std::string PrintedBy(const Commands& commands, const std::string& config,
                      const std::string& input) {
  const ScriptedServer server(Everything);
  std::string printed;
  for (std::vector<std::string> arguments : commands) {
    arguments.insert(arguments.end(),
                     {"-o", "json", "--config", config, "--endpoint", server.endpoint()});
    const RunResult result = RunProductctl(arguments, {.input = input});
    EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 5) << result.exit_code << result.err;
    printed += result.out + result.err;
  }
  return printed;
}

void ExpectDocumented(const std::string& section, const std::string& printed) {
  const std::vector<DocumentedField> documented = DocumentedFields(section);
  std::set<std::string> seen;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('{')) continue;
    const FieldReader::Fields fields = FieldReader(line).Read();
    EXPECT_FALSE(fields.empty()) << section << ": no JSON: " << line;
    std::size_t last = 0;
    for (const auto& [name, type] : fields) {
      const auto at =
          std::find_if(documented.begin(), documented.end(),
                       [&name = name](const DocumentedField& field) { return field.name == name; });
      if (at == documented.end()) {
        ADD_FAILURE() << section << " prints " << name << ", which is not documented";
        continue;
      }
      const auto index = static_cast<std::size_t>(at - documented.begin());
      const bool is_nested = name.find('.') != std::string::npos;
      EXPECT_TRUE(is_nested || index >= last) << section << ": " << name << " is not in its place";
      if (!is_nested) last = index;
      const bool has_type = type == at->type || (at->type == "number" && type == "integer") ||
                            (at->may_be_null && type == "null");
      EXPECT_TRUE(has_type) << section << ": " << name << " is " << type << ", not " << at->type;
      if (type != "null") seen.insert(name);
    }
  }
  for (const DocumentedField& field : documented) {
    EXPECT_TRUE(seen.contains(field.name)) << section << " never prints " << field.name;
  }
  EXPECT_FALSE(documented.empty()) << section;
}

// What stands in for productd, which other tests run.
std::string MakeProductd(const test::TempDir& directory, const std::string& report) {
  std::string path = directory.File("productd");
  test::WriteFile(path, "#!/bin/sh\nprintf '" + report + "'\n");
  ::chmod(path.c_str(), 0755);
  return path;
}

TEST(Documentation, OfTheJsonFieldsIsWhatTheCommandsPrint) {
  const test::TempDir directory;
  const std::string config = directory.File("config.yaml");
  test::WriteFile(config, "contexts: {a: {endpoint: \"http://a\"}}\n");
  // Changes every field of product 1 and makes product 9.
  const std::string file = directory.File("a.ndjson");
  test::WriteFile(
      file, R"({"product_id":1,"sku":"a","manufacturer":"b","category_id":1,"some_other_id":2})"
            "\n"
            R"({"product_id":9,"sku":"a","manufacturer":"b","category_id":1,"some_other_id":2})"
            "\n");
  struct Row {
    std::string section;
    Commands commands;
  };
  const Row rows[] = {
      {"get", {{"get", "1", "--etag"}}},
      {"put", {{"put", "-f", "-"}}},
      {"delete", {{"delete", "1"}, {"delete", "1", "2"}}},
      {"seed", {{"seed", "--start", "50", "--count", "2", "--verify"}, {"seed", "--if-empty"}}},
      {"import", {{"import", "-"}, {"import", "-", "--dry-run"}}},
      {"export", {{"export", directory.File("out.ndjson")}}},
      {"diff", {{"diff", file}}},
      {"context", {{"context", "list"}}},
      {"status", {{"status", "--interval", "20ms"}}},
      {"top", {{"top", "--interval", "20ms", "--count", "2"}}},
      {"health", {{"health"}}},
      {"version", {{"version"}}},
      {"backup", {{"backup"}}},
  };
  for (const Row& row : rows) {
    ExpectDocumented(row.section, PrintedBy(row.commands, config, kSampleJson));
  }
  std::string productd = MakeProductd(directory, "a fault\\nd: 3 products, 5 bytes, 1 damaged\\n");
  ExpectDocumented("verify",
                   PrintedBy({{"verify", "--data-dir", "d", "--productd", productd}}, config, ""));
  productd = MakeProductd(directory, "d: 3 products, 5 bytes\\n");
  ExpectDocumented(
      "restore",
      PrintedBy({{"restore", "f", "--data-dir", "d", "--productd", productd}}, config, ""));
}

// The fields are those of get, without etag.
TEST(Documentation, OfAListIsThatOfGet) {
  const ScriptedServer server(FakeCatalog);
  const RunResult result =
      RunProductctl({"list", "-o", "json", "--limit", "1", "--endpoint", server.endpoint()});
  std::vector<DocumentedField> documented = DocumentedFields("get");
  ASSERT_FALSE(documented.empty());
  documented.pop_back();
  FieldReader::Fields expected;
  for (const DocumentedField& field : documented) expected.emplace_back(field.name, field.type);
  EXPECT_EQ(FieldReader(result.out.substr(0, result.out.size() - 1)).Read(), expected);
}

}  // namespace
}  // namespace products::cli
