#include "server/metrics/process_figures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

namespace products {
namespace {

TEST(ProcessFigures, AreAllThereAndPlausible) {
  const ProcessFigures figures = ReadProcessFigures();
  EXPECT_GT(figures.cpu_seconds.value(), 0);
  EXPECT_GE(figures.open_fds.value(), 3);
  EXPECT_GE(figures.max_fds.value(), figures.open_fds.value());
  EXPECT_GT(figures.resident_memory_bytes.value(), 1e6);
  EXPECT_GE(figures.virtual_memory_bytes.value(), figures.resident_memory_bytes.value());
  EXPECT_GE(figures.threads.value(), 1);

  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(figures.start_time_seconds.value(), now, 3600);
}

TEST(ProcessFigures, CountEveryOpenDescriptor) {
  const double before = ReadProcessFigures().open_fds.value();
  const int first = open("/dev/null", O_RDONLY);
  const int second = open("/dev/null", O_RDONLY);
  EXPECT_EQ(ReadProcessFigures().open_fds.value(), before + 2);
  close(first);
  close(second);
  EXPECT_EQ(ReadProcessFigures().open_fds.value(), before);
}

}  // namespace
}  // namespace products
