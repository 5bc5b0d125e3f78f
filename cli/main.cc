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

}  // namespace

int main(int argc, char** argv) {
  using products::cli::Terminal;
  std::ios::sync_with_stdio(false);
  // A server that closes a connection early must not kill the process; a closed pipe behind
  // standard output shows as a failed write.
  std::signal(SIGPIPE, SIG_IGN);
  products::cli::Io io{std::cin, std::cout, std::cerr, Terminal::Of(STDOUT_FILENO),
                       Terminal::Of(STDERR_FILENO)};
  const products::SystemClock clock;
  return static_cast<int>(products::cli::RunApp({argv + (argc > 0 ? 1 : 0), argv + argc},
                                                ReadEnvironment(), io, clock));
}
