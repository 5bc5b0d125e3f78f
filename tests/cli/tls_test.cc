#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/cli/golden.h"
#include "tests/cli/scripted_server.h"
#include "tests/support/server_process.h"
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

#ifdef PRODUCTD_BINARY
TEST(Tls, WithAServerThatSpeaksPlainHttpCannotBeAgreed) {
  const test::ServerProcess server(PRODUCTD_BINARY, test::ServerProcess::ProductdArguments(),
                                   "--ready-file");
  const RunResult result = RunProductctl({"get", "1", "--endpoint", "https://" + server.address()});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.err, "productctl: GET https://" + server.address() +
                            "/products/1: TLS could not be agreed; does the server speak https?\n"
                            "  try: check that a server runs at this address, or name another with "
                            "--endpoint\n");
}
#endif

}  // namespace
}  // namespace products::cli
