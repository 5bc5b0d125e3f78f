#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "server/storage/engine.h"
#include "tests/crash/change_script.h"
#include "tests/crash/disk_model.h"
#include "tests/crash/io_log.h"
#include "tests/crash/isolated_checks.h"
#include "tests/crash/state_walk.h"

namespace products::crash {

/// "unavailable: message: detail".
std::string TextOf(const Error& error);

/// Makes the directory `tree` hold `state` and nothing else.
void WriteState(const DiskState& state, const std::string& tree);

/// Closes `engine`, and opens the one in `tree`.
Result<Catalogue> OpenAndLoad(const std::string& tree, std::unique_ptr<Engine>& engine);

/// Opens each selected state of the recorded script with the real engine: it must load, hold all
/// acknowledged commits and each commit whole or not at all, and take one more.
CheckSummary CheckStates(const std::vector<IoEvent>& events, const SyncRules& rules,
                         const StateSelection& selection, std::size_t max_findings = 20);

}  // namespace products::crash
