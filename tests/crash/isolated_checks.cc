#include "tests/crash/isolated_checks.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <thread>

namespace products::crash {
namespace {

constexpr std::size_t kShown = 10;

// In memory that parent and child share: it outlives the child's death.
struct Progress {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> checks{0};
};

struct Worker {
  Progress* progress = nullptr;
  pid_t pid = -1;
  int findings = -1;
};

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

class ChildReport final : public CheckReport {
 public:
  ChildReport(std::size_t worker, std::size_t workers, Progress& progress, int findings,
              std::size_t max_findings)
      : worker_(worker),
        workers_(workers),
        first_(progress.next),
        progress_(progress),
        findings_(findings),
        left_(max_findings) {}

  bool Begins(std::size_t number) override {
    if (number % workers_ != worker_ || number < first_) return false;
    progress_.next = number + 1;
    ++progress_.checks;
    return true;
  }

  bool Found(const std::string& text) override {
    const std::string line = text + '\0';
    Require(::write(findings_, line.data(), line.size()) > 0, "write");
    return --left_ > 0;
  }

 private:
  const std::size_t worker_;
  const std::size_t workers_;
  const std::size_t first_;
  Progress& progress_;
  const int findings_;
  std::size_t left_;
};

// What the child has found; each ends with a zero byte.
std::vector<std::string> ReadFindings(int descriptor) {
  std::string text;
  std::array<char, 4096> bytes;
  for (ssize_t count = 0; (count = ::read(descriptor, bytes.data(), bytes.size())) > 0;) {
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  std::vector<std::string> findings;
  for (std::size_t begin = 0, end = 0; (end = text.find('\0', begin)) != std::string::npos;
       begin = end + 1) {
    findings.push_back(text.substr(begin, end - begin));
  }
  return findings;
}

}  // namespace

std::string CheckSummary::Text() const {
  std::string text =
      std::to_string(findings.size()) + " findings in " + std::to_string(checks) + " checks";
  for (std::size_t i = 0; i < std::min(findings.size(), kShown); ++i) text += "\n  " + findings[i];
  return text;
}

CheckSummary RunIsolated(std::size_t max_findings,
                         const std::function<void(CheckReport&)>& check_all) {
  const std::size_t count = std::max(1U, std::thread::hardware_concurrency());
  void* const shared = ::mmap(nullptr, count * sizeof(Progress), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Require(shared != MAP_FAILED, "mmap");
  std::vector<Worker> workers(count);
  const auto start = [&](std::size_t number) {
    std::array<int, 2> ends;
    Require(::pipe(ends.data()) == 0, "pipe");
    Worker& worker = workers[number];
    worker.pid = ::fork();
    Require(worker.pid >= 0, "fork");
    if (worker.pid == 0) {
      ::close(ends[0]);
      ChildReport report(number, count, *worker.progress, ends[1], max_findings);
      try {
        check_all(report);
      } catch (const std::exception& error) {
        (void)report.Found(error.what());
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    worker.findings = ends[0];
  };
  for (std::size_t i = 0; i < count; ++i) {
    workers[i].progress = new (static_cast<Progress*>(shared) + i) Progress;
    start(i);
  }
  CheckSummary summary;
  for (std::size_t i = 0; i < count; ++i) {
    for (bool is_done = false; !is_done;) {
      const std::vector<std::string> found = ReadFindings(workers[i].findings);
      summary.findings.insert(summary.findings.end(), found.begin(), found.end());
      ::close(workers[i].findings);
      int status = 0;
      ::waitpid(workers[i].pid, &status, 0);
      is_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (is_done) continue;
      summary.findings.push_back(
          "check " + std::to_string(workers[i].progress->next - 1) + ": the process died, " +
          (WIFSIGNALED(status) ? ::strsignal(WTERMSIG(status)) : "by itself"));
      is_done = summary.findings.size() >= max_findings;
      if (!is_done) start(i);
    }
    summary.checks += workers[i].progress->checks;
  }
  ::munmap(shared, count * sizeof(Progress));
  return summary;
}

}  // namespace products::crash
