#include "server/storage/durable_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace products {

Status SyncDirectory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (synced) return {};
  return ErrnoError(ErrorCode::kUnavailable, "cannot sync directory " + directory, error);
}

std::string ParentDirectory(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "." : "/";
  const std::size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status RenameDurably(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return ErrnoError(ErrorCode::kUnavailable, "cannot rename " + from + " to " + to, errno);
  }
  return SyncDirectory(ParentDirectory(to));
}

TemporaryFile::TemporaryFile(std::string path) : path_(std::move(path)) {
  ::unlink(path_.c_str());  // what a process that was killed has left
}

TemporaryFile::~TemporaryFile() {
  if (!renamed_) ::unlink(path_.c_str());
}

Status TemporaryFile::RenameTo(const std::string& name) {
  renamed_ = true;  // even when that fails midway: it may have the name by now
  return RenameDurably(path_, name);
}

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) return ErrnoError(ErrorCode::kUnavailable, "cannot open " + file, errno);
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return ErrnoError(ErrorCode::kUnavailable, "cannot lock " + file, errno);
    }
    std::array<char, 32> pid{};
    const ssize_t length = ::pread(descriptor, pid.data(), pid.size(), 0);
    std::string holder(pid.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    holder = holder.substr(0, holder.find('\n'));
    return Error{ErrorCode::kUnavailable,
                 ParentDirectory(file) + " is in use by process " +
                     (holder.empty() ? std::string("unknown") : holder),
                 {}};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only for the message above: no failure of it is one of the lock.
  if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, pid.data(), pid.size(), 0);
  return lock;
}

DirectoryLock::~DirectoryLock() { ::close(descriptor_); }

}  // namespace products
