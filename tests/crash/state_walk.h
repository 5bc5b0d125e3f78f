#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/change_script.h"
#include "tests/crash/disk_model.h"
#include "tests/crash/io_log.h"

namespace products::crash {

/// How many of the possible states are visited.
struct StateSelection {
  /// Every so many-th call is a point where the power is cut, and each of the first ones: a fresh
  /// directory is like nothing that comes later.
  std::size_t point_distance = 1;
  std::size_t first_points = 100;
  std::size_t subsets = 0;  ///< random ones, a point
  std::size_t tears = 0;    ///< random ones, a point within a write
  std::uint32_t seed = 1;
};

/// One state in which a power cut may leave the disk.
struct PossibleState {
  std::size_t number;
  const DiskModel& model;
  const Survivors& survivors;
  /// How it came to be, for a finding.
  std::function<std::string()> describe;
  /// What may be there: all acknowledged commits, and perhaps the one begun.
  const Catalogue& acknowledged_catalogue;
  const Catalogue& begun_catalogue;
};

/// Goes through a recording and stops at the calls: during each, when nothing is yet promised, and
/// after each that promises. At each stop the pending writes all survive, or none, or a random
/// subset, or the last one alone, or the last one torn. Two walks of the same arguments are alike,
/// so a state has a number.
class StateWalk {
 public:
  /// Ends the walk by false.
  using Visit = std::function<bool(const PossibleState&)>;

  /// Both must outlive the walk.
  StateWalk(const std::vector<IoEvent>& events, const std::vector<ScriptedBatch>& script,
            const SyncRules& rules, const StateSelection& selection);

  void Run(const Visit& visit);

 private:
  void StopDuring(const IoEvent& event);
  void StopBetween();
  void StopWithTears();
  void VisitState(const Survivors& survivors, const char* what);
  void OnMark(const IoEvent& mark);
  Survivors RandomSubset();

  const std::vector<IoEvent>& events_;
  const std::vector<ScriptedBatch>& script_;
  const StateSelection selection_;
  DiskModel model_;
  std::mt19937 random_;
  const Visit* visit_ = nullptr;
  bool ended_ = false;
  std::size_t call_ = 0;
  std::size_t visited_ = 0;
  std::size_t acknowledged_ = 0;
  std::size_t begun_ = 0;
  Catalogue acknowledged_catalogue_;
  Catalogue begun_catalogue_;
};

}  // namespace products::crash
