#include "cli/transfer_progress.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <utility>
#include <vector>

#include "cli/progress.h"

namespace products::cli {
namespace {

constexpr std::chrono::milliseconds kRefreshInterval{125};
// Return to the first column and erase the line.
constexpr char kStartOfLine[] = "\r\x1b[K";

std::optional<double> ShareOf(std::uint64_t done, const std::optional<std::uint64_t>& total) {
  if (!total || *total == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
}

}  // namespace

TransferProgress::TransferProgress(std::ostream& err, Terminal terminal, std::string what,
                                   std::string_view where, TransferTotals totals, MonotonicTime now)
    : err_(err),
      terminal_(terminal),
      what_(std::move(what)),
      totals_(totals),
      start_(now),
      next_draw_(terminal.is_terminal() ? now + kRefreshInterval : MonotonicTime::max()) {
  if (!terminal_.is_terminal()) err_ << what_ << ' ' << where << std::endl;
}

TransferProgress::~TransferProgress() { Finish(); }

void TransferProgress::Finish() {
  if (line_is_drawn_) err_ << kStartOfLine << std::flush;
  line_is_drawn_ = false;
  next_draw_ = MonotonicTime::max();
}

void TransferProgress::Draw(TransferPoint point, MonotonicTime now) {
  const double seconds = std::chrono::duration<double>(now - start_).count();
  next_draw_ = now + kRefreshInterval;
  err_ << kStartOfLine << RenderTransferLine(what_, point, totals_, seconds, terminal_.Columns())
       << std::flush;
  line_is_drawn_ = true;
}

std::string RenderTransferLine(const std::string& what, TransferPoint point,
                               const TransferTotals& totals, double seconds, int columns) {
  // Bytes are counted as they are read, so they say more than products do.
  std::optional<double> share = ShareOf(point.bytes, totals.bytes);
  if (!share) share = ShareOf(point.products, totals.products);
  std::vector<std::string> figures;
  if (share) {
    const std::string percent = std::to_string(static_cast<int>(*share * 100.0));
    figures.push_back(std::string(3 - percent.size(), ' ') + percent + " %");
  }
  std::string products = std::to_string(point.products);
  if (totals.products) products += "/" + std::to_string(*totals.products);
  figures.push_back(products + " products");
  figures.push_back(totals.bytes ? RenderBytes(point.bytes) + " of " + RenderBytes(*totals.bytes)
                                 : RenderBytes(point.bytes));
  if (seconds > 0.0 && point.products > 0) {
    const double per_second = static_cast<double>(point.products) / seconds;
    figures.push_back(std::to_string(std::llround(per_second)) + "/s");
    if (share && *share > 0.0) {
      if (auto left = RenderTimeLeft(seconds / *share - seconds)) {
        figures.push_back(std::move(*left));
      }
    }
  }
  return LayOutProgressLine(what, share, figures, columns);
}

std::string RenderBytes(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 4> kUnits = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000.0;
  std::size_t unit = 0;
  // What would round to 1000.0 is one of the next unit.
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000.0;
    ++unit;
  }
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%.1f ", value);
  return std::string(text.data(), static_cast<std::size_t>(length)) + kUnits[unit];
}

}  // namespace products::cli
