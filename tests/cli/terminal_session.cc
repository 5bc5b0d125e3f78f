#include "tests/cli/terminal_session.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace products::cli {
namespace {

constexpr std::chrono::seconds kPatience{20};

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

winsize Size(int columns, int rows) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  return size;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t CharacterBytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

}  // namespace

TerminalSession::TerminalSession(const std::string& program,
                                 const std::vector<std::string>& arguments,
                                 const std::map<std::string, std::string>& environment, int columns,
                                 int rows)
    : columns_(columns), rows_(rows) {
  cells_.assign(rows, std::vector<std::string>(columns, " "));
  std::vector<std::string> texts = {program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  variables.reserve(environment.size() + 3);
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
  }
  const std::vector<char*> argument_pointers = Pointers(texts);
  const std::vector<char*> variable_pointers = Pointers(variables);
  const winsize size = Size(columns, rows);
  Require(::openpty(&master_, &slave_, nullptr, nullptr, &size) == 0, "openpty");
  ::fcntl(master_, F_SETFD, FD_CLOEXEC);
  ::fcntl(slave_, F_SETFD, FD_CLOEXEC);
  ::tcgetattr(slave_, &before_);
  pid_ = ::fork();
  Require(pid_ >= 0, "fork");
  if (pid_ == 0) {
    ::setsid();
    ::ioctl(slave_, TIOCSCTTY, 0);
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(slave_, descriptor);
    }
    ::execve(program.c_str(), argument_pointers.data(), variable_pointers.data());
    ::_exit(127);
  }
}

TerminalSession::~TerminalSession() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(master_);
  ::close(slave_);
}

void TerminalSession::Type(const std::string& keys) const {
  Require(::write(master_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()), "write");
}

void TerminalSession::Signal(int signal) const { ::kill(pid_, signal); }

void TerminalSession::Resize(int columns, int rows) {
  const winsize size = Size(columns, rows);
  columns_ = columns;
  rows_ = rows;
  cells_.assign(rows, std::vector<std::string>(columns, " "));
  Require(::ioctl(master_, TIOCSWINSZ, &size) == 0, "TIOCSWINSZ");
}

bool TerminalSession::ReadSome() {
  pollfd ready{master_, POLLIN, 0};
  // This side holds the terminal open, so its end is that of the process.
  if (::poll(&ready, 1, 20) == 0) {
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid == 0 || ::poll(&ready, 1, 0) == 1;
  }
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(master_, bytes.data(), bytes.size());
  if (count <= 0) return false;
  Show(std::string(bytes.data(), static_cast<std::size_t>(count)));
  return true;
}

bool TerminalSession::ReadUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline || !ReadSome()) return condition();
  }
  return true;
}

bool TerminalSession::ReadUntilShows(const std::string& text) {
  return ReadUntil([&] { return Screen().find(text) != std::string::npos; });
}

int TerminalSession::Wait() {
  if (ReadUntil([] { return false; })) return -1;
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
  if (ended.si_pid == 0) ::kill(pid_, SIGKILL);  // it did not end by itself
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string TerminalSession::Screen() const {
  std::string text;
  for (const std::vector<std::string>& row : cells_) {
    std::string line;
    for (const std::string& cell : row) line += cell;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  const std::size_t last = text.find_last_not_of('\n');
  text.erase(last == std::string::npos ? 0 : last + 2);
  return text;
}

bool TerminalSession::IsAsBefore() const {
  termios now{};
  ::tcgetattr(slave_, &now);
  return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag &&
         now.c_oflag == before_.c_oflag &&
         std::memcmp(now.c_cc, before_.c_cc, sizeof(now.c_cc)) == 0;
}

void TerminalSession::Put(const std::string& character) {
  if (row_ < rows_ && column_ < columns_) cells_[row_][column_] = character;
  ++column_;
}

void TerminalSession::Obey(const std::string& parameters, char command) {
  switch (command) {
    case 'H':
      row_ = column_ = 0;
      break;
    case 'K':
      for (int i = column_; i < columns_ && row_ < rows_; ++i) cells_[row_][i] = " ";
      break;
    case 'J':
      for (int i = column_; i < columns_ && row_ < rows_; ++i) cells_[row_][i] = " ";
      for (int i = row_ + 1; i < rows_; ++i) cells_[i].assign(columns_, " ");
      break;
    case 'h':
    case 'l':
      if (parameters == "?1049") is_alternate_ = command == 'h';
      if (parameters == "?25") has_cursor_ = command == 'h';
      break;
    default:
      break;
  }
}

void TerminalSession::Show(const std::string& bytes) {
  received_ += bytes;
  pending_ += bytes;
  while (!pending_.empty()) {
    if (pending_[0] == '\x1b') {
      if (pending_.size() < 3) return;
      const std::size_t end = pending_.find_first_not_of("0123456789;?", 2);
      if (end == std::string::npos) return;
      Obey(pending_.substr(2, end - 2), pending_[end]);
      pending_.erase(0, end + 1);
      continue;
    }
    const std::size_t length = IsContinuation(pending_[0]) ? 1 : CharacterBytes(pending_[0]);
    if (pending_.size() < length) return;
    const std::string character = pending_.substr(0, length);
    pending_.erase(0, length);
    if (character == "\r") {
      column_ = 0;
    } else if (character == "\n") {
      ++row_;
    } else if (static_cast<unsigned char>(character[0]) >= 0x20) {
      Put(character);
    }
  }
}

}  // namespace products::cli
