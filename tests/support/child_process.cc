#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace products::test {
namespace {

constexpr std::chrono::seconds kPatience{60};

// {what the test reads, what the program writes}
using Channel = std::pair<int, int>;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

Channel MakePipe() {
  std::array<int, 2> ends;
  Require(::pipe2(ends.data(), O_CLOEXEC) == 0, "pipe2");
  return {ends[0], ends[1]};
}

// Raw, so that the test sees the bytes as they were written.
Channel MakeTerminal(int columns) {
  int master = -1;
  int slave = -1;
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  termios mode{};
  ::cfmakeraw(&mode);
  mode.c_cflag |= CS8 | CREAD;
  Require(::openpty(&master, &slave, nullptr, &mode, &size) == 0, "openpty");
  ::fcntl(master, F_SETFD, FD_CLOEXEC);
  ::fcntl(slave, F_SETFD, FD_CLOEXEC);
  return {master, slave};
}

int MakeInput(const std::string& text) {
  std::FILE* file = std::tmpfile();
  Require(file != nullptr, "tmpfile");
  Require(std::fwrite(text.data(), 1, text.size(), file) == text.size(), "fwrite");
  std::rewind(file);
  const int descriptor = ::fcntl(::fileno(file), F_DUPFD_CLOEXEC, 0);
  std::fclose(file);
  return descriptor;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> SanitizerOptions() {
  std::vector<std::string> variables;
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) variables.push_back(std::string(name) + "=" + value);
  }
  return variables;
}

// False at the end of the channel, which a terminal reports as an error.
bool ReadSome(int descriptor, std::string& text) {
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  if (count <= 0) return false;
  text.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const RunOptions& options) {
  std::vector<std::string> argument_texts = {program};
  argument_texts.insert(argument_texts.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variable_texts = SanitizerOptions();
  for (const auto& [name, value] : options.environment) {
    variable_texts.push_back(name + "=" + value);
  }
  const std::vector<char*> argument_pointers = Pointers(argument_texts);
  const std::vector<char*> variable_pointers = Pointers(variable_texts);

  const auto make = [&options] {
    return options.terminal_columns ? MakeTerminal(*options.terminal_columns) : MakePipe();
  };
  const Channel out = make();
  const Channel err = make();
  const int in = MakeInput(options.input);
  const int out_file = options.out_path.empty()
                           ? out.second
                           : ::open(options.out_path.c_str(), O_WRONLY | O_CLOEXEC);
  pid_ = ::fork();
  Require(pid_ >= 0, "fork");
  if (pid_ == 0) {
    ::dup2(in, STDIN_FILENO);
    ::dup2(out_file, STDOUT_FILENO);
    ::dup2(err.second, STDERR_FILENO);
    ::execve(program.c_str(), argument_pointers.data(), variable_pointers.data());
    ::_exit(127);
  }
  ::close(in);
  if (out_file != out.second) ::close(out_file);
  ::close(out.second);
  ::close(err.second);
  out_ = out.first;
  err_ = err.first;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

void ChildProcess::Signal(int signal) const { ::kill(pid_, signal); }

RunResult ChildProcess::Wait() {
  RunResult result;
  std::array<pollfd, 2> channels = {{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  const std::array<std::string*, 2> texts = {&result.out, &result.err};
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (channels[0].fd >= 0 || channels[1].fd >= 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      result.err += "\n[killed by the test: it did not end]\n";
      break;
    }
    ::poll(channels.data(), channels.size(), 1000);
    for (std::size_t i = 0; i < channels.size(); ++i) {
      // A negative descriptor is one that poll leaves alone.
      if (channels[i].revents != 0 && !ReadSome(channels[i].fd, *texts[i])) channels[i].fd = -1;
      channels[i].revents = 0;
    }
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

RunResult RunToEnd(const std::string& program, const std::vector<std::string>& arguments,
                   const RunOptions& options) {
  return ChildProcess(program, arguments, options).Wait();
}

}  // namespace products::test
