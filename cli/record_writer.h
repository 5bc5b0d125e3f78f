#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/io.h"
#include "cli/output.h"

namespace products::cli {

/// Prints many records of the same fields, some at a time: a heading and a line each (table), an
/// object a line (json), a line of values each (plain). Numbers stand to the right, texts to the
/// left.
///
/// A table's columns are as wide as the first records need, and stay so. At a terminal they are
/// narrowed to its width, texts only, and what does not fit ends with "…"; elsewhere a value that
/// is too wide moves its own line, and nothing is lost.
class RecordWriter {
 public:
  using Record = std::vector<Field>;

  /// `out` must outlive it; `terminal` is what it ends at.
  RecordWriter(std::ostream& out, OutputFormat format, Terminal terminal)
      : out_(out), format_(format), terminal_(terminal) {}

  /// `more_follow`: whether the columns must leave room for larger numbers than these.
  void Write(std::span<const Record> records, bool more_follow);

 private:
  struct Column {
    std::size_t width = 0;
    bool is_number = false;
  };

  void MeasureColumns(std::span<const Record> records, bool more_follow);
  void NarrowTo(std::size_t room);
  void AppendCell(std::string& line, std::size_t column, std::string text) const;

  std::ostream& out_;
  const OutputFormat format_;
  const Terminal terminal_;
  std::vector<Column> columns_;  // empty until there was a record
};

}  // namespace products::cli
