#include "loadtest/open_loop/sync_probe.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace products::open_loop {
namespace {

TEST(SyncProbe, RefusesMemoryForADevice) {
  const auto report = RunSyncProbe({.directory = "/dev/shm", .schedule = {}});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument) << report.error().message;
}

TEST(SyncProbe, SaysWhereItCannotWrite) {
  const auto report = RunSyncProbe({.directory = "/nowhere", .schedule = {}});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().message, "cannot write a file in /nowhere");
}

}  // namespace
}  // namespace products::open_loop
