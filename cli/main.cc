#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/app.h"

namespace {

products::cli::Environment ReadEnvironment() {
  products::cli::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

// A standard stream that was closed would give its number to the next socket, and what is printed
// would go there. Opened the wrong way round, each use of it fails as on a closed one.
void ReserveStandardDescriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using products::cli::Terminal;
  ReserveStandardDescriptors();
  std::ios::sync_with_stdio(false);
  // A server that closes a connection early must not kill the process; a closed pipe behind
  // standard output shows as a failed write.
  std::signal(SIGPIPE, SIG_IGN);
  // Nor a file that may not grow: the write fails, and the half of a file is removed.
  std::signal(SIGXFSZ, SIG_IGN);
  const products::cli::Environment environment = ReadEnvironment();
  // A dumb terminal shows colours and a line that is drawn over as characters.
  const auto term = environment.find("TERM");
  const bool is_dumb = term != environment.end() && term->second == "dumb";
  products::cli::Io io{std::cin,
                       std::cout,
                       std::cerr,
                       Terminal::Of(STDOUT_FILENO),
                       is_dumb ? Terminal() : Terminal::Of(STDERR_FILENO),
                       is_dumb ? Terminal() : Terminal::Of(STDIN_FILENO)};
  const products::SystemClock clock;
  return static_cast<int>(
      products::cli::RunApp({argv + (argc > 0 ? 1 : 0), argv + argc}, environment, io, clock));
}
