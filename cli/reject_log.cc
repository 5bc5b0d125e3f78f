#include "cli/reject_log.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <system_error>
#include <utility>

#include "cli/text_width.h"
#include "core/base/json_text.h"
#include "core/base/parse.h"
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

// The position that a line of the file begins with; absent when it is cut short or another's.
std::optional<std::uint64_t> PositionOf(std::string_view line, const std::string& what) {
  const std::string begin = "{\"" + what + "\":";
  if (!line.starts_with(begin) || !line.ends_with('}')) return std::nullopt;
  const std::string_view rest = line.substr(begin.size());
  const std::optional<std::int64_t> position = ParseInt64(rest.substr(0, rest.find(',')));
  if (!position || *position < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*position);
}

// Replaced as a whole, so that nothing is lost when that is cut short.
Status KeepBefore(const std::string& path, std::uint64_t position, const std::string& what) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return {};
  const std::string target = std::filesystem::canonical(path, failed).string();
  const std::string temporary = target + ".new";
  std::ifstream old(target, std::ios::binary);
  std::ofstream kept(temporary, std::ios::binary | std::ios::trunc);
  for (std::string line; std::getline(old, line);) {
    const auto at = PositionOf(line, what);
    if (at && *at < position) kept << line << '\n';
  }
  kept.close();
  if (kept && old.eof() && std::rename(temporary.c_str(), target.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(temporary.c_str());
  return ErrnoError(ErrorCode::kInvalidArgument, "cannot write " + Printable(path), error);
}

}  // namespace

class RejectLog::File {
 public:
  std::string path;
  std::ofstream stream;
};

RejectLog::RejectLog(std::string what, Told told) : what_(std::move(what)), told_(told) {}
RejectLog::~RejectLog() = default;

Result<std::unique_ptr<RejectLog>> RejectLog::Open(const std::string& path,
                                                   std::uint64_t keep_before, std::string what) {
  if (keep_before > 0) {
    if (const Status kept = KeepBefore(path, keep_before, what); !kept.ok()) return kept.error();
  }
  auto log = std::make_unique<RejectLog>(std::move(what), Told::kReasonAndText);
  log->file_ = std::make_unique<File>();
  log->file_->path = Printable(path);
  log->file_->stream.open(path,
                          std::ios::binary | (keep_before > 0 ? std::ios::app : std::ios::trunc));
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
