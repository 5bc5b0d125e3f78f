#include "cli/output_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <utility>

#include "cli/file_kind.h"

namespace products::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} * 1024;

// Where a symbolic link leads: the file there is to be replaced, not the link.
std::string Resolved(const std::string& path) {
  std::array<char, PATH_MAX> resolved;
  return ::realpath(path.c_str(), resolved.data()) == nullptr ? path : resolved.data();
}

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

mode_t NewFileMode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

OutputFile::OutputFile(std::string path, std::ostream* stream)
    : path_(std::move(path)), stream_(stream) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

Error OutputFile::Failure(int error) const {
  return ErrnoError(ErrorCode::kInvalidArgument, "cannot write " + OutputName(path_), error);
}

Result<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path, Packing packing,
                                                       std::ostream& standard_output) {
  if (path == "-") {
    return std::unique_ptr<OutputFile>(new OutputFile(path, &standard_output));
  }
  std::unique_ptr<OutputFile> file(new OutputFile(Resolved(path), nullptr));
  if (packing == Packing::kGzip) file->encoder_ = std::make_unique<GzipEncoder>();
  struct stat status {};
  const bool exists = ::stat(file->path_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    file->descriptor_ = ::open(file->path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (file->descriptor_ < 0) return file->Failure(errno);
    return file;
  }
  std::string pattern = file->path_ + ".XXXXXX";
  file->descriptor_ = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (file->descriptor_ < 0) return file->Failure(errno);
  file->temporary_path_ = std::move(pattern);
  ::fchmod(file->descriptor_, exists ? status.st_mode & 07777 : NewFileMode());
  return file;
}

Status OutputFile::Write(std::string_view text) {
  if (encoder_ != nullptr) {
    encoder_->Encode(text, GzipEncoder::Flush::kNo, buffer_);
  } else if (buffer_.empty() && text.size() >= kBufferBytes) {
    return WriteOut(text);
  } else {
    buffer_ += text;
  }
  if (buffer_.size() < kBufferBytes) return {};
  const Status written = WriteOut(buffer_);
  buffer_.clear();
  return written;
}

Status OutputFile::WriteOut(std::string_view bytes) {
  bytes_ += bytes.size();
  if (stream_ != nullptr) {
    stream_->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (stream_->good()) return {};
    return Error{ErrorCode::kInvalidArgument, "cannot write " + OutputName(path_), {}};
  }
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return Failure(errno);
    }
  }
  return {};
}

Status OutputFile::Commit() {
  if (encoder_ != nullptr) encoder_->Encode({}, GzipEncoder::Flush::kEnd, buffer_);
  if (const Status written = WriteOut(buffer_); !written.ok()) return written;
  buffer_.clear();
  if (stream_ != nullptr) {
    stream_->flush();
    if (stream_->good()) return {};
    return Error{ErrorCode::kInvalidArgument, "cannot write " + OutputName(path_), {}};
  }
  // A pipe has nothing to sync.
  if (!temporary_path_.empty() && ::fsync(descriptor_) != 0) return Failure(errno);
  if (::close(std::exchange(descriptor_, -1)) != 0) return Failure(errno);
  if (temporary_path_.empty()) return {};
  if (::rename(temporary_path_.c_str(), path_.c_str()) != 0) return Failure(errno);
  temporary_path_.clear();
  const int directory = ::open(DirectoryOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return {};
  ::fsync(directory);
  ::close(directory);
  return {};
}

}  // namespace products::cli
