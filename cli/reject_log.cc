#include "cli/reject_log.h"

#include <cerrno>
#include <fstream>
#include <ostream>
#include <utility>

#include "cli/text_width.h"
#include "core/base/json_text.h"
#include "core/base/utf8.h"

namespace products::cli {
namespace {

constexpr std::size_t kMaxKept = 5;
constexpr std::size_t kMaxShownBytes = 100;

// The beginning of it, in whole characters.
std::string Shortened(std::string_view text) {
  if (text.size() <= kMaxShownBytes) return Printable(text);
  std::size_t end = kMaxShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return Printable(text.substr(0, end)) + "...";
}

}  // namespace

class RejectLog::File {
 public:
  std::string path;
  std::ofstream stream;
};

RejectLog::RejectLog(std::string what, Told told) : what_(std::move(what)), told_(told) {}
RejectLog::~RejectLog() = default;

Result<std::unique_ptr<RejectLog>> RejectLog::Open(const std::string& path, Existing existing,
                                                   std::string what) {
  auto log = std::make_unique<RejectLog>(std::move(what), Told::kReasonAndText);
  log->file_ = std::make_unique<File>();
  log->file_->path = Printable(path);
  log->file_->stream.open(
      path, std::ios::binary | (existing == Existing::kAppend ? std::ios::app : std::ios::trunc));
  if (!log->file_->stream) {
    return ErrnoError(ErrorCode::kInvalidArgument, "cannot write " + Printable(path), errno);
  }
  return log;
}

void RejectLog::Add(std::uint64_t position, std::string_view reason, std::string_view text) {
  if (file_ != nullptr) {
    std::string line = "{\"" + what_ + "\":" + std::to_string(position) + ",\"reason\":";
    AppendJsonString(line, ReplaceMalformedUtf8(reason));
    line += ",\"text\":";
    AppendJsonString(line, ReplaceMalformedUtf8(text));
    file_->stream << line << "}\n";
    return;
  }
  if (first_.size() == kMaxKept) return;
  std::string line = what_ + " " + std::to_string(position) + ": " + std::string(reason);
  if (told_ == Told::kReasonAndText) line += ": " + Shortened(text);
  first_.push_back(std::move(line));
}

Status RejectLog::Flush() {
  if (file_ == nullptr) return {};
  file_->stream.flush();
  if (file_->stream) return {};
  return ErrnoError(ErrorCode::kInvalidArgument, "cannot write " + file_->path, errno);
}

void RejectLog::Print(std::ostream& err, std::uint64_t total) const {
  if (file_ != nullptr) {
    if (total > 0) err << "what was refused is in " << file_->path << '\n';
    return;
  }
  for (const std::string& line : first_) err << line << '\n';
  if (total > first_.size()) err << "and " << total - first_.size() << " more\n";
}

}  // namespace products::cli
