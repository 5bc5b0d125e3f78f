#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/io.h"
#include "core/base/clock.h"

namespace products::cli {

/// How far a long operation is, on standard error. At a terminal one line that is drawn over and
/// over, at most eight times a second:
///     seeding  [=========>          ]  45 %  4500/10000  8333/s  1 s left
/// elsewhere one line at the start and nothing more, for a log is not a screen. One thread; time is
/// handed in.
class Progress {
 public:
  /// `err` must outlive it. `what` is the activity in one word, `where` what it is done to; both
  /// printable. `total` > 0.
  Progress(std::ostream& err, Terminal terminal, std::string what, std::string where,
           std::uint64_t total, MonotonicTime now);
  /// Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` never falls. Cheap when nothing is drawn.
  void Update(std::uint64_t done, MonotonicTime now) {
    if (now < next_draw_) return;
    Draw(done, now);
  }

  /// Clears the line, so that something else may be printed; nothing is drawn from then on.
  void Finish();

 private:
  void Draw(std::uint64_t done, MonotonicTime now);

  std::ostream& err_;
  const Terminal terminal_;
  const std::string what_;
  const std::uint64_t total_;
  MonotonicTime next_draw_;
  MonotonicTime last_draw_;
  std::uint64_t last_done_ = 0;
  double per_second_ = 0.0;  // smoothed; 0 until the first interval has passed
  bool line_is_drawn_ = false;
};

/// What any line of progress is laid out as: the activity, a bar of `share` (0 to 1; absent for
/// none), figures. Of what does not fit, the bar is left out first, then figures from the right.
std::string LayOutProgressLine(const std::string& what, std::optional<double> share,
                               const std::vector<std::string>& figures, int columns);

/// "12 s left", "2 min 5 s left"; absent when it is more than a year.
std::optional<std::string> RenderTimeLeft(double seconds);

/// The line for a terminal of `columns`, without the sequences that place it: what does not fit is
/// left out whole, the bar first, then from the right. Rate and time left appear once `per_second`
/// is above 0.
std::string RenderProgressLine(const std::string& what, std::uint64_t done, std::uint64_t total,
                               double per_second, int columns);

}  // namespace products::cli
