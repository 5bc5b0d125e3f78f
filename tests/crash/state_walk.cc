#include "tests/crash/state_walk.h"

#include <stdexcept>

#include "tests/crash/recording.h"

namespace products::crash {
namespace {

const char* NameOf(IoKind kind) {
  switch (kind) {
    case IoKind::kCreate:
      return "creation";
    case IoKind::kWrite:
      return "write";
    case IoKind::kTruncate:
      return "truncation";
    case IoKind::kSync:
      return "sync";
    case IoKind::kMakeDirectory:
      return "mkdir";
    case IoKind::kSyncDirectory:
      return "sync of directory";
    case IoKind::kRename:
      return "rename";
    case IoKind::kLink:
      return "link";
    case IoKind::kUnlink:
      return "unlink";
    case IoKind::kMark:
      return "mark";
    case IoKind::kFault:
      return "fault";
    case IoKind::kSyncFault:
      return "failed sync";
  }
  return "?";
}

std::string Describe(const IoEvent& event) {
  std::string text = event.synchronous ? "synchronous " : "";
  text += std::string(NameOf(event.kind)) + " " + event.path + " " + event.target;
  if (event.kind == IoKind::kMark) return text + event.bytes.substr(0, event.bytes.size() - 1);
  if (!event.bytes.empty()) {
    text +=
        "of " + std::to_string(event.bytes.size()) + " bytes at " + std::to_string(event.offset);
  }
  return text;
}

}  // namespace

StateWalk::StateWalk(const std::vector<IoEvent>& events, const std::vector<ScriptedBatch>& script,
                     const SyncRules& rules, const StateSelection& selection)
    : events_(events),
      script_(script),
      selection_(selection),
      model_(rules),
      random_(selection.seed) {}

void StateWalk::Run(const Visit& visit) {
  visit_ = &visit;
  StopBetween();
  for (call_ = 0; call_ < events_.size() && !ended_; ++call_) {
    const IoEvent& event = events_[call_];
    const bool is_point = call_ < selection_.first_points || call_ % selection_.point_distance == 0;
    if (event.kind == IoKind::kMark) {
      OnMark(event);
      StopBetween();
      continue;
    }
    model_.Begin(event);
    if (is_point) StopDuring(event);
    const bool promises = model_.Finish(event);
    if (is_point && promises) StopBetween();
  }
  StopBetween();
}

void StateWalk::StopDuring(const IoEvent& event) {
  VisitState(model_.Everything(), "everything survives");
  if (model_.pending_writes() + model_.pending_names() > 1) {
    for (std::size_t i = 0; i < selection_.subsets; ++i) {
      VisitState(RandomSubset(), "a random subset survives");
    }
  }
  if (event.kind == IoKind::kWrite) {
    Survivors last = model_.Nothing();
    last.writes.back() = true;
    last.names = model_.pending_names();
    VisitState(last, "of the writes the last alone survives");
    StopWithTears();
  }
  // Names reach the disk in order, whatever becomes of the contents.
  if (model_.pending_names() == 0) return;
  for (std::size_t names = 0; names <= model_.pending_names(); ++names) {
    Survivors survivors = model_.Everything();
    survivors.names = names;
    VisitState(survivors, "all writes survive, not all names");
    survivors = model_.Nothing();
    survivors.names = names;
    VisitState(survivors, "no write survives, some names do");
  }
}

void StateWalk::StopBetween() {
  VisitState(model_.Nothing(), "nothing pending survives");
  if (model_.pending_writes() > 0) VisitState(model_.Everything(), "everything survives");
}

void StateWalk::StopWithTears() {
  const std::size_t last = model_.pending_writes() - 1;
  for (std::size_t i = 0; i < selection_.tears; ++i) {
    // With all that came before it, or with some of it.
    Survivors survivors = i % 2 == 0 ? model_.Everything() : RandomSubset();
    survivors.writes[last] = true;
    survivors.torn_write = last;
    survivors.tear_seed = static_cast<std::uint32_t>(random_());
    VisitState(survivors, "the last write is torn");
  }
}

Survivors StateWalk::RandomSubset() {
  Survivors survivors = model_.Nothing();
  // From nearly nothing to nearly everything: in the middle alone, a lone loss would be rare.
  const std::uint32_t chance = 1 + static_cast<std::uint32_t>(random_()) % 15;
  for (std::size_t i = 0; i < survivors.writes.size(); ++i) {
    survivors.writes[i] = random_() % 16 < chance;
  }
  survivors.names = random_() % (model_.pending_names() + 1);
  return survivors;
}

void StateWalk::OnMark(const IoEvent& mark) {
  if (mark.bytes == kBegunMark) {
    Apply(script_.at(begun_++), begun_catalogue_);
  } else if (mark.bytes == kAcknowledgedMark || mark.bytes == OpenedMark(begun_)) {
    acknowledged_ = begun_;
    acknowledged_catalogue_ = begun_catalogue_;
  } else if (mark.bytes == OpenedMark(acknowledged_)) {
    begun_ = acknowledged_;
    begun_catalogue_ = acknowledged_catalogue_;
  } else {
    throw std::runtime_error("with " + std::to_string(acknowledged_) + " acknowledged and " +
                             std::to_string(begun_) + " begun, the mark " + mark.bytes);
  }
}

void StateWalk::VisitState(const Survivors& survivors, const char* what) {
  if (ended_) return;
  const std::size_t number = visited_++;
  const auto describe = [this, number, what] {
    const std::string place =
        call_ < events_.size() ? Describe(events_[call_]) : std::string("the end");
    return "state " + std::to_string(number) + ", " + std::to_string(acknowledged_) +
           " commits acknowledged and " + std::to_string(begun_) + " begun, at call " +
           std::to_string(call_) + " (" + place + "), " + what;
  };
  ended_ =
      !(*visit_)({number, model_, survivors, describe, acknowledged_catalogue_, begun_catalogue_});
}

}  // namespace products::crash
