#include "cli/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "cli/duration.h"

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kRefreshInterval{125};
// The rate shown is that of about the last three seconds: steady to read, yet it follows a change.
constexpr double kSmoothingSeconds = 3.0;
constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kNarrowestBar = 8;
// Return to the first column and erase the line.
constexpr char kStartOfLine[] = "\r\x1b[K";

std::string RenderBar(double share, std::size_t width) {
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  std::string bar(1, '[');
  bar.append(filled, '=');
  if (filled < width) bar.append(1, '>').append(width - filled - 1, ' ');
  return bar += ']';
}

}  // namespace

Progress::Progress(std::ostream& err, Terminal terminal, std::string what, std::string where,
                   std::uint64_t total, MonotonicTime now)
    : err_(err),
      terminal_(terminal),
      what_(std::move(what)),
      total_(total),
      next_draw_(terminal.is_terminal() ? now + kRefreshInterval : MonotonicTime::max()),
      last_draw_(now) {
  if (!terminal_.is_terminal()) {
    err_ << what_ << ' ' << total_ << ' ' << where << std::endl;
  }
}

Progress::~Progress() { Finish(); }

void Progress::Finish() {
  if (line_is_drawn_) err_ << kStartOfLine << std::flush;
  line_is_drawn_ = false;
  next_draw_ = MonotonicTime::max();
}

void Progress::Draw(std::uint64_t done, MonotonicTime now) {
  const double seconds = std::chrono::duration<double>(now - last_draw_).count();
  const double latest = static_cast<double>(done - last_done_) / seconds;
  const double weight = per_second_ == 0.0 ? 1.0 : 1.0 - std::exp(-seconds / kSmoothingSeconds);
  per_second_ += weight * (latest - per_second_);
  last_draw_ = now;
  last_done_ = done;
  next_draw_ = now + kRefreshInterval;
  err_ << kStartOfLine << RenderProgressLine(what_, done, total_, per_second_, terminal_.Columns())
       << std::flush;
  line_is_drawn_ = true;
}

std::optional<std::string> RenderTimeLeft(double seconds) {
  // Nobody waits a year; the bound keeps a rate near zero from overflowing the duration.
  if (seconds >= 3.2e7) return std::nullopt;
  const std::chrono::seconds left(std::llround(std::ceil(seconds)));
  return (left.count() < 60 ? std::to_string(left.count()) + " s" : RenderDuration(left)) + " left";
}

std::string LayOutProgressLine(const std::string& what, std::optional<double> share,
                               const std::vector<std::string>& figures, int columns) {
  // The last column stays free: some terminals wrap when it is written.
  const auto room = static_cast<std::size_t>(std::max(columns - 1, 0));
  std::string numbers;
  for (const std::string& figure : figures) {
    // Whole or not at all: a number without its last digits is another number.
    if (what.size() + numbers.size() + 2 + figure.size() > room) break;
    numbers += "  " + figure;
  }
  std::string line = what.substr(0, room);
  const std::size_t fixed = what.size() + 2 + 2 + numbers.size();
  if (share && fixed + kNarrowestBar <= room) {
    line += "  " + RenderBar(*share, std::min(kWidestBar, room - fixed));
  }
  return line + numbers;
}

std::string RenderProgressLine(const std::string& what, std::uint64_t done, std::uint64_t total,
                               double per_second, int columns) {
  const double share = std::min(
      1.0, static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(total, 1)));
  const std::string percent = std::to_string(static_cast<int>(share * 100.0));
  const std::string total_text = std::to_string(total);
  const std::string done_text = std::to_string(done);

  const auto padded = [](const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
  };
  std::vector<std::string> figures = {padded(percent, 3) + " %",
                                      padded(done_text, total_text.size()) + "/" + total_text};
  if (per_second > 0.0) {
    const double seconds_left = static_cast<double>(total - std::min(done, total)) / per_second;
    figures.push_back(std::to_string(std::llround(per_second)) + "/s");
    if (auto left = RenderTimeLeft(seconds_left)) figures.push_back(std::move(*left));
  }

  return LayOutProgressLine(what, share, figures, columns);
}

}  // namespace products::cli
