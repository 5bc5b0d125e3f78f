#include "cli/io.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

namespace products::cli {
namespace {

constexpr int kUnknownWidthColumns = 80;
constexpr int kUnknownHeightRows = 24;

}  // namespace

Terminal Terminal::Of(int file_descriptor) {
  Terminal terminal;
  if (::isatty(file_descriptor) == 1) terminal.file_descriptor_ = file_descriptor;
  return terminal;
}

int Terminal::Columns() const {
  winsize size{};
  if (::ioctl(*file_descriptor_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kUnknownWidthColumns;
  }
  return size.ws_col;
}

int Terminal::Rows() const {
  winsize size{};
  if (::ioctl(*file_descriptor_, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) {
    return kUnknownHeightRows;
  }
  return size.ws_row;
}

bool FlushToReader(Io& io) {
  // The stream does not tell why it failed, but the write that it failed at has left its errno.
  if (io.out.good()) {
    errno = 0;
    io.out.flush();
  }
  if (!io.out.good() && errno == EPIPE) io.reader_has_left = true;
  return io.out.good();
}

}  // namespace products::cli
