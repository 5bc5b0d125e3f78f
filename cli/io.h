#pragma once

#include <iosfwd>
#include <optional>

namespace products::cli {

/// Whether a stream ends at a terminal, and how wide that is now.
class Terminal {
 public:
  /// Not a terminal.
  Terminal() = default;
  /// What `file_descriptor` is; it is not owned and must stay open.
  static Terminal Of(int file_descriptor);

  bool is_terminal() const { return file_descriptor_.has_value(); }
  /// The width in columns, asked anew at each call because windows are resized; 80 when the
  /// terminal does not know. Only when is_terminal().
  int Columns() const;
  /// Its height in lines, likewise; 24 when the terminal does not know.
  int Rows() const;
  /// Only when is_terminal().
  int file_descriptor() const { return *file_descriptor_; }

 private:
  std::optional<int> file_descriptor_;
};

/// The streams of a command: data goes to `out`, everything else to `err`. The streams must outlive
/// it.
struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  Terminal out_terminal;
  Terminal err_terminal;
  /// Where keys come from.
  Terminal in_terminal = {};
  /// Whoever read standard output has left, as `head` does: nothing more is wanted, which is no
  /// failure.
  bool reader_has_left = false;
};

/// Hands what has been written to `io.out` to its reader; false when no more can be written. To be
/// called right behind the write, for errno tells why that failed.
bool FlushToReader(Io& io);

}  // namespace products::cli
