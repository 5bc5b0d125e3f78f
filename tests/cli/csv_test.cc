#include "cli/csv.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/file_kind.h"
#include "cli/gzip.h"
#include "cli/plain_product_line.h"
#include "cli/product_csv.h"
#include "cli/product_reader.h"
#include "cli/reject_log.h"
#include "cli/sorted_products.h"
#include "cli/splitmix.h"
#include "core/base/utf8.h"
#include "core/product/product_json.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

constexpr char kHeader[] = "product_id,sku,manufacturer,category_id,weight,some_other_id\n";

// What a reader makes of a text: a line for each row.
class CsvTest : public testing::Test {
 protected:
  std::vector<std::string> RowsOf(const std::string& text) {
    test::WriteFile(path_, text);
    const auto file = InputFile::Open(path_, -1);
    EXPECT_TRUE(file.ok());
    CsvReader reader(**file);
    CsvRow row;
    std::vector<std::string> rows;
    while (true) {
      const Result<bool> is_row = reader.Next(row);
      EXPECT_TRUE(is_row.ok());
      if (!is_row.ok() || !*is_row) return rows;
      std::string shown = std::to_string(row.line) + ":";
      if (row.error) {
        shown += " !" + *row.error + " <" + std::string(row.text.substr(0, 40)) + ">";
      } else {
        for (std::size_t i = 0; i < row.field_count; ++i) shown += "[" + row.fields[i] + "]";
      }
      rows.push_back(shown);
    }
  }

  test::TempDir directory_;
  const std::string path_ = directory_.File("a.csv");
};

TEST_F(CsvTest, ReadsWhatRfc4180Says) {
  using Rows = std::vector<std::string>;
  const std::string long_field(20'000, 'x');
  struct Row {
    std::string text;
    Rows rows;
  };
  const Row rows[] = {
      {"", {}},
      {"a,b\r\nc,d\r\n", {"1:[a][b]", "2:[c][d]"}},
      {"a,b\nc,d", {"1:[a][b]", "2:[c][d]"}},
      {"\xEF\xBB\xBF"
       "a,b\n",
       {"1:[a][b]"}},
      {"a\n\n\r\nb\n", {"1:[a]", "4:[b]"}},
      {",\n", {"1:[][]"}},
      {"\"\"\n", {"1:[]"}},
      {"\"a,\"\"b\"\"\",c\n", {"1:[a,\"b\"][c]"}},
      {"\"x\r\ny\nz\",1\n2\n", {"1:[x\r\ny\nz][1]", "4:[2]"}},
      {"\"a\"", {"1:[a]"}},
      {"\"a\"\r", {"1:[a]"}},
      {"a\"b,c\nd\n",
       {"1: !column 1: a quote inside a field that does not begin with one <a\"b,c>", "2:[d]"}},
      {"x,\"a\"b\nd\n", {"1: !column 2: text behind the closing quote <x,\"a\"b>", "2:[d]"}},
      {"x,\"a\nb\nc\n", {"1: !column 2: the closing quote is missing <x,\"a>", "2:[b]", "3:[c]"}},
      {"x," + long_field + "\nd\n",
       {"1: !column 2: the field is longer than 16 KiB <x," + std::string(38, 'x') + ">", "2:[d]"}},
  };
  for (const Row& row : rows) EXPECT_EQ(RowsOf(row.text), row.rows) << row.text.substr(0, 60);
}

TEST_F(CsvTest, AMissingQuoteCostsOneLineHoweverMuchFollows) {
  std::string text = "\"a\n";
  for (int i = 0; i < 50'000; ++i) text += "b,c\n";
  const std::vector<std::string> rows = RowsOf(text);
  ASSERT_EQ(rows.size(), 50'001u);
  EXPECT_EQ(rows[0], "1: !column 1: the row is longer than 64 KiB; is a quote missing? <\"a>");
  EXPECT_EQ(rows.back(), "50001:[b][c]");
  // It runs into the next quote, whose row is good.
  EXPECT_EQ(RowsOf("1,\"abc,m\n2,\"ok, x\",m\n3,y\n"),
            (std::vector<std::string>{"1: !column 2: text behind the closing quote <1,\"abc,m>",
                                      "2:[2][ok, x][m]", "3:[3][y]"}));
  const std::vector<std::string> endless = RowsOf(std::string(1'000'000, 'x') + "\ny\n");
  ASSERT_EQ(endless.size(), 2u);
  EXPECT_EQ(endless[1], "2:[y]");
}

std::vector<std::string> Statuses(const std::string& path, FileFormat format) {
  const auto reader = ProductReader::Open(path, format, -1);
  EXPECT_TRUE(reader.ok());
  std::vector<std::string> lines;
  ProductRow row;
  while (true) {
    const Result<bool> is_row = (*reader)->Next(row);
    if (!is_row.ok()) lines.push_back("! " + is_row.error().message);
    if (!is_row.ok() || !*is_row) return lines;
    lines.push_back(std::to_string(row.line) + " " +
                    (row.status.ok() ? RenderProduct(row.product) : row.status.error().message));
  }
}

TEST_F(CsvTest, ColumnsAreNamedByTheHeaderInAnyOrder) {
  const auto read = [&](const std::string& text) {
    test::WriteFile(path_, text);
    std::vector<std::string> lines = Statuses(path_, FileFormat::kCsv);
    std::string joined;
    for (std::string& line : lines) joined += line + "|";
    return joined;
  };
  const std::string product =
      R"({"product_id":7,"sku":"S","manufacturer":"M","category_id":1,"weight":0,"some_other_id":2})"
      "\n|";
  EXPECT_EQ(read("some_other_id,sku,manufacturer,category_id,product_id\n2,S,M,1,7\n"),
            "2 " + product);
  const std::string p = "! " + path_ + ": the header row";
  EXPECT_EQ(read(""), p + " is missing|");
  EXPECT_EQ(read("product_id,skuu\n"),
            p + ": column 2: a product has no field \"skuu\"; did you mean \"sku\"?|");
  EXPECT_EQ(read("sku,sku\n"), p + ": column 2: \"sku\" is there twice|");
  EXPECT_EQ(read("product_id,sku\n"), p + ": \"manufacturer\" is missing|");
  EXPECT_EQ(read(kHeader + std::string("7,S,M,1,x,2\n7,S,M,1\n,S,M,1,0,2\n7,,M,1,0,2\n"
                                       "7,S,M,1,-1,2\n7,\xff,M,1,0,2\n9999999999,S,M,1,0,2\n")),
            "2 column 5 (weight): \"x\" is not a whole number|"
            "3 the row has 4 columns, the header row 6|4 product_id is required|"
            "5 sku is required|6 weight must be >= 0|7 column 2 (sku): not UTF-8|"
            "8 product_id must be <= 2147483647|");
}

// Text that any of the forms might trip over.
std::string AwkwardText(SplitMix64& random, std::size_t characters) {
  static const std::vector<std::string> kPieces = {"a",
                                                   "\"",
                                                   "\"\"",
                                                   ",",
                                                   "\n",
                                                   "\r\n",
                                                   "\r",
                                                   " ",
                                                   "\\",
                                                   "\\n",
                                                   "\t",
                                                   "\x01",
                                                   "\x7f",
                                                   "é",
                                                   "日本",
                                                   "\xF0\x9F\x98\x80",
                                                   "\xE2\x80\xA8",
                                                   "\xE2\x80\xA9",
                                                   "<&>",
                                                   "'",
                                                   "=",
                                                   "\xEF\xBB\xBF"};
  std::string text;
  while (CountCharacters(text) < characters) {
    text += kPieces[random.Below(static_cast<std::uint32_t>(kPieces.size()))];
  }
  while (CountCharacters(text) > characters) {
    do {
      const bool is_continuation = (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80;
      text.pop_back();
      if (!is_continuation) break;
    } while (true);
  }
  return text;
}

std::vector<Product> AwkwardProducts(std::uint64_t seed, int count) {
  SplitMix64 random(seed);
  std::vector<Product> products;
  for (int i = 1; i <= count; ++i) {
    products.push_back({i, AwkwardText(random, 1 + random.Below(100)),
                        AwkwardText(random, 1 + random.Below(200)), 1, i, 2147483647});
  }
  return products;
}

TEST_F(CsvTest, EveryProductComesBackAsItWas) {
  const std::vector<Product> products = AwkwardProducts(1, 2000);
  std::string csv;
  std::string ndjson;
  AppendCsvHeader(csv);
  for (const Product& product : products) {
    AppendCsvProduct(csv, product);
    AppendProduct(ndjson, product);
  }
  for (const bool is_gzipped : {false, true}) {
    for (const bool is_csv : {false, true}) {
      const std::string& text = is_csv ? csv : ndjson;
      std::string packed;
      GzipEncoder encoder;
      encoder.Encode(text, GzipEncoder::Flush::kEnd, packed);
      test::WriteFile(path_, is_gzipped ? packed : text);
      const auto reader =
          ProductReader::Open(path_, is_csv ? FileFormat::kCsv : FileFormat::kNdjson, -1);
      ASSERT_TRUE(reader.ok());
      ProductRow row;
      for (const Product& product : products) {
        const Result<bool> is_row = (*reader)->Next(row);
        ASSERT_TRUE(is_row.ok() && *is_row && row.status.ok())
            << product.product_id << (row.status.ok() ? "" : row.status.error().message);
        ASSERT_EQ(row.product, product);
      }
      const Result<bool> is_row = (*reader)->Next(row);
      EXPECT_TRUE(is_row.ok() && !*is_row);
    }
  }
}

// Whatever the bytes, a reader ends, numbers its rows in order and gives only what is a product.
TEST_F(CsvTest, DamagedFilesAreReadToTheirEnd) {
  std::string csv;
  std::string ndjson;
  AppendCsvHeader(csv);
  for (const Product& product : AwkwardProducts(2, 30)) {
    AppendCsvProduct(csv, product);
    AppendProduct(ndjson, product);
  }
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SplitMix64 random(seed);
    const bool is_csv = seed % 2 == 0;
    std::string text = is_csv ? csv : ndjson;
    const std::size_t first = is_csv ? csv.find('\n') + 1 : 0;
    for (std::uint32_t i = 0; i <= random.Below(20); ++i) {
      const std::size_t at = first + random.Below(static_cast<std::uint32_t>(text.size() - first));
      switch (random.Below(4)) {
        case 0:
          text[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          text.insert(at, 1, "\",\n\r{}"[random.Below(6)]);
          break;
        case 2:
          text.erase(at, random.Below(50));
          break;
        default:
          text.insert(at, text.substr(first + random.Below(100), random.Below(200)));
          break;
      }
      if (text.size() <= first) text += "x";
    }
    test::WriteFile(path_, text);
    const auto reader =
        ProductReader::Open(path_, is_csv ? FileFormat::kCsv : FileFormat::kNdjson, -1);
    ASSERT_TRUE(reader.ok());
    ProductRow row;
    std::uint64_t last_line = 0;
    while (true) {
      const Result<bool> is_row = (*reader)->Next(row);
      ASSERT_TRUE(is_row.ok()) << seed;
      if (!*is_row) break;
      ASSERT_GT(row.line, last_line) << seed;
      last_line = row.line;
      if (row.status.ok()) {
        ASSERT_TRUE(ParseProduct(RenderProduct(row.product)).ok()) << seed;
      } else {
        ASSERT_FALSE(row.status.error().message.empty()) << seed;
      }
    }
  }
}

TEST_F(CsvTest, DamagedGzipIsAnErrorAndNeverASilentEnd) {
  std::string packed;
  GzipEncoder encoder;
  std::string text;
  for (const Product& product : AwkwardProducts(3, 300)) AppendProduct(text, product);
  encoder.Encode(text, GzipEncoder::Flush::kEnd, packed);
  for (std::size_t size = 2; size < packed.size(); size += 97) {
    test::WriteFile(path_, packed.substr(0, size));
    const std::vector<std::string> lines = Statuses(path_, FileFormat::kNdjson);
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.back(), "! " + path_ + ": the gzipped bytes are cut off") << size;
  }
  test::WriteFile(path_, packed + packed);
  EXPECT_EQ(Statuses(path_, FileFormat::kNdjson).size(), 600u);
  packed[packed.size() / 2] ^= 0x55;
  test::WriteFile(path_, packed);
  EXPECT_TRUE(Statuses(path_, FileFormat::kNdjson).back().find("gzipped bytes are damaged") !=
              std::string::npos);
}

// Every byte of a plain line in turn becomes each of these, is left out, or comes twice: what is
// then still taken for plain is the product that the JSON is.
TEST(PlainProductLine, IsReadAsTheJsonItIs) {
  const Product product{1, "ABC-1 <&>", "Acme ~", 10, 0, 2147483647};
  const std::string canonical = RenderProduct(product);
  const std::string line =
      R"({"product_id":1,"sku":"ABC-1 <&>","manufacturer":"Acme ~","category_id":10,"weight":0,)"
      R"("some_other_id":2147483647})";
  Product read;
  EXPECT_TRUE(ReadPlainProductLine(line, read));
  EXPECT_EQ(read, product);
  const std::string escapes = canonical.substr(0, canonical.size() - 1);
  EXPECT_FALSE(ReadPlainProductLine(escapes, read));
  int plain = 0;
  const auto check = [&](const std::string& changed) {
    if (!ReadPlainProductLine(changed, read)) return;
    ++plain;
    const Result<Product> parsed = ParseProduct(changed);
    ASSERT_TRUE(parsed.ok()) << changed << parsed.error().message;
    EXPECT_EQ(read, *parsed) << changed;
  };
  const std::string bytes("019-+.e\"\\{}:, /a\0\n\x1f\x7f\x80\xc3\xff", 23);
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (const char byte : bytes) {
      std::string changed = line;
      changed[at] = byte;
      check(changed);
      changed = line;
      changed.insert(at, 1, byte);
      check(changed);
    }
    std::string changed = line;
    changed.erase(at, 1);
    check(changed);
    check(line.substr(0, at));
  }
  EXPECT_GT(plain, 100);
  for (const std::size_t length : {100u, 101u}) {
    std::string longest = line;
    longest.replace(longest.find("ABC-1 <&>"), 9, std::string(length, 'a'));
    EXPECT_EQ(ReadPlainProductLine(longest, read), length == 100);
  }
}

// The ids and skus of a file as OpenSorted gives them, or why it does not.
std::string Sorted(const std::string& path, std::size_t max_memory_bytes) {
  RejectLog rejects("line", RejectLog::Told::kReason);
  SortPlan plan;
  plan.max_memory_bytes = max_memory_bytes;
  const Result<SortedFile> file = OpenSorted(path, FileFormat::kNdjson, plan, rejects);
  if (!file.ok()) return file.error().message;
  std::string shown;
  Product product;
  while (true) {
    const Result<bool> has_more = file->products->Next(product);
    if (!has_more.ok()) return has_more.error().message;
    if (!*has_more) return shown + "refused " + std::to_string(file->refused);
    shown += std::to_string(product.product_id) + product.sku + " ";
  }
}

TEST_F(CsvTest, SortsInMemoryAndTakesLargerFilesOnlyIfTheyAreSorted) {
  const auto line = [](ProductId id, const std::string& sku) {
    return RenderProduct({id, sku, "M", 1, 1, 1});
  };
  const std::string sorted =
      line(1, "a") + "{}\n" + line(2, "b") + line(2, "c") + line(3, "d") + line(3, "e");
  test::WriteFile(path_, sorted);
  EXPECT_EQ(Sorted(path_, 1'000'000), "1a 2c 3e refused 1");
  EXPECT_EQ(Sorted(path_, 100), "1a 2c 3e refused 1");
  test::WriteFile(path_, line(3, "x") + sorted);
  EXPECT_EQ(Sorted(path_, 1'000'000), "1a 2c 3e refused 1");
  EXPECT_EQ(Sorted(path_, 100),
            path_ + ", line 2: more than 0 MiB must be sorted by product_id to be compared");
  // Read to its end once, standard input does not come again, also where it is a file.
  test::WriteFile(path_, sorted);
  const int kept = dup(STDIN_FILENO);
  const int file = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  dup2(file, STDIN_FILENO);
  EXPECT_EQ(Sorted("-", 100), "standard input: more than 0 MiB are compared from a file only");
  dup2(kept, STDIN_FILENO);
  close(kept);
  close(file);
}

TEST(FileKind, IsToldByTheName) {
  struct Row {
    std::string path;
    FileFormat format;
    bool is_gzipped;
  };
  for (const Row& row :
       {Row{"a.csv", FileFormat::kCsv, false}, Row{"a.csv.gz", FileFormat::kCsv, true},
        Row{"x/a.ndjson", FileFormat::kNdjson, false}, Row{"a.jsonl.gz", FileFormat::kNdjson, true},
        Row{"-", FileFormat::kNdjson, false}}) {
    const Result<FileKind> kind = FileKindOf(row.path, {});
    ASSERT_TRUE(kind.ok()) << row.path;
    EXPECT_EQ(kind->format, row.format) << row.path;
    EXPECT_EQ(kind->is_gzipped, row.is_gzipped) << row.path;
  }
  EXPECT_FALSE(FileKindOf("a.txt", {}).ok());
  EXPECT_TRUE(FileKindOf("a.txt", "csv").ok());
  EXPECT_FALSE(FileKindOf("a.csv", "xml").ok());
}

}  // namespace
}  // namespace products::cli
