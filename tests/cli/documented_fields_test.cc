#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

// "name type", in order.
using Fields = std::vector<std::string>;

// The rows of the first table of fields below "## <command>" in docs/productctl.md.
Fields DocumentedFields(const std::string& command) {
  std::istringstream document(test::ReadFile(DOCUMENT));
  const std::regex row("^\\| `([a-z_]+)` \\| ([a-z]+) \\|.*");
  Fields fields;
  bool is_section = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) is_section = line == "## " + command;
    std::smatch match;
    if (is_section && std::regex_match(line, match, row)) {
      fields.push_back(match[1].str() + " " + match[2].str());
    }
  }
  return fields;
}

// Of one flat object whose texts hold no quotes before a colon.
Fields PrintedFields(const std::string& json) {
  const std::regex member("\"([a-z_]+)\":(.)");
  Fields fields;
  for (std::sregex_iterator at(json.begin(), json.end(), member), end; at != end; ++at) {
    const char first = (*at)[2].str()[0];
    const std::string type = first == '"'                   ? "string"
                             : first == 't' || first == 'f' ? "boolean"
                                                            : "integer";
    fields.push_back((*at)[1].str() + " " + type);
  }
  return fields;
}

TEST(Documentation, OfTheJsonFieldsIsWhatTheCommandsPrint) {
  const ScriptedServer server(FakeCatalog);
  const test::TempDir directory;
  const std::string config = directory.File("config.yaml");
  test::WriteFile(config, "contexts: {a: {endpoint: \"" + server.endpoint() + "\"}}\n");
  struct Row {
    std::string section;
    std::vector<std::string> arguments;
  };
  const Row rows[] = {
      {"get", {"get", "1", "--etag"}},  {"put", {"put", "-f", "-"}},
      {"delete", {"delete", "1"}},      {"delete", {"delete", "1", "2"}},
      {"context", {"context", "list"}},
  };
  for (const Row& row : rows) {
    std::vector<std::string> arguments = row.arguments;
    arguments.insert(arguments.end(),
                     {"-o", "json", "--config", config, "--endpoint", server.endpoint()});
    const RunResult result = RunProductctl(arguments, {.input = kSampleJson});
    EXPECT_EQ(result.exit_code, 0) << row.section << result.err;
    EXPECT_EQ(PrintedFields(result.out), DocumentedFields(row.section)) << row.section;
  }
}

}  // namespace
}  // namespace products::cli
