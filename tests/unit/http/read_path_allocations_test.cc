// The read path allocates nothing: once a connection is warm, a GET of a product makes no call of
// operator new, from the bytes received to the metrics recorded.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include "tests/unit/http/connection_harness.h"

namespace {

// Of this thread, while counting.
thread_local bool counting = false;
thread_local std::size_t allocations = 0;

void* Allocate(std::size_t size) {
  if (counting) ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace products::test {
namespace {

std::size_t AllocationsOf(ConnectionHarness& harness, const std::string& bytes) {
  allocations = 0;
  counting = true;
  harness.connection().OnBytes(bytes, harness.now, harness.out);
  harness.connection().RecordAnswered(harness.now);
  harness.out.clear();
  counting = false;
  return allocations;
}

TEST(ReadPath, AGetOfAProductAllocatesNothing) {
  ConnectionHarness harness;
  const ProductTable::ReadGuard guard;
  const std::string usual =
      "GET /products/1 HTTP/1.1\r\nHost: catalogue.example\r\nUser-Agent: client/1.0\r\n"
      "Accept: application/json\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\n\r\n";
  const std::string conditional =
      "GET /products/1?a=b HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nIf-Match: *\r\n"
      "If-None-Match: \"0123456789abcdef\", \"fedcba9876543210\"\r\n\r\n";
  const std::string not_modified =
      "GET /products/1 HTTP/1.1\r\nHost: h\r\nIf-None-Match: *\r\n\r\n";
  // The first makes room in the connection and in the worker's metrics.
  EXPECT_GT(AllocationsOf(harness, GetText("/products/1")), 0U) << "the count does not count";
  for (const std::string& bytes :
       {usual, GetText("/products/1"), GetText("/products/1") + usual + usual, conditional,
        not_modified, "HEAD /products/1 HTTP/1.1\r\nHost: h\r\n\r\n" + usual}) {
    (void)AllocationsOf(harness, bytes);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(AllocationsOf(harness, bytes), 0U) << bytes;
  }
}

}  // namespace
}  // namespace products::test
