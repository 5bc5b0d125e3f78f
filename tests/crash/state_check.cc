#include "tests/crash/state_check.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/crash/recording.h"
#include "tests/support/temp_dir.h"

namespace products::crash {
namespace {

// The commit of the script whose catalogue this is, or that it is of none.
std::string OriginOf(const Catalogue& found) {
  Catalogue catalogue;
  std::size_t commits = 0;
  for (const ScriptedBatch& batch : MakeScript()) {
    if (catalogue == found) break;
    Apply(batch, catalogue);
    ++commits;
  }
  return catalogue == found ? "that of " + std::to_string(commits) + " commits" : "of no commit";
}

// Empty when the engine has survived; else what it lost.
std::string FaultOf(const PossibleState& state, const std::string& tree) {
  WriteState(state.model.After(state.survivors), tree);
  std::unique_ptr<Engine> engine;
  const Result<Catalogue> found = OpenAndLoad(tree, engine);
  if (!found.ok()) return TextOf(found.error());
  if (*found != state.acknowledged_catalogue && *found != state.begun_catalogue) {
    return "the catalogue is " + OriginOf(*found);
  }

  // One more commit, that takes away a product and adds one.
  ScriptedBatch next = {{kMaxProductId, "after the crash\n"}};
  if (!found->empty()) next.insert(next.begin(), {found->begin()->first, std::nullopt});
  const Status committed = engine->Commit(MakeChanges(next)).status();
  if (!committed.ok()) return "the next commit: " + TextOf(committed.error());
  Catalogue expected = *found;
  Apply(next, expected);
  const Result<Catalogue> again = OpenAndLoad(tree, engine);
  if (!again.ok()) return "after the next commit: " + TextOf(again.error());
  return *again == expected ? "" : "the next commit is lost";
}

}  // namespace

std::string TextOf(const Error& error) {
  return std::string(ErrorCodeName(error.code)) + ": " + error.message + ": " + error.detail;
}

void WriteState(const DiskState& state, const std::string& tree) {
  std::filesystem::remove_all(tree);
  std::filesystem::create_directory(tree);
  for (const auto& [path, content] : state) {
    const std::string whole = tree + "/" + path;
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path());
    std::ofstream file(whole, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!file.flush()) throw std::runtime_error("no room for a state: " + whole);
  }
}

Result<Catalogue> OpenAndLoad(const std::string& tree, std::unique_ptr<Engine>& engine) {
  engine.reset();
  auto opened = OpenEngineUnderTest(tree);
  if (!opened.ok()) return opened.error();
  engine = std::move(*opened);
  return LoadCatalogue(*engine);
}

CheckSummary CheckStates(const std::vector<IoEvent>& events, const SyncRules& rules,
                         const StateSelection& selection, std::size_t max_findings) {
  const std::vector<ScriptedBatch> script = MakeScript();
  return RunIsolated(max_findings, [&](CheckReport& report) {
    const test::TempDir directory("/dev/shm");
    StateWalk walk(events, script, rules, selection);
    walk.Run([&](const PossibleState& state) {
      if (!report.Begins(state.number)) return true;
      const std::string fault = FaultOf(state, directory.File("tree"));
      return fault.empty() || report.Found(state.describe() + ": " + fault);
    });
  });
}

}  // namespace products::crash
