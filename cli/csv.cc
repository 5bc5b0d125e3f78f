#include "cli/csv.h"

#include <algorithm>
#include <utility>

namespace products::cli {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool NeedsQuotes(std::string_view field) {
  return field.find_first_of(",\"\r\n") != std::string_view::npos || field.starts_with(' ') ||
         field.ends_with(' ');
}

bool EndsPlainField(char byte) { return byte == ',' || byte == '"' || byte == '\n'; }

void AppendQuoted(std::string& out, std::string_view field) {
  out += '"';
  for (const char byte : field) {
    if (byte == '"') out += '"';
    out += byte;
  }
  out += '"';
}

std::string InColumn(std::size_t column, std::string_view what) {
  return "column " + std::to_string(column) + ": " + std::string(what);
}

}  // namespace

void AppendCsvRow(std::string& out, std::span<const std::string_view> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    if (NeedsQuotes(fields[i])) {
      AppendQuoted(out, fields[i]);
    } else {
      out += fields[i];
    }
  }
  out += "\r\n";
}

Status CsvReader::ReadMore() {
  buffer_.erase(0, std::exchange(begin_, 0));
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  const Result<std::size_t> count = file_.Read(buffer_.data() + kept, kReadBytes);
  buffer_.resize(kept + (count.ok() ? *count : 0));
  if (!count.ok()) return count.error();
  at_end_ = *count == 0;
  return {};
}

CsvReader::Cut CsvReader::ScanRow(CsvRow& row) const {
  const std::string_view text = std::string_view(buffer_).substr(begin_);
  std::size_t at = 0;
  row.field_count = 0;
  row.error.reset();
  const auto cut = [this](Scan scan, std::size_t text_end, std::size_t next) {
    return Cut{scan, begin_ + text_end, begin_ + next};
  };
  // The row ends at the next line end, wherever its fields went wrong.
  const auto broken = [&](std::size_t from, std::string_view what) {
    row.error = InColumn(row.field_count, what);
    // A line end within: a quote is missing, and what it ran into may be good rows.
    if (text.substr(0, from).find('\n') != std::string_view::npos) {
      return cut(Scan::kRunaway, 0, 0);
    }
    const std::size_t end = text.find('\n', from);
    if (end == std::string_view::npos) {
      if (!at_end_ && text.size() <= kMaxCsvRowBytes) return cut(Scan::kNeedsMore, 0, 0);
      if (!at_end_) return cut(Scan::kRunaway, 0, 0);
      return cut(Scan::kBroken, text.size(), text.size());
    }
    return cut(Scan::kBroken, end, end + 1);
  };
  while (true) {
    if (row.fields.size() == row.field_count) row.fields.emplace_back();
    std::string& field = row.fields[row.field_count++];
    field.clear();
    if (at < text.size() && text[at] == '"') {
      ++at;
      while (true) {
        const std::size_t quote = text.find('"', at);
        const std::size_t end = std::min(quote, text.size());
        if (end > kMaxCsvRowBytes || (end == text.size() && at_end_)) {
          row.error = InColumn(row.field_count, end > kMaxCsvRowBytes
                                                    ? "the row is longer than 64 KiB; is a quote "
                                                      "missing?"
                                                    : "the closing quote is missing");
          return cut(Scan::kRunaway, 0, 0);
        }
        // The byte behind a quote says what the quote is.
        if (end == text.size() || (end + 1 == text.size() && !at_end_)) {
          return cut(Scan::kNeedsMore, 0, 0);
        }
        field.append(text.substr(at, end - at));
        at = end + 1;
        if (at == text.size() || text[at] != '"') break;
        field += '"';
        ++at;
      }
    } else {
      std::size_t end = at;
      while (end < text.size() && !EndsPlainField(text[end])) ++end;
      field.append(text.substr(at, end - at));
      at = end;
      const bool ends_line = at == text.size() || text[at] == '\n';
      if (ends_line && field.ends_with('\r')) {
        field.pop_back();
        --at;
      }
    }
    if (at > kMaxCsvRowBytes) {
      row.error = InColumn(row.field_count, "the row is longer than 64 KiB");
      return cut(Scan::kRunaway, 0, 0);
    }
    if (field.size() > kMaxCsvFieldBytes) return broken(at, "the field is longer than 16 KiB");
    if (at == text.size()) {
      if (!at_end_) return cut(Scan::kNeedsMore, 0, 0);
      return cut(Scan::kRow, at, at);
    }
    switch (text[at]) {
      case ',':
        ++at;
        continue;
      case '\n':
        return cut(Scan::kRow, at, at + 1);
      case '\r':
        if (at + 1 == text.size() && !at_end_) return cut(Scan::kNeedsMore, 0, 0);
        if (at + 1 == text.size()) return cut(Scan::kRow, at, at + 1);
        if (text[at + 1] == '\n') return cut(Scan::kRow, at, at + 2);
        return broken(at, "text behind the closing quote");
      case '"':
        return broken(at, "a quote inside a field that does not begin with one");
      default:
        return broken(at, "text behind the closing quote");
    }
  }
}

Result<CsvReader::Cut> CsvReader::CutFirstLine(CsvRow& row) {
  const std::string error = row.error.value_or("");
  std::size_t end = buffer_.find('\n', begin_);
  if (end == std::string::npos) {
    // Of a line without end only its beginning is kept.
    std::string head = buffer_.substr(begin_, kMaxCsvRowBytes);
    while (end == std::string::npos && !at_end_) {
      begin_ = buffer_.size();
      const Status read = ReadMore();
      if (!read.ok()) return read.error();
      end = buffer_.find('\n');
    }
    const std::size_t next =
        (end == std::string::npos ? buffer_.size() : end + 1) - begin_ + head.size();
    buffer_.replace(0, begin_, head);
    begin_ = 0;
    row.error = error;
    return Cut{Scan::kBroken, head.size(), next};
  }
  return Cut{Scan::kBroken, end, end + 1};
}

Result<bool> CsvReader::Next(CsvRow& row) {
  while (true) {
    if (begin_ == buffer_.size() && !at_end_) {
      const Status read = ReadMore();
      if (!read.ok()) return read.error();
      continue;
    }
    if (!head_was_seen_) {
      if (buffer_.size() < kByteOrderMark.size() && !at_end_) {
        const Status read = ReadMore();
        if (!read.ok()) return read.error();
        continue;
      }
      head_was_seen_ = true;
      if (buffer_.starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
    }
    if (begin_ == buffer_.size()) return false;
    Cut cut = ScanRow(row);
    if (cut.scan == Scan::kNeedsMore) {
      const Status read = ReadMore();
      if (!read.ok()) return read.error();
      continue;
    }
    if (cut.scan == Scan::kRunaway) {
      const Result<Cut> first_line = CutFirstLine(row);
      if (!first_line.ok()) return first_line.error();
      cut = *first_line;
    }
    row.line = line_;
    row.text = std::string_view(buffer_).substr(begin_, cut.text_end - begin_);
    if (row.text.ends_with('\r')) row.text.remove_suffix(1);
    line_ += static_cast<std::uint64_t>(
        std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                   buffer_.begin() + static_cast<std::ptrdiff_t>(cut.next_begin), '\n'));
    begin_ = cut.next_begin;
    const bool is_empty_line = !row.error && row.field_count == 1 && row.text.empty();
    if (!is_empty_line) return true;
  }
}

}  // namespace products::cli
