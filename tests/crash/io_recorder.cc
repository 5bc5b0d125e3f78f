#include "tests/crash/io_recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/base/parse.h"

namespace products::crash {
namespace {

// Of system calls, not of the C library's functions: those are interposed.
void WriteAll(int descriptor, const void* bytes, std::size_t size) {
  const char* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const long written = ::syscall(SYS_write, descriptor, next, size);
    if (written <= 0) std::abort();  // a log with a hole would prove what is not so
    next += written;
    size -= static_cast<std::size_t>(written);
  }
}

bool IsLockFile(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name == "lock.mdb" || name == "productd.lock";
}

}  // namespace

IoRecorder* IoRecorder::Find() {
  // Never destroyed: files are closed after the destructors of statics have run.
  static IoRecorder* const recorder = [] {
    const char* const tree = std::getenv("PRODUCTD_IO_TREE");
    return tree == nullptr ? nullptr
                           : new IoRecorder(tree, std::getenv("PRODUCTD_IO_LOG"),
                                            std::getenv("PRODUCTD_IO_FAULT"));
  }();
  return recorder;
}

IoRecorder::IoRecorder(std::string tree, const char* log_path, const char* fault)
    : tree_(std::move(tree)) {
  if (log_path != nullptr) {
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    log_ = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, log_path, flags, 0600));
    if (log_ < 0) std::abort();
  }
  if (fault != nullptr) {
    fault_ = ParseFault(fault);
    if (!fault_) std::abort();
  }
}

std::optional<IoRecorder::Fault> IoRecorder::ParseFault(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, IoCall>, 4> kCalls = {
      {{"write", IoCall::kWrite},
       {"synchronous_write", IoCall::kSynchronousWrite},
       {"sync", IoCall::kSync},
       {"name", IoCall::kName}}};
  struct NamedVerdict {
    std::string_view name;
    IoVerdict verdict;
    int error;
  };
  static constexpr std::array<NamedVerdict, 4> kVerdicts = {{{"EIO", IoVerdict::kFailed, EIO},
                                                             {"ENOSPC", IoVerdict::kFailed, ENOSPC},
                                                             {"HALF", IoVerdict::kHalfDone, 0},
                                                             {"KILL", IoVerdict::kDeadly, 0}}};
  const std::size_t first_colon = text.find(':');
  const std::size_t last_colon = text.rfind(':');
  if (first_colon == last_colon) return std::nullopt;
  const auto number = ParseUint64(text.substr(first_colon + 1, last_colon - first_colon - 1));
  const auto call = std::find_if(kCalls.begin(), kCalls.end(), [&](const auto& named) {
    return named.first == text.substr(0, first_colon);
  });
  const auto verdict = std::find_if(kVerdicts.begin(), kVerdicts.end(), [&](const auto& named) {
    return named.name == text.substr(last_colon + 1);
  });
  if (call == kCalls.end() || verdict == kVerdicts.end() || !number) return std::nullopt;
  return Fault{call->second, *number, verdict->verdict, verdict->error};
}

std::optional<std::string> IoRecorder::InTree(int directory, const char* path) const {
  std::filesystem::path whole(path);
  if (whole.is_relative()) {
    const std::string base = directory == AT_FDCWD ? std::string("/proc/self/cwd")
                                                   : "/proc/self/fd/" + std::to_string(directory);
    std::error_code error;
    whole = std::filesystem::read_symlink(base, error) / whole;
  }
  std::string text = whole.lexically_normal().string();
  if (text.ends_with('/')) text.pop_back();
  if (text == tree_) return ".";
  if (!text.starts_with(tree_ + "/") || IsLockFile(whole)) return std::nullopt;
  return text.substr(tree_.size() + 1);
}

IoVerdict IoRecorder::Judge(IoCall call) {
  const bool is_due = fault_ && fault_->call == call && ++counted_ == fault_->number;
  return is_due ? fault_->verdict : IoVerdict::kDone;
}

void IoRecorder::Die() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

void IoRecorder::Opened(int descriptor, std::string path, int flags, bool created) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) std::abort();
  const bool is_directory = S_ISDIR(status.st_mode);
  const OpenFile file{std::move(path), status.st_ino, (flags & O_DSYNC) != 0, is_directory};
  if (file.path == kMarksFile) {
    // Its creation is not of the tree.
  } else if (created) {
    Record({.kind = IoKind::kCreate, .file = file.file, .path = file.path});
  } else if ((flags & O_TRUNC) != 0 && !is_directory) {
    Record({.kind = IoKind::kTruncate, .file = file.file, .offset = 0});
  }
  open_files_[descriptor] = file;
}

void IoRecorder::Closed(int descriptor) { open_files_.erase(descriptor); }

const IoRecorder::OpenFile* IoRecorder::FindOpen(int descriptor) const {
  const auto found = open_files_.find(descriptor);
  return found == open_files_.end() ? nullptr : &found->second;
}

void IoRecorder::Record(const IoEvent& event) {
  if (log_ < 0) return;
  IoEventHeader header{};
  header.file = event.file;
  header.offset = event.offset;
  header.bytes_size = event.bytes.size();
  header.path_size = static_cast<std::uint32_t>(event.path.size());
  header.target_size = static_cast<std::uint32_t>(event.target.size());
  header.kind = event.kind;
  header.synchronous = event.synchronous ? 1 : 0;
  std::string entry(reinterpret_cast<const char*>(&header), sizeof header);
  entry += event.path + event.target + event.bytes;
  WriteAll(log_, entry.data(), entry.size());
}

}  // namespace products::crash
