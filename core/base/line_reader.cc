#include "core/base/line_reader.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace products {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

}  // namespace

class LineReader::File {
 public:
  explicit File(gzFile file) : file_(file) {}
  ~File() { gzclose_r(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  gzFile get() const { return file_; }

 private:
  gzFile file_;
};

LineReader::LineReader(std::string path, std::size_t max_line_bytes, std::unique_ptr<File> file)
    : path_(std::move(path)), max_line_bytes_(max_line_bytes), file_(std::move(file)) {}

LineReader::~LineReader() = default;

Result<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path,
                                                     std::size_t max_line_bytes) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ErrnoError(ErrorCode::kUnavailable, "cannot open " + path, errno);
  const gzFile file = gzdopen(descriptor, "rb");
  if (file == nullptr) {
    ::close(descriptor);
    return Error{ErrorCode::kUnavailable, "cannot open " + path, "no memory"};
  }
  gzbuffer(file, kReadBytes);
  return std::unique_ptr<LineReader>(
      new LineReader(path, max_line_bytes, std::make_unique<File>(file)));
}

Status LineReader::ReadMore() {
  buffer_.erase(0, std::exchange(line_begin_, 0));
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  const int count = gzread(file_->get(), buffer_.data() + kept, kReadBytes);
  const int read_error = errno;
  buffer_.resize(kept + static_cast<std::size_t>(std::max(count, 0)));
  if (count > 0) return {};
  at_end_ = true;
  int code = Z_OK;
  const std::string detail = gzerror(file_->get(), &code);
  if (code == Z_OK || code == Z_STREAM_END) return {};
  if (code == Z_ERRNO) {
    return ErrnoError(ErrorCode::kUnavailable, "cannot read " + path_, read_error);
  }
  return Error{ErrorCode::kCorrupt, path_ + ": the gzipped bytes are damaged or cut off", detail};
}

Result<std::optional<std::string_view>> LineReader::Next() {
  ++line_number_;
  std::size_t searched = line_begin_;
  while (true) {
    const std::size_t line_feed = buffer_.find('\n', searched);
    const bool is_whole = line_feed != std::string::npos;
    const std::size_t end = is_whole ? line_feed : buffer_.size();
    if (end - line_begin_ > max_line_bytes_) {
      return Error{ErrorCode::kTooLarge,
                   "a line must be at most " + std::to_string(max_line_bytes_) + " bytes",
                   {}};
    }
    if (is_whole || (at_end_ && end > line_begin_)) {
      const std::string_view line =
          std::string_view(buffer_).substr(line_begin_, end - line_begin_);
      line_begin_ = is_whole ? end + 1 : end;
      return std::optional(line);
    }
    if (at_end_) return std::optional<std::string_view>();
    searched = buffer_.size() - line_begin_;
    const Status read = ReadMore();
    if (!read.ok()) return read.error();
  }
}

}  // namespace products
