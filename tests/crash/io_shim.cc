// A library to be preloaded: stands before the C library's calls that change files, hands them to
// the kernel, and tells the recorder what came of them. Each goes by its system call, so that this
// works under sanitizers, whose own interposition comes later in line.
//
// Stores through a map, fallocate and duplicated descriptors are not watched. What the log misses
// is seen by the test that compares the files with what the log makes of them.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

#include "tests/crash/io_recorder.h"

namespace products::crash {
namespace {

int Fail(IoRecorder& recorder, const IoEvent& fault) {
  recorder.Record(fault);
  errno = recorder.fault_error();
  return -1;
}

[[noreturn]] void Die(IoRecorder& recorder) {
  recorder.Record({.kind = IoKind::kFault});
  IoRecorder::Die();
}

int Open(int directory, const char* path, int flags, mode_t mode) {
  const auto call = [&] {
    return static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
  };
  IoRecorder* const recorder = IoRecorder::Find();
  const auto in_tree = recorder == nullptr ? std::nullopt : recorder->InTree(directory, path);
  if (!in_tree) return call();
  const std::lock_guard lock(recorder->mutex());
  const bool creates =
      (flags & O_CREAT) != 0 && ::syscall(SYS_faccessat, directory, path, F_OK) != 0;
  const IoVerdict verdict =
      creates && *in_tree != kMarksFile ? recorder->Judge(IoCall::kName) : IoVerdict::kDone;
  if (verdict == IoVerdict::kFailed) return Fail(*recorder, {.kind = IoKind::kFault});
  const int opened = call();
  if (opened >= 0) recorder->Opened(opened, *in_tree, flags, creates);
  if (verdict == IoVerdict::kDeadly) Die(*recorder);
  return opened;
}

std::string Gather(const iovec* parts, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return bytes;
}

// Without the promise of O_DSYNC, which the file's own descriptor has.
ssize_t WriteToPageCache(int descriptor, const std::string& bytes, off_t place) {
  const std::string self = "/proc/self/fd/" + std::to_string(descriptor);
  const long plain = ::syscall(SYS_openat, AT_FDCWD, self.c_str(), O_WRONLY | O_CLOEXEC);
  const long written = ::syscall(SYS_pwrite64, plain, bytes.data(), bytes.size(), place);
  ::syscall(SYS_close, plain);
  return written;
}

// To a file of the tree. `offset` is absent for a write at the descriptor's own place.
ssize_t WriteWatched(IoRecorder& recorder, int descriptor, const IoRecorder::OpenFile& file,
                     std::string bytes, std::optional<off_t> offset) {
  const bool is_mark = file.path == kMarksFile;
  const IoCall call = file.synchronous ? IoCall::kSynchronousWrite : IoCall::kWrite;
  const IoVerdict verdict = is_mark ? IoVerdict::kDone : recorder.Judge(call);
  if (verdict == IoVerdict::kFailed && !file.synchronous) {
    return Fail(recorder, {.kind = IoKind::kFault});
  }
  if (verdict == IoVerdict::kHalfDone) bytes.resize(bytes.size() / 2);
  const bool is_promised =
      file.synchronous && verdict != IoVerdict::kFailed && verdict != IoVerdict::kDeadly;
  const bool appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
  const off_t place = offset ? *offset : ::lseek(descriptor, 0, appends ? SEEK_END : SEEK_CUR);
  ssize_t written = 0;
  if (file.synchronous && !is_promised) {
    written = WriteToPageCache(descriptor, bytes, place);
  } else if (offset) {
    written = ::syscall(SYS_pwrite64, descriptor, bytes.data(), bytes.size(), place);
  } else {
    written = ::syscall(SYS_write, descriptor, bytes.data(), bytes.size());
  }
  if (written > 0) {
    bytes.resize(static_cast<std::size_t>(written));
    recorder.Record({.kind = is_mark ? IoKind::kMark : IoKind::kWrite,
                     .synchronous = is_promised,
                     .file = file.file,
                     .offset = static_cast<std::uint64_t>(place),
                     .bytes = std::move(bytes)});
  }
  switch (verdict) {
    case IoVerdict::kFailed:
      return Fail(recorder, {.kind = IoKind::kSyncFault, .file = file.file});
    case IoVerdict::kDeadly:
      Die(recorder);
    case IoVerdict::kHalfDone:
      recorder.Record({.kind = IoKind::kFault});
      break;
    case IoVerdict::kDone:
      break;
  }
  return written;
}

ssize_t Write(int descriptor, const iovec* parts, int count, std::optional<off_t> offset) {
  IoRecorder* const recorder = IoRecorder::Find();
  if (recorder != nullptr) {
    const std::lock_guard lock(recorder->mutex());
    const IoRecorder::OpenFile* const file = recorder->FindOpen(descriptor);
    if (file != nullptr) {
      return WriteWatched(*recorder, descriptor, *file, Gather(parts, count), offset);
    }
  }
  return offset ? ::syscall(SYS_pwritev, descriptor, parts, count, *offset, 0)
                : ::syscall(SYS_writev, descriptor, parts, count);
}

ssize_t WriteOne(int descriptor, const void* bytes, std::size_t size, std::optional<off_t> offset) {
  const iovec part{const_cast<void*>(bytes), size};
  return Write(descriptor, &part, 1, offset);
}

int Sync(int descriptor, long call) {
  IoRecorder* const recorder = IoRecorder::Find();
  if (recorder == nullptr) return static_cast<int>(::syscall(call, descriptor));
  const std::lock_guard lock(recorder->mutex());
  const IoRecorder::OpenFile* const file = recorder->FindOpen(descriptor);
  if (file == nullptr) return static_cast<int>(::syscall(call, descriptor));
  const IoVerdict verdict = recorder->Judge(IoCall::kSync);
  if (verdict == IoVerdict::kDeadly) Die(*recorder);
  if (verdict == IoVerdict::kFailed) {
    return Fail(*recorder, {.kind = IoKind::kSyncFault, .file = file->file});
  }
  const int outcome = static_cast<int>(::syscall(call, descriptor));
  if (outcome == 0) {
    recorder->Record({.kind = file->is_directory ? IoKind::kSyncDirectory : IoKind::kSync,
                      .file = file->file,
                      .path = file->is_directory ? file->path : std::string()});
  }
  return outcome;
}

int Truncate(int descriptor, off_t size) {
  IoRecorder* const recorder = IoRecorder::Find();
  if (recorder == nullptr) return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
  const std::lock_guard lock(recorder->mutex());
  const IoRecorder::OpenFile* const file = recorder->FindOpen(descriptor);
  const int outcome = static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
  if (outcome == 0 && file != nullptr) {
    recorder->Record({.kind = IoKind::kTruncate,
                      .file = file->file,
                      .offset = static_cast<std::uint64_t>(size)});
  }
  return outcome;
}

// A change of names: `call` does it, and `target` is empty where there is but one.
template <typename Call>
int ChangeNames(IoKind kind, int directory, const char* path, int target_directory,
                const char* target, Call call) {
  IoRecorder* const recorder = IoRecorder::Find();
  const auto in_tree = recorder == nullptr ? std::nullopt : recorder->InTree(directory, path);
  if (!in_tree) return static_cast<int>(call());
  const std::lock_guard lock(recorder->mutex());
  const IoVerdict verdict = recorder->Judge(IoCall::kName);
  if (verdict == IoVerdict::kFailed) return Fail(*recorder, {.kind = IoKind::kFault});
  const int outcome = static_cast<int>(call());
  if (outcome == 0) {
    std::string target_in_tree;
    if (target != nullptr) {
      target_in_tree = recorder->InTree(target_directory, target).value_or("");
    }
    recorder->Record({.kind = kind, .path = *in_tree, .target = target_in_tree});
  }
  if (verdict == IoVerdict::kDeadly) Die(*recorder);
  return outcome;
}

}  // namespace
}  // namespace products::crash

using products::crash::ChangeNames;
using products::crash::IoKind;
using products::crash::IoRecorder;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return products::crash::Open(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return products::crash::Open(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return products::crash::Open(directory, path, flags, mode);
}

int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return products::crash::Open(directory, path, flags, mode);
}

int creat(const char* path, mode_t mode) {
  return products::crash::Open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int descriptor) {
  IoRecorder* const recorder = IoRecorder::Find();
  if (recorder == nullptr) return static_cast<int>(::syscall(SYS_close, descriptor));
  const std::lock_guard lock(recorder->mutex());
  recorder->Closed(descriptor);
  return static_cast<int>(::syscall(SYS_close, descriptor));
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  return products::crash::WriteOne(descriptor, bytes, size, std::nullopt);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  return products::crash::WriteOne(descriptor, bytes, size, offset);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off_t offset) {
  return products::crash::WriteOne(descriptor, bytes, size, offset);
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  return products::crash::Write(descriptor, parts, count, std::nullopt);
}

ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t offset) {
  return products::crash::Write(descriptor, parts, count, offset);
}

ssize_t pwritev64(int descriptor, const iovec* parts, int count, off_t offset) {
  return products::crash::Write(descriptor, parts, count, offset);
}

int fsync(int descriptor) { return products::crash::Sync(descriptor, SYS_fsync); }

int fdatasync(int descriptor) { return products::crash::Sync(descriptor, SYS_fdatasync); }

int ftruncate(int descriptor, off_t size) noexcept {
  return products::crash::Truncate(descriptor, size);
}

int ftruncate64(int descriptor, off_t size) noexcept {
  return products::crash::Truncate(descriptor, size);
}

int mkdir(const char* path, mode_t mode) noexcept {
  return ChangeNames(IoKind::kMakeDirectory, AT_FDCWD, path, AT_FDCWD, nullptr,
                     [&] { return ::syscall(SYS_mkdirat, AT_FDCWD, path, mode); });
}

int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  return ChangeNames(IoKind::kMakeDirectory, directory, path, AT_FDCWD, nullptr,
                     [&] { return ::syscall(SYS_mkdirat, directory, path, mode); });
}

int rename(const char* path, const char* target) noexcept {
  return ChangeNames(IoKind::kRename, AT_FDCWD, path, AT_FDCWD, target,
                     [&] { return ::syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, target, 0); });
}

int renameat(int directory, const char* path, int target_directory, const char* target) noexcept {
  return ChangeNames(IoKind::kRename, directory, path, target_directory, target, [&] {
    return ::syscall(SYS_renameat2, directory, path, target_directory, target, 0);
  });
}

int link(const char* path, const char* target) noexcept {
  return ChangeNames(IoKind::kLink, AT_FDCWD, path, AT_FDCWD, target,
                     [&] { return ::syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, target, 0); });
}

int unlink(const char* path) noexcept {
  return ChangeNames(IoKind::kUnlink, AT_FDCWD, path, AT_FDCWD, nullptr,
                     [&] { return ::syscall(SYS_unlinkat, AT_FDCWD, path, 0); });
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  return ChangeNames(IoKind::kUnlink, directory, path, AT_FDCWD, nullptr,
                     [&] { return ::syscall(SYS_unlinkat, directory, path, flags); });
}

int rmdir(const char* path) noexcept {
  return ChangeNames(IoKind::kUnlink, AT_FDCWD, path, AT_FDCWD, nullptr,
                     [&] { return ::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR); });
}

}  // extern "C"
