// recorded_program TREE COMMITS: opens an LMDB engine in TREE/data and makes those of the first
// COMMITS commits of the script that are not there. What it finds, what it begins and what is
// acknowledged it marks in the log of calls (io_shim). A commit that is kOverloaded is tried once
// more, as a client does.
//
// Exit status: 0 done; 3 the engine did not open; 4 it did not load; 5 a commit failed for good.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/parse.h"
#include "tests/crash/change_script.h"
#include "tests/crash/io_log.h"
#include "tests/crash/recording.h"

namespace products::crash {
namespace {

class Marks {
 public:
  explicit Marks(const std::string& tree)
      : file_(::open((tree + "/" + kMarksFile).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                     0600)) {}
  ~Marks() { ::close(file_); }
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;

  void Add(std::string_view mark) const {
    if (::write(file_, mark.data(), mark.size()) < 0) std::perror("mark");
  }

 private:
  const int file_;
};

int Explain(int exit_code, const Error& error) {
  std::fprintf(stderr, "%s: %s: %s\n", std::string(ErrorCodeName(error.code)).c_str(),
               error.message.c_str(), error.detail.c_str());
  return exit_code;
}

// How many commits of the script make `catalogue`; absent when it is none of theirs.
std::optional<std::size_t> FindOrigin(const Catalogue& catalogue,
                                      const std::vector<ScriptedBatch>& script) {
  Catalogue made;
  for (std::size_t commits = 0; commits < script.size(); ++commits) {
    if (made == catalogue) return commits;
    Apply(script[commits], made);
  }
  return made == catalogue ? std::optional(script.size()) : std::nullopt;
}

int Run(const std::string& tree, std::size_t commits) {
  const Marks marks(tree);
  const std::vector<ScriptedBatch> script = MakeScript();
  std::unique_ptr<Engine> engine;
  for (std::size_t next = 0; next < std::min(commits, script.size()); ++next) {
    if (engine == nullptr || ReopensBefore(next)) {
      engine.reset();  // one engine a directory
      auto opened = OpenEngineUnderTest(tree);
      if (!opened.ok()) return Explain(3, opened.error());
      engine = std::move(*opened);
      const Result<Catalogue> loaded = LoadCatalogue(*engine);
      if (!loaded.ok()) return Explain(4, loaded.error());
      const auto origin = FindOrigin(*loaded, script);
      if (!origin) return Explain(4, {ErrorCode::kInternal, "a catalogue of no commit", {}});
      marks.Add(OpenedMark(*origin));
      next = *origin;
    }
    const auto store = [&engine, &batch = script[next], is_first = next == 0] {
      return is_first ? engine->Fill(MakeRuns(batch)) : engine->Commit(MakeChanges(batch)).status();
    };
    marks.Add(kBegunMark);
    Status outcome = store();
    if (!outcome.ok() && outcome.error().code == ErrorCode::kOverloaded) outcome = store();
    if (!outcome.ok()) return Explain(5, outcome.error());
    marks.Add(kAcknowledgedMark);
  }
  return 0;
}

}  // namespace
}  // namespace products::crash

int main(int argc, char** argv) {
  const auto commits = argc == 3 ? products::ParseUint64(argv[2]) : std::nullopt;
  return commits ? products::crash::Run(argv[1], *commits) : 2;
}
