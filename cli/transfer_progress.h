#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/io.h"
#include "core/base/clock.h"

namespace products::cli {

/// How far a transfer of products is; the ends are absent when they are not known.
struct TransferPoint {
  std::uint64_t products = 0;
  std::uint64_t bytes = 0;
};
struct TransferTotals {
  std::optional<std::uint64_t> products;
  std::optional<std::uint64_t> bytes;
};

/// As Progress, for what is counted in products and in bytes and may have no known end:
///     importing  [=====>      ]   45 %  450000 products  58.3 MB of 129.6 MB  83333/s  7 s left
/// Elsewhere than at a terminal one line at the start, "importing a.csv to http://h". One thread;
/// time is handed in.
class TransferProgress {
 public:
  /// `err` must outlive it; `what` and `where` are printable.
  TransferProgress(std::ostream& err, Terminal terminal, std::string what, std::string_view where,
                   TransferTotals totals, MonotonicTime now);
  /// Clears the line.
  ~TransferProgress();
  TransferProgress(const TransferProgress&) = delete;
  TransferProgress& operator=(const TransferProgress&) = delete;

  /// Neither figure falls. Cheap when nothing is drawn.
  void Update(TransferPoint point, MonotonicTime now) {
    if (now < next_draw_) return;
    Draw(point, now);
  }

  /// Clears the line, so that something else may be printed; nothing is drawn from then on.
  void Finish();

 private:
  void Draw(TransferPoint point, MonotonicTime now);

  std::ostream& err_;
  const Terminal terminal_;
  const std::string what_;
  const TransferTotals totals_;
  const MonotonicTime start_;
  MonotonicTime next_draw_;
  bool line_is_drawn_ = false;
};

/// The line for a terminal of `columns`, `seconds` after the start.
std::string RenderTransferLine(const std::string& what, TransferPoint point,
                               const TransferTotals& totals, double seconds, int columns);

/// "512 B", "3.4 kB", "58.3 MB", "1.2 GB": powers of a thousand.
std::string RenderBytes(std::uint64_t bytes);

}  // namespace products::cli
