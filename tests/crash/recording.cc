#include "tests/crash/recording.h"

#include <algorithm>

#include "server/storage/lmdb_engine.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace products::crash {
namespace {

constexpr std::uint64_t kMaxDataBytes = 16 * 1024 * 1024;

}  // namespace

Result<std::unique_ptr<Engine>> OpenEngineUnderTest(const std::string& tree) {
  return OpenLmdbEngine({.directory = tree + "/data", .max_data_bytes = kMaxDataBytes});
}

std::string OpenedMark(std::size_t commits) {
  return "opened with " + std::to_string(commits) + "\n";
}

std::size_t Recording::Count(const char* mark) const {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(),
      [mark](const IoEvent& event) { return event.kind == IoKind::kMark && event.bytes == mark; }));
}

bool Recording::HasFault() const {
  return std::any_of(events.begin(), events.end(), [](const IoEvent& event) {
    return event.kind == IoKind::kFault || event.kind == IoKind::kSyncFault;
  });
}

Recording Record(const std::string& tree, std::size_t commits, const std::string& fault) {
  const test::TempDir elsewhere;
  const std::string log = elsewhere.File("log");
  const std::vector<std::string> arguments = {tree, std::to_string(commits)};
  test::RunOptions options;
  options.environment = {
      {"LD_PRELOAD", IO_SHIM}, {"PRODUCTD_IO_TREE", tree}, {"PRODUCTD_IO_LOG", log}};
  if (!fault.empty()) options.environment["PRODUCTD_IO_FAULT"] = fault;
  test::RunResult run = test::RunToEnd(RECORDED_PROGRAM, arguments, options);
  Recording recording{{run.exit_code}, run.err, {}};
  if (!fault.empty() && run.exit_code != 0) {
    options.environment.erase("PRODUCTD_IO_FAULT");
    run = test::RunToEnd(RECORDED_PROGRAM, arguments, options);
    recording.exit_codes.push_back(run.exit_code);
    recording.err += run.err;
  }
  recording.events = ReadIoLog(log);
  return recording;
}

}  // namespace products::crash
