// What the goldens beside each command's own tests do not have: every form, elsewhere and at
// terminals of two widths.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

using Words = std::vector<std::string>;

TEST(Forms, OfEveryCommandElsewhereAndAtATerminal) {
  const ScriptedServer server([](const std::string& request) {
    if (!Asks(request, "POST /admin/backup")) return FakeCatalog(request);
    return JsonReply(200, R"({"file":"/backup/a.mdb","products":3,"bytes":8192,"seconds":0.5})");
  });
  const test::TempDir directory;
  const std::string productd = directory.File("productd");
  test::WriteFile(productd,
                  "#!/bin/sh\n[ $1 = --restore ] && echo \"$4: 3 products, 8192 bytes\" ||\n"
                  "echo \"$3: 3 products, 8192 bytes, 0 damaged\"\n");
  ::chmod(productd.c_str(), 0755);
  const Words commands[] = {
      {"put", "-f", "-"},
      {"seed", "--count", "6"},
      {"health"},
      {"version"},
      {"backup"},
      {"verify", "--data-dir", "d", "--productd", productd},
      {"restore", "f", "--data-dir", "d", "--productd", productd},
  };
  Transcript transcript;
  transcript.HideDirectory(directory.path());
  for (const Words& command : commands) {
    for (const std::string format : {"table", "json", "plain"}) {
      Words arguments = command;
      arguments.insert(arguments.end(), {"-o", format});
      EXPECT_EQ(transcript.Run(server.endpoint(), arguments, {.input = kSampleJson}).exit_code, 0);
    }
    for (const int columns : {80, 200}) {
      transcript.Note("at a terminal of " + std::to_string(columns) + " columns");
      EXPECT_EQ(
          transcript
              .Run(server.endpoint(), command, {.input = kSampleJson, .terminal_columns = columns})
              .exit_code,
          0);
    }
  }
  transcript.ExpectGolden("forms");
}

}  // namespace
}  // namespace products::cli
