// What a data directory, a preload file and a backup are to a running productd and to its offline
// commands.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <regex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/functional/productd_fixture.h"
#include "tests/support/child_process.h"

namespace products::test {
namespace {

std::string Line(int id) {
  return R"({"product_id":)" + std::to_string(id) +
         R"(,"sku":"s","manufacturer":"m","category_id":1,"weight":)" + std::to_string(id) +
         ",\"some_other_id\":1}\n";
}

class Storage : public ::testing::Test {
 protected:
  std::unique_ptr<ServerProcess> StartLmdb(std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--storage-engine", "lmdb", "--storage-data-dir", data_});
    return std::make_unique<ServerProcess>(PRODUCTD_BINARY,
                                           ServerProcess::ProductdArguments(std::move(flags)));
  }

  static int Put(const ServerProcess& server, int id) {
    return Exchange(server.address(),
                    PostText("/products/" + std::to_string(id) + "/details", Line(id)))
        .status;
  }
  static HttpResponse Find(const ServerProcess& server, int id) {
    return Get(server.address(), "/products/" + std::to_string(id));
  }

  const TempDir directory_;
  const std::string data_ = directory_.File("data");
};

TEST_F(Storage, IsLmdbInTheWorkingDirectoryWhenNothingIsSaid) {
  const ServerProcess server(PRODUCTD_BINARY, {"--http-listen", "127.0.0.1:0"});
  EXPECT_EQ(Put(server, 1), 204);
  EXPECT_NE(server.Log().find("engine=\"lmdb\""), std::string::npos);
  EXPECT_GT(ReadMetric(server.address(), "productd_stored_bytes"), 0);
}

TEST_F(Storage, WhatWasAnsweredOutlivesTheProcess) {
  std::string tag;
  {
    const auto server = StartLmdb();
    for (int id = 1; id <= 20; ++id) EXPECT_EQ(Put(*server, id), 204);
    EXPECT_EQ(Exchange(server->address(), "DELETE /products/7 HTTP/1.1\r\nHost: t\r\n\r\n").status,
              204);
    tag = Find(*server, 3).Header("ETag").value();
    EXPECT_EQ(server->Stop(), 0);
  }
  const auto server = StartLmdb();
  EXPECT_EQ(Find(*server, 20).body, Line(20));
  EXPECT_EQ(Find(*server, 7).status, 404);
  EXPECT_EQ(Find(*server, 3).Header("ETag"), tag);
  EXPECT_EQ(ReadMetric(server->address(), "productd_products"), 19);
}

TEST_F(Storage, ADirectoryInUseIsNamedWithItsUser) {
  const auto first = StartLmdb();
  const RunResult second =
      RunToEnd(PRODUCTD_BINARY, {"--http-listen", "127.0.0.1:0", "--data-dir", data_});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_NE(second.err.find(data_ + " is in use by process " + std::to_string(first->pid())),
            std::string::npos)
      << second.err;
}

TEST_F(Storage, DamageEndsAStartAndIsReportedByVerify) {
  {
    const auto server = StartLmdb();
    for (int id = 1; id <= 3; ++id) EXPECT_EQ(Put(*server, id), 204);
    EXPECT_EQ(server->Stop(), 0);
  }
  const RunResult sound = RunToEnd(PRODUCTD_BINARY, {"--verify", "--data-dir", data_});
  EXPECT_EQ(sound.exit_code, 0) << sound.err;
  EXPECT_TRUE(std::regex_match(sound.out, std::regex(data_ + ": 3 products, [0-9]+ bytes, 0 "
                                                             "damaged\n")))
      << sound.out;

  std::string bytes = ReadFile(data_ + "/data.mdb");
  const std::string body = Line(2);
  for (std::size_t at = bytes.find(body); at != std::string::npos; at = bytes.find(body, at)) {
    bytes[at + body.find("weight")] = 'W';
  }
  WriteFile(data_ + "/data.mdb", bytes);
  const RunResult damaged = RunToEnd(PRODUCTD_BINARY, {"--verify", "--data-dir", data_});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_NE(damaged.out.find("product 2 is not what was stored"), std::string::npos) << damaged.out;
  EXPECT_NE(damaged.out.find("2 products, "), std::string::npos) << damaged.out;
  EXPECT_NE(damaged.out.find(" 1 damaged"), std::string::npos) << damaged.out;

  const RunResult start =
      RunToEnd(PRODUCTD_BINARY, {"--http-listen", "127.0.0.1:0", "--data-dir", data_});
  EXPECT_EQ(start.exit_code, 2);
  EXPECT_NE(start.err.find("product 2 is not what was stored"), std::string::npos) << start.err;
}

TEST_F(Storage, ABackupMadeWhileServingIsRestored) {
  const std::string backups = directory_.File("backups");
  std::string file;
  {
    const auto server =
        StartLmdb({"--storage-backup-dir", backups, "--management-listen", "127.0.0.1:0"});
    for (int id = 1; id <= 50; ++id) EXPECT_EQ(Put(*server, id), 204);
    const std::string request = PostText("/admin/backup", "");
    EXPECT_EQ(Exchange(server->address(), request).status, 404) << "on the public port";
    const HttpResponse made = Exchange(server->management_address(), request);
    EXPECT_EQ(made.status, 200) << made.body;
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(
        made.body, parts,
        std::regex(R"re(\{"file":"([^"]*)","products":50,"bytes":\d+,"seconds":\d+\.\d+\}\n)re")))
        << made.body;
    file = parts[1];
    EXPECT_EQ(Put(*server, 51), 204);
    EXPECT_EQ(server->Stop(), 0);
  }
  const RunResult refused = RunToEnd(PRODUCTD_BINARY, {"--restore", file, "--data-dir", data_});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.err, "productd: " + data_ + " is not empty\n");
  const std::string restored = directory_.File("restored");
  const RunResult run = RunToEnd(PRODUCTD_BINARY, {"--restore", file, "--data-dir", restored});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out.substr(0, restored.size() + 24), restored + ": restored 50 products, ");
  const ServerProcess server(
      PRODUCTD_BINARY,
      ServerProcess::ProductdArguments({"--storage-engine", "lmdb", "--data-dir", restored}));
  EXPECT_EQ(Find(server, 50).body, Line(50));
  EXPECT_EQ(Find(server, 51).status, 404);
}

TEST_F(Storage, BackupsThatAreOffOrOfMemoryAreRefused) {
  const auto server = StartLmdb();
  EXPECT_EQ(Exchange(server->address(), PostText("/admin/backup", "")).body,
            "{\"error\":\"INVALID_INPUT\",\"message\":\"backups are off: set storage.backup_dir to "
            "turn them on\"}\n");
  const ServerProcess memory(
      PRODUCTD_BINARY,
      ServerProcess::ProductdArguments({"--storage-backup-dir", directory_.File("backups")}));
  EXPECT_EQ(Exchange(memory.address(), PostText("/admin/backup", "")).status, 400);
}

class PreloadOver : public Storage, public ::testing::WithParamInterface<const char*> {
 protected:
  std::vector<std::string> Flags() const {
    return {"--storage-engine", GetParam(), "--data-dir", data_, "--storage-preload", file_};
  }

  const std::string file_ = directory_.File("products.ndjson");
};

TEST_P(PreloadOver, FillsAnEmptyCatalogue) {
  WriteFile(file_, Line(9) + "\n" + Line(2) + Line(9));
  const ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments(Flags()));
  EXPECT_EQ(Find(server, 2).body, Line(2));
  EXPECT_EQ(ReadMetric(server.address(), "productd_products"), 2);
  EXPECT_EQ(Put(server, 3), 204);
  EXPECT_EQ(Find(server, 3).status, 200);
}

TEST_P(PreloadOver, WithABadLineStartsNothingAndLeavesNothing) {
  WriteFile(file_, Line(1) + Line(2) + "{\"sku\":5}\n" + Line(3));
  std::vector<std::string> arguments{"--http-listen", "127.0.0.1:0"};
  for (const std::string& flag : Flags()) arguments.push_back(flag);
  const RunResult run = RunToEnd(PRODUCTD_BINARY, arguments);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find(file_ + ", line 3: Invalid JSON: "), std::string::npos) << run.err;

  WriteFile(file_, "");
  const ServerProcess server(PRODUCTD_BINARY, ServerProcess::ProductdArguments(Flags()));
  EXPECT_EQ(ReadMetric(server.address(), "productd_products"), 0);
}

// A fifo gives the file's bytes when the test says so.
class SlowPreload : public PreloadOver {
 protected:
  SlowPreload() {
    if (::mkfifo(file_.c_str(), 0600) != 0) throw std::runtime_error("cannot make a fifo");
    std::vector<std::string> flags = Flags();
    flags.insert(flags.end(), {"--management-listen", "127.0.0.1:0"});
    server_ = std::make_unique<ServerProcess>(
        PRODUCTD_BINARY, ServerProcess::ProductdArguments(flags), ServerProcess::Until::kListening);
    writer_ = ::open(file_.c_str(), O_WRONLY | O_CLOEXEC);
  }
  ~SlowPreload() override {
    if (writer_ >= 0) ::close(writer_);
  }

  void Give(const std::string& text) const {
    ASSERT_EQ(::write(writer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  std::unique_ptr<ServerProcess> server_;
  int writer_ = -1;
};

TEST_P(SlowPreload, IsServedOnceAllOfItIsLoadedAndSaysHowFarItIs) {
  Give(Line(1) + Line(2));
  const HttpResponse readiness = Get(server_->management_address(), "/readyz");
  EXPECT_EQ(readiness.status, 503);
  EXPECT_EQ(readiness.body, "{\"error\":\"UNAVAILABLE\",\"message\":\"loading: 0 products\"}\n");
  EXPECT_EQ(Get(server_->management_address(), "/healthz").status, 200);
  EXPECT_EQ(Get(server_->address(), "/health").status, 200);
  EXPECT_EQ(Find(*server_, 1).status, 503);
  EXPECT_EQ(Get(server_->address(), "/products").status, 503);
  EXPECT_EQ(Put(*server_, 5), 503);
  EXPECT_EQ(Exchange(server_->address(), PostText("/products/batch", Line(5))).status, 503);
  EXPECT_EQ(Exchange(server_->management_address(), PostText("/admin/backup", "")).status, 503);
  EXPECT_GE(ReadMetric(server_->management_address(),
                       R"(productd_requests_refused_total{reason="unavailable"})"),
            5);
  Give(Line(3));
  ::close(std::exchange(writer_, -1));
  server_->WaitUntilReady();
  EXPECT_EQ(Get(server_->management_address(), "/readyz").status, 200);
  EXPECT_EQ(Find(*server_, 3).body, Line(3));
  EXPECT_EQ(Find(*server_, 5).status, 404);
}

TEST_P(SlowPreload, EndsAtASignal) {
  std::string run;
  for (int id = 1; id <= 9000; ++id) run += Line(id);
  server_->Signal(SIGTERM);
  std::thread giver([&] {
    (void)!::write(writer_, run.data(), run.size());
    ::close(std::exchange(writer_, -1));
  });
  EXPECT_EQ(server_->WaitForExit(), 0);
  giver.join();
  EXPECT_NE(::access((data_ + "/data.mdb.new").c_str(), F_OK), 0);
}

std::string EngineName(const ::testing::TestParamInfo<const char*>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Engines, PreloadOver, ::testing::Values("memory", "lmdb"), EngineName);
INSTANTIATE_TEST_SUITE_P(Engines, SlowPreload, ::testing::Values("memory", "lmdb"), EngineName);

}  // namespace
}  // namespace products::test
