#include "tests/crash/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/support/child_process.h"

namespace products::crash {
namespace {

Error Unavailable(const std::string& what, const std::string& why) {
  return {ErrorCode::kUnavailable, "no file system of its own: " + what, why};
}

}  // namespace

// The image lies in memory: a sync of it then waits for no other disk.
SmallDisk::SmallDisk() : directory_("/dev/shm") {}

Result<std::unique_ptr<SmallDisk>> SmallDisk::Mount(std::size_t mebibytes) {
  // What is mounted here is private to this process from now on.
  if (::unshare(CLONE_NEWNS) != 0) return Unavailable("unshare", std::strerror(errno));
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Unavailable("mount", std::strerror(errno));
  }
  std::unique_ptr<SmallDisk> disk(new SmallDisk);
  const std::string image = disk->directory_.File("image");
  test::WriteFile(image, {});
  std::filesystem::resize_file(image, mebibytes * 1024 * 1024);
  const test::RunResult made = test::RunToEnd("/sbin/mkfs.ext4", {"-q", "-F", image});
  if (made.exit_code != 0) return Unavailable("mkfs.ext4", made.err);
  const std::string mount_point = disk->directory_.File("disk");
  std::filesystem::create_directory(mount_point);
  // mount(8) sets up a loop device that goes when the file system is unmounted.
  const test::RunResult mounted = test::RunToEnd("/bin/mount", {"-o", "loop", image, mount_point});
  if (mounted.exit_code != 0) return Unavailable("mount", mounted.err);
  disk->mount_point_ = mount_point;
  return disk;
}

SmallDisk::~SmallDisk() {
  if (mount_point_.empty()) return;
  // Lazily: should a file still be open, it is unmounted when that is closed.
  if (::umount2(mount_point_.c_str(), MNT_DETACH) != 0) std::perror("umount");
}

void SmallDisk::WaitUntilFreed() const {
  const int disk = ::open(mount_point_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (disk < 0 || ::syncfs(disk) != 0) std::perror("syncfs");
  ::close(disk);
}

}  // namespace products::crash
