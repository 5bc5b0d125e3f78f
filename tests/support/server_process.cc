#include "tests/support/server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/raw_connection.h"

extern char** environ;

namespace products::test {
namespace {

pid_t Spawn(const std::string& program, const std::vector<std::string>& arguments,
            const std::string& directory) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int flags = O_WRONLY | O_CREAT | O_APPEND;
  // Where a server that is not told otherwise keeps its data.
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "log", flags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "log", flags, 0600);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot run " + program);
  return pid;
}

// The exit code; throws when the process outlives `patience`, after killing it.
int WaitFor(pid_t pid, std::chrono::milliseconds patience) {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  pollfd wait{process, POLLIN, 0};
  const bool ended = ::poll(&wait, 1, static_cast<int>(patience.count())) > 0;
  ::close(process);
  if (!ended) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!ended) throw std::runtime_error("the process did not end in time");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ServerProcess::ServerProcess(const std::string& program, std::vector<std::string> arguments,
                             const std::string& ready_flag) {
  Start(program, std::move(arguments), ready_flag);
  WaitUntilReady();
}

ServerProcess::ServerProcess(const std::string& program, std::vector<std::string> arguments,
                             Until until) {
  Start(program, std::move(arguments), "--ready-file");
  if (until == Until::kReady) {
    WaitUntilReady();
    return;
  }
  // {...,"event":"listening","http":"127.0.0.1:1","management":"127.0.0.1:2",...}
  std::smatch found;
  std::string log;
  const std::regex listening(R"re("listening","http":"([^"]*)","management":"([^"]*)")re");
  Await([&] {
    log = Log();
    return std::regex_search(log, found, listening);
  });
  addresses_ = {found[1], found[2]};
}

void ServerProcess::Start(const std::string& program, std::vector<std::string> arguments,
                          const std::string& ready_flag) {
  arguments.push_back(ready_flag);
  arguments.push_back(directory_.File("ready"));
  pid_ = Spawn(program, arguments, directory_.path());
}

void ServerProcess::WaitUntilReady() {
  const std::string ready_file = directory_.File("ready");
  Await([&] { return ::access(ready_file.c_str(), F_OK) == 0; });
  addresses_.clear();
  std::istringstream lines(ReadFile(ready_file));
  for (std::string line; std::getline(lines, line);) addresses_.push_back(line);
}

void ServerProcess::Await(const std::function<bool()>& condition) const {
  const int watch = ::inotify_init1(IN_CLOEXEC);
  ::inotify_add_watch(watch, directory_.path().c_str(), IN_MOVED_TO | IN_MODIFY);
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  bool ended = false;
  bool holds = condition();
  while (!holds && !ended && std::chrono::steady_clock::now() < deadline) {
    pollfd waits[] = {{watch, POLLIN, 0}, {process, POLLIN, 0}};
    ::poll(waits, 2, 1000);
    if (waits[0].revents != 0) {
      char events[4096];
      (void)!::read(watch, events, sizeof events);
    }
    ended = waits[1].revents != 0;
    holds = condition();
  }
  ::close(watch);
  ::close(process);
  if (!holds) throw std::runtime_error("the server is not ready: " + Log());
}

ServerProcess::~ServerProcess() {
  if (pid_ < 0) return;
  // Ended before its test: a crash, or a sanitizer's finding. The log says which.
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) {
    ADD_FAILURE() << "the server ended by itself, status " << status << ":\n" << Log();
    return;
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::vector<std::string> ServerProcess::ProductdArguments(std::vector<std::string> flags,
                                                          int workers) {
  std::vector<std::string> arguments{"--http-listen",         "127.0.0.1:0",  "--workers",
                                     std::to_string(workers), "--log-format", "json",
                                     "--storage-engine",      "memory"};
  for (std::string& flag : flags) arguments.push_back(std::move(flag));
  return arguments;
}

void ServerProcess::Signal(int signal) const { ::kill(pid_, signal); }

void ServerProcess::Suspend() const {
  Signal(SIGSTOP);
  int status = 0;
  // The kernel tells of a process that is stopped when its last thread is.
  if (::waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status)) {
    throw std::runtime_error("the server has ended instead of stopping");
  }
}

int ServerProcess::WaitForExit() {
  const int exit_code = WaitFor(std::exchange(pid_, -1), std::chrono::seconds(60));
  if (exit_code != 0)
    std::fprintf(stderr, "the server's exit code is %d:\n%s\n", exit_code, Log().c_str());
  return exit_code;
}

int ServerProcess::Stop() {
  Signal(SIGTERM);
  return WaitForExit();
}

void ServerProcess::Kill() {
  Signal(SIGKILL);
  const int exit_code = WaitFor(std::exchange(pid_, -1), std::chrono::seconds(60));
  if (exit_code != 128 + SIGKILL) throw std::runtime_error("the server ended by itself: " + Log());
}

std::string ServerProcess::Log() const { return ReadFile(directory_.File("log")); }

std::chrono::milliseconds ServerProcess::CpuTime() const {
  std::string stat = ReadFile("/proc/" + std::to_string(pid_) + "/stat");
  // The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15.
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::size_t ServerProcess::ResidentBytes() const {
  std::istringstream fields(ReadFile("/proc/" + std::to_string(pid_) + "/statm"));
  std::size_t total = 0;
  std::size_t resident = 0;
  fields >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t ServerProcess::PeakResidentBytes() const {
  const std::string status = ReadFile("/proc/" + std::to_string(pid_) + "/status");
  std::istringstream peak(status.substr(status.find("VmHWM:") + 6));
  std::size_t kibibytes = 0;
  peak >> kibibytes;
  return kibibytes * 1024;
}

}  // namespace products::test
