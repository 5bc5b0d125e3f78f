#include "tests/crash/disk_model.h"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace products::crash {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void Put(std::string& content, std::uint64_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  content.replace(offset, bytes.size(), bytes);
}

}  // namespace

void DiskModel::Begin(const IoEvent& event) {
  switch (event.kind) {
    case IoKind::kWrite:
    case IoKind::kTruncate:
      writes_.push_back({.file = files_.at(event.file),
                         .offset = event.offset,
                         .bytes = event.bytes,
                         .truncates = event.kind == IoKind::kTruncate});
      break;
    case IoKind::kCreate:
      files_[event.file] = std::make_shared<File>();
      names_.push_back({event.kind, event.path, {}, files_[event.file]});
      Apply(names_.back(), current_names_);
      break;
    case IoKind::kRename:
    case IoKind::kLink:
      names_.push_back({event.kind, event.path, event.target, current_names_.at(event.path)});
      if (names_.back().file == nullptr) throw std::logic_error("a renamed directory");
      Apply(names_.back(), current_names_);
      break;
    case IoKind::kMakeDirectory:
    case IoKind::kUnlink:
      names_.push_back({event.kind, event.path, {}, nullptr});
      Apply(names_.back(), current_names_);
      break;
    case IoKind::kSyncFault:
      for (PendingWrite& write : writes_) {
        if (write.file == files_[event.file] && !write.is_durable) write.is_forsaken = true;
      }
      break;
    case IoKind::kSync:
    case IoKind::kSyncDirectory:
    case IoKind::kMark:
    case IoKind::kFault:
      break;
  }
}

bool DiskModel::Finish(const IoEvent& event) {
  if (event.kind == IoKind::kSync && rules_.file_syncs) return SettleFile(files_.at(event.file));
  if (event.kind == IoKind::kSyncDirectory && rules_.directory_syncs) {
    return SettleDirectory(event.path);
  }
  if (event.kind == IoKind::kWrite && event.synchronous && rules_.synchronous_writes) {
    writes_.back().is_durable = true;
    FoldDurable(FilePtr(writes_.back().file));
    return true;
  }
  return false;
}

bool DiskModel::SettleFile(const FilePtr& file) {
  bool promises = false;
  for (PendingWrite& write : writes_) {
    if (write.file != file || write.is_durable || write.is_forsaken) continue;
    write.is_durable = true;
    promises = true;
  }
  FoldDurable(file);
  return promises;
}

// Up to the first write that is not durable: those behind it must come over it.
void DiskModel::FoldDurable(const FilePtr& file) {
  std::vector<PendingWrite> left;
  bool in_front = true;
  for (PendingWrite& write : writes_) {
    in_front = in_front && (write.file != file || write.is_durable);
    if (write.file == file && in_front) {
      Apply(write, file->durable);
    } else {
      left.push_back(std::move(write));
    }
  }
  writes_ = std::move(left);
}

bool DiskModel::SettleDirectory(const std::string& path) {
  const std::size_t before = names_.size();
  std::vector<PendingName> left;
  for (PendingName& change : names_) {
    const bool is_here = DirectoryOf(change.path) == path ||
                         (!change.target.empty() && DirectoryOf(change.target) == path);
    if (is_here) {
      Apply(change, durable_names_);
    } else {
      left.push_back(std::move(change));
    }
  }
  names_ = std::move(left);
  return names_.size() < before;
}

Survivors DiskModel::Everything() const {
  return {.writes = std::vector<bool>(writes_.size(), true), .names = names_.size()};
}

Survivors DiskModel::Nothing() const {
  return {.writes = std::vector<bool>(writes_.size(), false)};
}

DiskState DiskModel::After(const Survivors& survivors) const {
  Names names = durable_names_;
  for (std::size_t i = 0; i < survivors.names; ++i) Apply(names_[i], names);
  DiskState state;
  for (const auto& [path, file] : names) {
    if (file == nullptr) continue;  // a directory
    // Without the name of its directory a file is not to be found.
    bool reachable = true;
    for (std::string up = DirectoryOf(path); up != "."; up = DirectoryOf(up)) {
      reachable = reachable && names.contains(up);
    }
    if (!reachable) continue;
    std::string content = file->durable;
    for (std::size_t i = 0; i < writes_.size(); ++i) {
      const PendingWrite& write = writes_[i];
      if (write.file != file || (!write.is_durable && !survivors.writes[i])) continue;
      if (survivors.torn_write == i && !write.is_durable) {
        ApplyTorn(write, survivors.tear_seed, content);
      } else {
        Apply(write, content);
      }
    }
    state[path] = std::move(content);
  }
  return state;
}

void DiskModel::Apply(const PendingName& change, Names& names) {
  switch (change.kind) {
    case IoKind::kCreate:
    case IoKind::kMakeDirectory:
      names[change.path] = change.file;
      break;
    case IoKind::kUnlink:
      names.erase(change.path);
      break;
    case IoKind::kLink:
    case IoKind::kRename:
      names[change.target] = change.file;
      if (change.kind == IoKind::kRename) names.erase(change.path);
      break;
    default:
      throw std::logic_error("not a change of names");
  }
}

void DiskModel::Apply(const PendingWrite& write, std::string& content) {
  if (write.truncates) {
    content.resize(write.offset);
  } else {
    Put(content, write.offset, write.bytes);
  }
}

void DiskModel::ApplyTorn(const PendingWrite& write, std::uint32_t seed, std::string& content) {
  if (write.truncates) return Apply(write, content);
  std::mt19937 random(seed);
  const std::string_view bytes = write.bytes;
  for (std::uint64_t done = 0; done < bytes.size();) {
    const std::uint64_t place = write.offset + done;
    const std::uint64_t size =
        std::min<std::uint64_t>(kSectorBytes - place % kSectorBytes, bytes.size() - done);
    if (random() % 2 == 0) Put(content, place, bytes.substr(done, size));
    done += size;
  }
}

}  // namespace products::crash
