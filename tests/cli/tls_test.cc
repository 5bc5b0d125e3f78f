#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/cli/fake_catalog.h"
#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace products::cli {
namespace {

constexpr char kOpenssl[] = "/usr/bin/openssl";

TEST(Tls, CertificateThatNobodySignedIsNotTrusted) {
  if (!std::filesystem::exists(kOpenssl)) GTEST_SKIP() << kOpenssl << " is missing";
  const test::TempDir directory;
  const std::string key = directory.File("key.pem");
  const std::string certificate = directory.File("certificate.pem");
  const RunResult made = test::RunToEnd(
      kOpenssl, {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-addext",
                 "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string address = "127.0.0.1:" + std::to_string(FindClosedPort());
  const ChildProcess server(kOpenssl, {"s_server", "-quiet", "-accept", address, "-cert",
                                       certificate, "-key", key, "-www"});
  // The repetitions wait for the server to be there.
  const RunResult result = RunProductctl(
      {"get", "1", "--endpoint", "https://" + address, "--retries", "20", "--timeout", "30s"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.err.find(": the server's certificate is not trusted: "), std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("self-signed certificate"), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(Tls, WithAServerThatDoesNotSpeakItFailsAndSaysSo) {
  const ScriptedServer server(
      [](const std::string&) { return Reply{"HTTP/1.1 400 X\r\n\r\n", Reply::Then::kClose}; });
  // Answers whatever comes, for it waits for the end of a head that never comes.
  const RunResult result = RunProductctl(
      {"get", "1", "--endpoint", "https://127.0.0.1:" + std::to_string(server.port()), "--timeout",
       "300ms"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.err.find("GET https://127.0.0.1:"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace products::cli
