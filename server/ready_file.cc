#include "server/ready_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace products {
namespace {

Status CannotWrite(const std::string& path, int error) {
  return ErrnoError(ErrorCode::kInvalidArgument, "--ready-file: cannot write " + path, error);
}

}  // namespace

ReadyFile::~ReadyFile() {
  if (prepared_) ::unlink(Beside().c_str());
}

Status ReadyFile::Prepare() {
  if (path_.empty()) return {};
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return CannotWrite(path_, errno);
  const int file = ::open(Beside().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return CannotWrite(path_, errno);
  ::close(file);
  prepared_ = true;
  return {};
}

Status ReadyFile::Publish(const std::string& text) {
  if (!prepared_) return {};
  const int file = ::open(Beside().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  int error = errno;
  if (file >= 0) ::close(file);
  if (written && std::rename(Beside().c_str(), path_.c_str()) == 0) {
    prepared_ = false;
    return {};
  }
  if (written) error = errno;
  return CannotWrite(path_, error);
}

}  // namespace products
