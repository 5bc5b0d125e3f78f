#include "cli/record_writer.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <variant>

#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr std::size_t kGap = 2;
// Narrower than this a text says nothing; then the lines are left too long.
constexpr std::size_t kNarrowestText = 8;
// Of a number yet to come: all of the contract's fit.
constexpr std::size_t kWidestNumber = 10;

// Without the padding in front of a last cell that is empty.
void EndLine(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

}  // namespace

void RecordWriter::MeasureColumns(std::span<const Record> records, bool more_follow) {
  const Record& first = records.front();
  columns_.resize(first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    Column& column = columns_[i];
    column.is_number = !std::holds_alternative<std::string>(first[i].value);
    column.width = DisplayWidth(first[i].name);
    if (column.is_number && more_follow) column.width = std::max(column.width, kWidestNumber);
    for (const Record& record : records) {
      column.width = std::max(column.width, DisplayWidth(RenderText(record[i])));
    }
  }
  if (terminal_.is_terminal()) NarrowTo(static_cast<std::size_t>(terminal_.Columns()));
}

void RecordWriter::NarrowTo(std::size_t room) {
  std::size_t total = kGap * (columns_.size() - 1);
  for (const Column& column : columns_) total += column.width;
  const auto is_wider = [](const Column& a, const Column& b) {
    return (a.is_number ? 0 : a.width) < (b.is_number ? 0 : b.width);
  };
  for (; total > room; --total) {
    Column& widest = *std::max_element(columns_.begin(), columns_.end(), is_wider);
    if (widest.is_number || widest.width <= kNarrowestText) return;
    --widest.width;
  }
}

void RecordWriter::AppendCell(std::string& line, std::size_t index, std::string text) const {
  const Column& column = columns_[index];
  if (terminal_.is_terminal() && !column.is_number) text = CutToWidth(text, column.width);
  const std::size_t width = DisplayWidth(text);
  const std::string padding(column.width - std::min(width, column.width), ' ');
  if (column.is_number) line += padding;
  line += text;
  if (index + 1 == columns_.size()) return;
  if (!column.is_number) line += padding;
  line.append(kGap, ' ');
}

void RecordWriter::Write(std::span<const Record> records, bool more_follow) {
  if (records.empty()) return;
  if (format_ != OutputFormat::kTable) {
    for (const Record& record : records) PrintRecord(out_, format_, record);
    return;
  }
  std::string text;
  if (columns_.empty()) {
    MeasureColumns(records, more_follow);
    for (std::size_t i = 0; i < columns_.size(); ++i) AppendCell(text, i, records[0][i].name);
    EndLine(text);
  }
  for (const Record& record : records) {
    for (std::size_t i = 0; i < columns_.size(); ++i) AppendCell(text, i, RenderText(record[i]));
    EndLine(text);
  }
  out_ << text;
}

}  // namespace products::cli
