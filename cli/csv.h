#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/input_file.h"
#include "core/base/result.h"

namespace products::cli {

/// CSV as RFC 4180 has it, both ways: fields separated by commas; one that holds a comma, a quote
/// or a line end stands in quotes, with its own quotes doubled; rows end with CRLF, or LF alone
/// when read.
inline constexpr std::size_t kMaxCsvRowBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxCsvFieldBytes = std::size_t{16} * 1024;

/// Appends one row with its CRLF.
void AppendCsvRow(std::string& out, std::span<const std::string_view> fields);

/// A row, or why it is none.
struct CsvRow {
  std::uint64_t line = 0;  ///< where it begins, from 1
  std::size_t field_count = 0;
  std::vector<std::string> fields;  ///< the first field_count of it; the rest is spare memory
  std::string_view text;  ///< as it stands, without its line end; valid until the next Next
  /// What breaks the form, with the column, counted in fields from 1: "column 2: ...".
  std::optional<std::string> error;
};

/// Reads rows from text that comes in pieces. Empty lines are skipped, a byte order mark too. A row
/// that breaks the form is given as such, and reading goes on at the next line; of a row whose last
/// quote is missing or that is too long, at the line after its first. Memory: a buffer, and the
/// longest row. One thread.
class CsvReader {
 public:
  /// `file` must outlive it.
  explicit CsvReader(InputFile& file) : file_(file) {}

  /// False behind the last row. Fails only as `file` does.
  Result<bool> Next(CsvRow& row);

 private:
  enum class Scan { kRow, kBroken, kRunaway, kNeedsMore };
  struct Cut {
    Scan scan = Scan::kNeedsMore;
    std::size_t text_end = 0;  // of the buffer
    std::size_t next_begin = 0;
  };
  // Reads the row at begin_ as far as the buffer has it.
  Cut ScanRow(CsvRow& row) const;
  Status ReadMore();
  // What has no end of its own ends with its first line.
  Result<Cut> CutFirstLine(CsvRow& row);

  InputFile& file_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::uint64_t line_ = 1;  // of begin_
  bool at_end_ = false;
  bool head_was_seen_ = false;
};

}  // namespace products::cli
