// Batches far larger than memory may hold: what the server keeps of them is bounded, and others are
// served meanwhile.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include "tests/load/catalogue.h"
#include "tests/load/client_threads.h"
#include "tests/support/raw_connection.h"
#include "tests/support/server_process.h"

namespace products::load {
namespace {

using test::HttpResponse;
using test::RawConnection;
using test::ServerProcess;

constexpr std::size_t kMiB = std::size_t{1} << 20;
// Few, so that the catalogue itself is small.
constexpr int kProducts = 10'000;
constexpr int kVersion = 7;
// A sanitizer makes a gigabyte take minutes.
constexpr std::size_t kLargeBytes = test::kMemoryIsItsOwn ? 1024 * kMiB : 64 * kMiB;
constexpr std::size_t kStreams = 8;
// Of a stream: a group that is filled, two that are committed, and what their commit takes;
// besides, replaced products that are not yet freed.
constexpr std::size_t kBytesPerStream = 12 * kMiB;
constexpr std::size_t kReplacedBytes = 40 * kMiB;

// All products once, a line each, as one chunk.
std::string AllProductsAsChunk() {
  std::string lines;
  for (int id = 1; id <= kProducts; ++id) lines += ProductText(id, kVersion) + "\n";
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", lines.size());
  return size + lines + "\r\n";
}

// Sends at least so many bytes of products; the answer's complaint, or nothing.
std::string SendBatch(const std::string& address, std::size_t bytes) {
  const std::string chunk = AllProductsAsChunk();
  const std::size_t chunks = bytes / chunk.size() + 1;
  RawConnection connection(address);
  connection.Send(
      "POST /products/batch HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (std::size_t i = 0; i < chunks; ++i) connection.Send(chunk);
  connection.Send("0\r\n\r\n");
  const HttpResponse response = connection.ReadResponse();
  const std::string expected =
      "{\"stored\":" + std::to_string(chunks * kProducts) + ",\"rejected\":0,\"errors\":[]}\n";
  return response.body == expected ? "" : response.body;
}

std::size_t MemoryGrowth(const ServerProcess& server, std::size_t before) {
  return test::kMemoryIsItsOwn ? server.PeakResidentBytes() - before : 0;
}

TEST(LargeBatch, TakesBoundedMemoryAndOthersAreServedMeanwhile) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments({}, 1));
  ASSERT_EQ(SendBatch(server.address(), 1), "");
  const std::size_t before = server.PeakResidentBytes();
  Findings findings;
  std::atomic<bool> over{false};
  std::atomic<std::size_t> answered{0};
  std::thread readers([&] {
    RunClients(2, findings, [&](std::size_t number) {
      RawConnection connection(server.address());
      for (int id = 1; !over; id = id % kProducts + 1) {
        connection.Send(GetRequest(id));
        const HttpResponse response = connection.ReadResponse();
        if (response.body != ProductAnswer(id, kVersion)) findings.Add(response.body);
        if (number == 0) ++answered;
      }
    });
  });
  RunClients(1, findings, [&](std::size_t) {
    const std::string complaint = SendBatch(server.address(), kLargeBytes);
    if (!complaint.empty()) findings.Add(complaint);
  });
  over = true;
  readers.join();
  EXPECT_EQ(findings.count(), 0U) << findings.Text();
  // Each needed a turn of the one worker, and a batch has one about every 64 KiB.
  EXPECT_GT(answered, kLargeBytes / kMiB);
  EXPECT_LT(MemoryGrowth(server, before), kBytesPerStream + kReplacedBytes);
  EXPECT_EQ(server.Stop(), 0);
}

TEST(LargeBatch, AsManyAsThereMayBeAtOnceTakeBoundedMemory) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  ASSERT_EQ(SendBatch(server.address(), 1), "");
  const std::size_t before = server.PeakResidentBytes();
  Findings findings;
  RunClients(kStreams, findings, [&](std::size_t) {
    const std::string complaint = SendBatch(server.address(), kLargeBytes / 4 / kStreams);
    if (!complaint.empty()) findings.Add(complaint);
  });
  EXPECT_EQ(findings.count(), 0U) << findings.Text();
  EXPECT_LT(MemoryGrowth(server, before), kStreams * kBytesPerStream + kReplacedBytes);
  EXPECT_EQ(server.Stop(), 0);
}

TEST(LargeBatch, OfOneLineWithoutEndIsRejectedWithoutBeingKept) {
  ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments());
  const std::size_t before = server.PeakResidentBytes();
  RawConnection connection(server.address());
  const std::string piece(kMiB, 'x');
  const std::size_t pieces = 128;
  connection.Send("POST /products/batch HTTP/1.1\r\nHost: test\r\nContent-Length: " +
                  std::to_string(pieces * piece.size()) + "\r\n\r\n");
  for (std::size_t i = 0; i < pieces; ++i) connection.Send(piece);
  const std::string body = connection.ReadResponse().body;
  EXPECT_TRUE(body.starts_with(
      R"({"stored":0,"rejected":1,"errors":[{"line":1,"error":"PAYLOAD_TOO_LARGE")"))
      << body;
  EXPECT_LT(MemoryGrowth(server, before), 2 * kMiB);
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace products::load
