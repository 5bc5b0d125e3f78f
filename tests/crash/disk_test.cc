// What a full disk and a broken one do to a productd: writes are refused with 503, reads go on, and
// whatever was acknowledged is there after a restart.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/lmdb_engine.h"
#include "tests/crash/ledger.h"
#include "tests/crash/small_disk.h"
#include "tests/support/metric_reader.h"
#include "tests/support/raw_connection.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace products::crash {
namespace {

using test::HttpResponse;
using test::RawConnection;
using test::ServerProcess;

constexpr std::size_t kConnections = 64;
constexpr std::size_t kPipelined = 256;
constexpr std::size_t kDiskMebibytes = 12;

std::vector<std::string> LmdbArguments(const std::string& directory) {
  return ServerProcess::ProductdArguments(
      {"--storage-engine", "lmdb", "--storage-data-dir", directory, "--drain-idle-ms", "10"});
}

/// Writes products of the ledger in turn, by many connections at once: a connection has one write
/// under way.
class Writers {
 public:
  Writers(const std::string& address, Ledger& ledger) : ledger_(ledger) {
    for (std::size_t i = 0; i < kConnections; ++i) connections_.emplace_back(address);
  }

  /// Until one is refused or `last` are written. The first refusal; status 0 when there is none.
  HttpResponse WriteUpTo(std::size_t last) {
    HttpResponse refusal;
    while (next_ < last && refusal.status == 0) {
      const std::size_t count = std::min(kConnections, last - next_);
      for (std::size_t i = 0; i < count; ++i) connections_[i].Send(ledger_.Send(next_ + i));
      for (std::size_t i = 0; i < count; ++i) {
        const HttpResponse response = connections_[i].ReadResponse();
        if (!ledger_.Answer(next_ + i, response) && refusal.status == 0) refusal = response;
      }
      next_ += count;
    }
    return refusal;
  }
  HttpResponse WriteOne() { return WriteUpTo(next_ + 1); }

  std::size_t written() const { return next_; }

 private:
  Ledger& ledger_;
  std::vector<RawConnection> connections_;
  std::size_t next_ = 0;
};

void ExpectAllThere(const std::string& address, Ledger& ledger, std::size_t products) {
  RawConnection connection(address);
  for (std::size_t first = 0; first < products; first += kPipelined) {
    const std::size_t end = std::min(first + kPipelined, products);
    std::string requests;
    for (std::size_t i = first; i < end; ++i) {
      requests += test::GetText("/products/" + std::to_string(Ledger::IdOf(i)));
    }
    connection.Send(requests);
    for (std::size_t i = first; i < end; ++i) {
      const auto wrong = ledger.Check(i, connection.ReadResponse());
      ASSERT_FALSE(wrong) << *wrong;
    }
  }
}

TEST(FullDisk, RefusesWritesServesReadsAndRecoversWithoutARestart) {
  const auto mounted = SmallDisk::Mount(kDiskMebibytes);
  if (!mounted.ok()) GTEST_SKIP() << mounted.error().message << ": " << mounted.error().detail;
  const SmallDisk& disk = **mounted;
  const std::string ballast = disk.path() + "/ballast";
  test::WriteFile(ballast, std::string(3 * 1024 * 1024, 'b'));
  disk.WaitUntilFreed();
  Ledger ledger(200'000);
  std::size_t written = 0;
  {
    ServerProcess server(PRODUCTD_BINARY, LmdbArguments(disk.path() + "/data"));
    Writers writers(server.address(), ledger);
    const HttpResponse refusal = writers.WriteUpTo(ledger.products());
    ASSERT_EQ(refusal.status, 503) << refusal.body;
    EXPECT_NE(refusal.body.find("OVERLOADED"), std::string::npos) << refusal.body;
    EXPECT_TRUE(refusal.Header("Retry-After"));

    // One that has no page to itself may still fit.
    HttpResponse again;
    while (again.status == 0) again = writers.WriteOne();
    EXPECT_EQ(again.status, 503) << again.body;
    EXPECT_EQ(test::Get(server.address(), "/readyz").status, 200);
    EXPECT_EQ(test::Get(server.address(), "/products/1").status, 200);
    EXPECT_GE(test::ReadMetric(server.address(), "productd_commit_failures_total"), 2);

    std::filesystem::remove(ballast);
    disk.WaitUntilFreed();
    const HttpResponse none = writers.WriteUpTo(writers.written() + 1'000);
    EXPECT_EQ(none.status, 0) << "with space again: " << none.status << " " << none.body;
    EXPECT_EQ(test::ReadMetric(server.address(), "productd_writes_stopped"), 0);
    written = writers.written();
    EXPECT_EQ(server.Stop(), 0);
  }
  ServerProcess server(PRODUCTD_BINARY, LmdbArguments(disk.path() + "/data"));
  ExpectAllThere(server.address(), ledger, written);
  server.Kill();
}

// A write that does not fit whole is a short one, and LMDB takes a short write for a broken disk.
TEST(FullDisk, BatchThatStopsInTheMiddleOfAWriteIsRefusedLikeAnother) {
  const auto mounted = SmallDisk::Mount(kDiskMebibytes);
  if (!mounted.ok()) GTEST_SKIP() << mounted.error().message << ": " << mounted.error().detail;
  const SmallDisk& disk = **mounted;
  constexpr std::uintmax_t kPage = 4096;
  std::uintmax_t ballast_bytes = 3 * 1024 * 1024;
  const std::string ballast = disk.path() + "/ballast";
  test::WriteFile(ballast, std::string(ballast_bytes, 'b'));
  auto opened = OpenLmdbEngine({.directory = disk.path() + "/data"});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  Engine& engine = **opened;

  // Each batch takes some thirty new pages in a row.
  ProductId id = 0;
  const auto commit = [&engine, &id] {
    std::vector<Change> batch;
    for (int i = 0; i < 250; ++i) {
      ++id;
      batch.push_back({id, ProductRecord::Make(id, std::string(450, 'p'))});
    }
    return engine.Commit(batch).status();
  };
  Status outcome;
  while (outcome.ok()) outcome = commit();
  EXPECT_EQ(outcome.error().code, ErrorCode::kOverloaded) << outcome.error().detail;
  // Room for some of the pages and not for all. What a short write did write is there the next
  // time, so now and then a batch fits.
  int refused = 0;
  for (int round = 0; round < 40; ++round) {
    ballast_bytes -= 4 * kPage;
    std::filesystem::resize_file(ballast, ballast_bytes);
    disk.WaitUntilFreed();
    outcome = commit();
    if (outcome.ok()) continue;
    ++refused;
    ASSERT_EQ(outcome.error().code, ErrorCode::kOverloaded)
        << "round " << round << ": " << outcome.error().message << ": " << outcome.error().detail;
  }
  EXPECT_GE(refused, 10);
  std::filesystem::remove(ballast);
  disk.WaitUntilFreed();
  outcome = commit();
  EXPECT_TRUE(outcome.ok()) << outcome.error().message << ": " << outcome.error().detail;
}

// productd with a fault in its data directory, as PRODUCTD_IO_FAULT has it.
std::vector<std::string> FaultyArguments(const std::string& directory, const std::string& fault) {
  std::vector<std::string> arguments = {std::string("LD_PRELOAD=") + IO_SHIM,
                                        "PRODUCTD_IO_TREE=" + directory,
                                        "PRODUCTD_IO_FAULT=" + fault, PRODUCTD_BINARY};
  for (std::string& argument : LmdbArguments(directory)) arguments.push_back(std::move(argument));
  return arguments;
}

struct FaultRow {
  const char* fault;
  bool stops_writes;
};

void PrintTo(const FaultRow& row, std::ostream* out) { *out << row.fault; }

class FaultyDisk : public testing::TestWithParam<FaultRow> {};

TEST_P(FaultyDisk, LosesNothingAcknowledgedAndServesReads) {
  const FaultRow& row = GetParam();
  const test::TempDir directory;
  Ledger ledger(100);
  {
    ServerProcess server("/usr/bin/env", FaultyArguments(directory.path(), row.fault));
    const std::string& address = server.address();
    Writers writers(address, ledger);
    HttpResponse refusal;
    while (refusal.status == 0 && writers.written() < 50) refusal = writers.WriteOne();
    ASSERT_EQ(refusal.status, 503) << refusal.body;
    EXPECT_GE(writers.written(), 3U) << "too soon to lose anything";
    EXPECT_EQ(refusal.HasHeader("Retry-After"), !row.stops_writes);

    const HttpResponse next = writers.WriteOne();
    EXPECT_EQ(next.status, row.stops_writes ? 503 : 0) << next.body;
    EXPECT_EQ(test::Get(address, "/readyz").status, row.stops_writes ? 503 : 200);
    EXPECT_EQ(test::Get(address, "/healthz").status, 200);
    EXPECT_EQ(test::Get(address, "/products/1").status, 200);
    EXPECT_EQ(test::ReadMetric(address, "productd_commit_failures_total"), 1);
    EXPECT_EQ(server.Stop(), 0);
  }
  ServerProcess server(PRODUCTD_BINARY, LmdbArguments(directory.path()));
  ExpectAllThere(server.address(), ledger, ledger.products());
  EXPECT_EQ(test::Get(server.address(), "/readyz").status, 200);
  const HttpResponse none = Writers(server.address(), ledger).WriteOne();
  EXPECT_EQ(none.status, 0) << none.body;
  EXPECT_EQ(server.Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    , FaultyDisk,
    testing::Values(FaultRow{"write:20:EIO", true}, FaultRow{"synchronous_write:10:EIO", true},
                    FaultRow{"sync:12:EIO", true}, FaultRow{"synchronous_write:10:ENOSPC", true},
                    FaultRow{"write:20:ENOSPC", false}, FaultRow{"write:20:HALF", true}));

}  // namespace
}  // namespace products::crash
