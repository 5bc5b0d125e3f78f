#include "cli/product_reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "cli/plain_product_line.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
// The longest product has less than a tenth of it, whatever it escapes; also the server's limit.
constexpr std::size_t kMaxLineBytes = std::size_t{64} * 1024;

class NdjsonReader final : public ProductReader {
 public:
  NdjsonReader(std::string name, std::unique_ptr<InputFile> file)
      : ProductReader(std::move(name), std::move(file)) {}

  Result<bool> Next(ProductRow& row) override {
    while (true) {
      const Result<std::optional<std::string_view>> line = NextLine();
      if (!line.ok()) return line.error();
      if (!line->has_value()) return false;
      if (line_ < first_line_) continue;
      row.line = line_;
      row.text = **line;
      if (row.text.size() > kMaxLineBytes) {
        row.text = row.text.substr(0, kMaxLineBytes);
        row.status = Error{ErrorCode::kTooLarge, "the line is longer than 64 KiB", {}};
        return true;
      }
      if (row.text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (ReadPlainProductLine(row.text, row.product)) {
        row.status = {};
        return true;
      }
      Result<Product> product = ParseProduct(row.text);
      row.status = product.ok() ? Status() : Status(product.error());
      if (product.ok()) row.product = std::move(*product);
      return true;
    }
  }

 private:
  // Of a line over the limit only its beginning, and a byte more than it may have.
  Result<std::optional<std::string_view>> NextLine() {
    std::size_t searched = begin_;
    while (true) {
      const std::size_t line_feed = buffer_.find('\n', searched);
      const bool is_whole = line_feed != std::string::npos;
      const std::size_t end = is_whole ? line_feed : buffer_.size();
      if (is_whole || (at_end_ && end > begin_)) {
        const auto line = std::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = is_whole ? end + 1 : end;
        ++line_;
        return std::optional(line);
      }
      if (at_end_) return std::optional<std::string_view>();
      buffer_.erase(0, std::exchange(begin_, 0));
      if (buffer_.size() > kMaxLineBytes) buffer_.resize(kMaxLineBytes + 1);
      searched = buffer_.size();
      buffer_.resize(searched + kReadBytes);
      const Result<std::size_t> count = file_->Read(buffer_.data() + searched, kReadBytes);
      buffer_.resize(searched + (count.ok() ? *count : 0));
      if (!count.ok()) return count.error();
      at_end_ = *count == 0;
    }
  }

  std::string buffer_;
  std::size_t begin_ = 0;
  bool at_end_ = false;
  std::uint64_t line_ = 0;  // of the line given last
};

class CsvProductReader final : public ProductReader {
 public:
  CsvProductReader(std::string name, std::unique_ptr<InputFile> file)
      : ProductReader(std::move(name), std::move(file)), reader_(*file_) {}

  Result<bool> Next(ProductRow& row) override {
    while (true) {
      const Result<bool> is_row = reader_.Next(csv_row_);
      if (!is_row.ok()) return is_row.error();
      if (!columns_) {
        if (!*is_row) return InvalidArgument(name_ + ": the header row is missing");
        Result<CsvColumns> columns = ParseCsvHeader(csv_row_);
        if (!columns.ok()) return InvalidArgument(name_ + ": " + columns.error().message);
        columns_ = std::move(*columns);
        continue;
      }
      if (!*is_row) return false;
      if (csv_row_.line < first_line_) continue;
      row.line = csv_row_.line;
      row.text = csv_row_.text;
      Result<Product> product = ParseCsvProduct(csv_row_, *columns_);
      row.status = product.ok() ? Status() : Status(product.error());
      if (product.ok()) row.product = std::move(*product);
      return true;
    }
  }

 private:
  CsvReader reader_;
  CsvRow csv_row_;
  std::optional<CsvColumns> columns_;
};

}  // namespace

ProductReader::ProductReader(std::string name, std::unique_ptr<InputFile> file)
    : name_(std::move(name)), file_(std::move(file)) {}

Result<std::unique_ptr<ProductReader>> ProductReader::Open(const std::string& path,
                                                           FileFormat format, int wake_descriptor) {
  Result<std::unique_ptr<InputFile>> file = InputFile::Open(path, wake_descriptor);
  if (!file.ok()) return file.error();
  if (format == FileFormat::kCsv) {
    return std::unique_ptr<ProductReader>(
        std::make_unique<CsvProductReader>(InputName(path), std::move(*file)));
  }
  return std::unique_ptr<ProductReader>(
      std::make_unique<NdjsonReader>(InputName(path), std::move(*file)));
}

}  // namespace products::cli
