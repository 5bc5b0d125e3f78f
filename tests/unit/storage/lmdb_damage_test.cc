// Whatever byte or page of a data file is damaged: what loads is what was stored, or nothing loads.

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "server/storage/lmdb_engine.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/storage/lmdb_files.h"

namespace products {
namespace {

using test::Products;
using test::TempDir;

constexpr std::size_t kPageBytes = 4096;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kStates = 300;
#else
constexpr int kStates = 1500;
#endif

class LmdbDamage : public testing::Test {
 protected:
  LmdbDamage() {
    test::Random random(3);
    {
      const auto engine = test::OpenLmdb(directory_.path());
      for (int commit = 0; commit < 60; ++commit) {
        if (commit == 50) older_ = test::ReadFile(file_);
        test::CommitRandomBatch(*engine, stored_, random);
      }
    }
    bytes_ = test::ReadFile(file_);
  }

  // What loads of a file of these bytes; the error where nothing does.
  Result<Products> LoadOf(const std::string& bytes) const {
    test::WriteFile(file_, bytes);
    auto engine = OpenLmdbEngine({directory_.path(), std::uint64_t{1} << 30});
    if (!engine.ok()) return engine.error();
    Products loaded;
    const Status status = (*engine)->Load([&loaded](ProductRecordPtr record) {
      loaded[record->id()] = record->body();
      return true;
    });
    if (!status.ok()) return status.error();
    return loaded;
  }

  // How many of the damaged files were seen to be so; the others must hold what was stored.
  bool IsFound(const std::string& bytes, const std::string& damage) const {
    const Result<Products> loaded = LoadOf(bytes);
    if (!loaded.ok()) {
      EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt)
          << damage << ": " << loaded.error().message << loaded.error().detail;
      EXPECT_NE(loaded.error().message.find("data.mdb"), std::string::npos) << damage;
      return true;
    }
    EXPECT_TRUE(*loaded == stored_) << damage << " has lost something in silence";
    return false;
  }

  // In memory: thousands of files are written here, and none has to last.
  const TempDir directory_{"/dev/shm"};
  const std::string file_ = directory_.File("data.mdb");
  Products stored_;
  std::string bytes_;
  std::string older_;
};

TEST_F(LmdbDamage, OfASingleBitIsFoundOrHarmless) {
  test::Random random(4);
  int found = 0;
  for (int state = 0; state < kStates; ++state) {
    std::string damaged = bytes_;
    const std::size_t at = random.Below(damaged.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.Below(8)));
    found += IsFound(damaged, "bit at " + std::to_string(at)) ? 1 : 0;
  }
  EXPECT_GT(found, kStates / 10);
}

TEST_F(LmdbDamage, OfAMetaPagesBitIsFoundOrHarmless) {
  int found = 0;
  for (std::size_t page = 0; page < 2; ++page) {
    for (std::size_t at = 0; at < 160; ++at) {
      for (int bit = 0; bit < 8; bit += 3) {
        std::string damaged = bytes_;
        char& byte = damaged[page * kPageBytes + at];
        byte = static_cast<char>(byte ^ (1 << bit));
        found += IsFound(damaged, "bit of meta byte " + std::to_string(at)) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(found, 50);
}

TEST_F(LmdbDamage, OfAWholePageIsFoundOrHarmless) {
  test::Random random(5);
  int found = 0;
  const std::size_t pages = bytes_.size() / kPageBytes;
  for (std::size_t page = 0; page < pages; ++page) {
    std::string zeroed = bytes_;
    std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(page * kPageBytes), kPageBytes, '\0');
    found += IsFound(zeroed, "zeros in page " + std::to_string(page)) ? 1 : 0;
    std::string noise = bytes_;
    for (std::size_t i = 0; i < kPageBytes; ++i) {
      noise[page * kPageBytes + i] = static_cast<char>(random.Below(256));
    }
    found += IsFound(noise, "noise in page " + std::to_string(page)) ? 1 : 0;
    std::string other = bytes_;
    other.replace(page * kPageBytes, kPageBytes, bytes_, random.Below(pages) * kPageBytes,
                  kPageBytes);
    found += IsFound(other, "another page in page " + std::to_string(page)) ? 1 : 0;
  }
  EXPECT_GT(found, static_cast<int>(pages));
}

// What a disk leaves that has dropped a write.
TEST_F(LmdbDamage, OfAPageOfAnOlderStateIsFoundOrHarmless) {
  int found = 0;
  for (std::size_t at = 0; at + kPageBytes <= older_.size(); at += kPageBytes) {
    std::string damaged = bytes_;
    damaged.replace(at, kPageBytes, older_, at, kPageBytes);
    found += IsFound(damaged, "older page " + std::to_string(at / kPageBytes)) ? 1 : 0;
  }
  EXPECT_GT(found, 0);
}

TEST_F(LmdbDamage, OfTheLengthIsFound) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, kPageBytes, 2 * kPageBytes,
                                 bytes_.size() / 2, bytes_.size() - 1}) {
    EXPECT_TRUE(IsFound(bytes_.substr(0, size), "length " + std::to_string(size)));
  }
  EXPECT_TRUE(IsFound("this is no catalogue", "a text"));
}

TEST_F(LmdbDamage, IsListedProductByProductByVerify) {
  const Result<VerifyReport> sound = VerifyLmdb(directory_.path(), test::kGoOn);
  ASSERT_TRUE(sound.ok());
  EXPECT_EQ(sound->products, stored_.size());
  EXPECT_EQ(sound->fault_count, 0U);

  // Every copy of a body, for those in free pages do not count.
  const auto is_long = [](const auto& product) { return product.second.size() > 200; };
  const std::string body = std::find_if(stored_.begin(), stored_.end(), is_long)->second;
  std::string damaged = bytes_;
  for (std::size_t at = damaged.find(body); at != std::string::npos; at = damaged.find(body, at)) {
    damaged[at] = '#';
  }
  test::WriteFile(file_, damaged);
  const Result<VerifyReport> report = VerifyLmdb(directory_.path(), test::kGoOn);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_GE(report->fault_count, 1U);
  EXPECT_EQ(report->products + report->fault_count, stored_.size());
  EXPECT_NE(report->faults.at(0).find("product "), std::string::npos) << report->faults.at(0);
}

}  // namespace
}  // namespace products
