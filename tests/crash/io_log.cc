#include "tests/crash/io_log.h"

#include <cstring>
#include <stdexcept>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace products::crash {
namespace {

std::string Take(std::string_view& rest, std::size_t size) {
  if (rest.size() < size) throw std::runtime_error("the log of calls ends within an event");
  std::string taken(rest.substr(0, size));
  rest.remove_prefix(size);
  return taken;
}

}  // namespace

std::vector<IoEvent> ReadIoLog(const std::string& path) {
  const std::string text = test::ReadFile(path);
  std::string_view rest = text;
  std::vector<IoEvent> events;
  while (!rest.empty()) {
    IoEventHeader header{};
    std::memcpy(&header, Take(rest, sizeof header).data(), sizeof header);
    IoEvent event;
    event.kind = header.kind;
    event.synchronous = header.synchronous != 0;
    event.file = header.file;
    event.offset = header.offset;
    event.path = Take(rest, header.path_size);
    event.target = Take(rest, header.target_size);
    event.bytes = Take(rest, header.bytes_size);
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace products::crash
