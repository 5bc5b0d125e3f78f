#include "cli/productd_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>

#include "cli/interrupt.h"
#include "cli/text_width.h"

namespace products::cli {
namespace {

constexpr std::size_t kMaxOutputBytes = std::size_t{16} * 1024 * 1024;

// Closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return value_; }
  void Set(int value) { value_ = value; }
  void Close() {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

// The program gets signals as a shell would have left them; `output` becomes its standard output
// when it is not negative.
int Spawn(const std::string& program, const std::vector<std::string>& arguments, int output,
          pid_t& pid) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);

  std::vector<std::string> texts = {program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const int error =
      ::posix_spawnp(&pid, program.c_str(), &actions, &attributes, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// False at the end of the pipe.
bool ReadSome(int descriptor, std::string& output) {
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  if (count <= 0) return count < 0 && errno == EINTR;
  // What is beyond the limit is read all the same, or the program would wait for ever.
  const std::size_t room = kMaxOutputBytes - output.size();
  output.append(bytes.data(), std::min(room, static_cast<std::size_t>(count)));
  return true;
}

}  // namespace

std::string FindProductd(const std::optional<std::string>& named) {
  if (named) return *named;
  std::array<char, PATH_MAX> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length > 0) {
    const std::string self(path.data(), static_cast<std::size_t>(length));
    const std::string beside = self.substr(0, self.rfind('/') + 1) + "productd";
    if (::access(beside.c_str(), X_OK) == 0) return beside;
  }
  return "productd";
}

Result<ProgramResult> RunProgram(const std::string& program,
                                 const std::vector<std::string>& arguments, ProgramOutput output) {
  Descriptor read_end;
  Descriptor write_end;
  if (output == ProgramOutput::kCaptured) {
    std::array<int, 2> ends;
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return ErrnoError(ErrorCode::kInternal, "cannot make a pipe", errno);
    }
    read_end.Set(ends[0]);
    write_end.Set(ends[1]);
  }
  const Result<Interrupt> interrupt = Interrupt::Watch(Interrupt::Patience::kEndless);
  if (!interrupt.ok()) return interrupt.error();
  pid_t pid = -1;
  const int error = Spawn(program, arguments, write_end.value(), pid);
  if (error != 0) {
    return ErrnoError(ErrorCode::kInvalidArgument, "cannot run " + Printable(program), error);
  }
  write_end.Close();
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));

  ProgramResult result;
  std::array<pollfd, 3> waited = {{{process.value(), POLLIN, 0},
                                   {interrupt->descriptor(), POLLIN, 0},
                                   {read_end.value(), POLLIN, 0}}};
  while (waited[0].fd >= 0 || waited[2].fd >= 0) {
    ::poll(waited.data(), waited.size(), -1);
    if (waited[1].revents != 0) {
      // A terminal has told the program as well; a supervisor has not.
      ::kill(pid, SIGTERM);
      result.was_interrupted = true;
      waited[1].fd = -1;
    }
    if (waited[2].revents != 0 && !ReadSome(read_end.value(), result.output)) waited[2].fd = -1;
    if (waited[0].revents != 0) waited[0].fd = -1;
    for (pollfd& one : waited) one.revents = 0;
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace products::cli
