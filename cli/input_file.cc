#include "cli/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/file_kind.h"
#include "cli/gzip.h"

namespace products::cli {
namespace {

constexpr std::size_t kRawBytes = std::size_t{256} * 1024;
constexpr std::size_t kHeadBytes = std::size_t{64} * 1024;

}  // namespace

InputFile::InputFile(std::string name, int descriptor, int wake_descriptor)
    : name_(std::move(name)), descriptor_(descriptor), wake_descriptor_(wake_descriptor) {}

InputFile::~InputFile() { ::close(descriptor_); }

Result<std::unique_ptr<InputFile>> InputFile::Open(const std::string& path, int wake_descriptor) {
  const std::string name = InputName(path);
  const int descriptor = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                     : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name, errno);
  }
  std::unique_ptr<InputFile> file(new InputFile(name, descriptor, wake_descriptor));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) {
    return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name, EISDIR);
  }
  if (S_ISREG(status.st_mode)) {
    file->size_ = static_cast<std::uint64_t>(status.st_size);
    file->modified_ns_ =
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  }
  return file;
}

Result<std::size_t> InputFile::ReadRaw(char* out, std::size_t capacity) {
  while (true) {
    if (may_wait() && wake_descriptor_ >= 0) {
      std::array<pollfd, 2> ready = {{{descriptor_, POLLIN, 0}, {wake_descriptor_, POLLIN, 0}}};
      if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) {
        return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name_, errno);
      }
      if (ready[1].revents != 0) return Error{ErrorCode::kUnavailable, "interrupted", {}};
      if (ready[0].revents == 0) continue;
    }
    const ssize_t count = ::read(descriptor_, out, capacity);
    if (count >= 0) {
      bytes_read_ += static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
    if (errno == EINTR) continue;
    return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name_, errno);
  }
}

Result<std::size_t> InputFile::Read(char* out, std::size_t capacity) {
  if (head_was_seen_ && decoder_ == nullptr && raw_left_.empty()) return ReadRaw(out, capacity);
  while (true) {
    bool is_at_end = false;
    const bool has_pending = decoder_ != nullptr && decoder_->HasPendingOutput();
    if (!head_was_seen_ || (raw_left_.empty() && !has_pending)) {
      // Two bytes tell gzip, and a pipe may give them one at a time.
      const std::size_t kept = raw_left_.size();
      raw_.resize(kRawBytes);
      const Result<std::size_t> count = ReadRaw(raw_.data() + kept, raw_.size() - kept);
      if (!count.ok()) return count.error();
      raw_left_ = std::string_view(raw_).substr(0, kept + *count);
      is_at_end = *count == 0;
    }
    if (!head_was_seen_) {
      if (raw_left_.size() < 2 && !is_at_end) continue;
      head_was_seen_ = true;
      if (IsGzip(raw_left_)) decoder_ = std::make_unique<GzipDecoder>();
    }
    if (decoder_ == nullptr) {
      const std::size_t count = std::min(capacity, raw_left_.size());
      std::memcpy(out, raw_left_.data(), count);
      raw_left_.remove_prefix(count);
      return count;
    }
    if (is_at_end && raw_left_.empty()) {
      if (decoder_->IsAtEnd()) return std::size_t{0};
      return Error{ErrorCode::kInvalidArgument, name_ + ": the gzipped bytes are cut off", {}};
    }
    const Result<std::size_t> count = decoder_->Decode(raw_left_, out, capacity);
    if (!count.ok()) {
      return Error{ErrorCode::kInvalidArgument, name_ + ": " + count.error().message,
                   count.error().detail};
    }
    if (*count > 0) return *count;
  }
}

Result<std::optional<FileIdentity>> InputFile::Identify() const {
  if (!size_) return std::optional<FileIdentity>();
  std::string head(kHeadBytes, '\0');
  const ssize_t count = ::pread(descriptor_, head.data(), head.size(), 0);
  if (count < 0) return ErrnoError(ErrorCode::kInvalidArgument, "cannot read " + name_, errno);
  head.resize(static_cast<std::size_t>(count));
  FileIdentity identity{*size_, modified_ns_, 0xcbf29ce484222325u};
  for (const char byte : head) {
    identity.head_hash = (identity.head_hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  }
  return std::optional(identity);
}

}  // namespace products::cli
