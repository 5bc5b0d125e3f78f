#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/base/parse.h"
#include "core/product/product_json.h"
#include "tests/unit/product/body_mutations.h"
#include "tests/unit/product/product_text.h"

namespace products {
namespace {

#ifdef GO_MESSAGES_PROGRAM

// What it answers to a key that differs from a field's in letter case, where the contract differs.
constexpr const char* kNotCompared = "-";
constexpr int kBodiesPerRound = 50'000;

// A directory that goes with the test.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "go_agreement_XXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void WriteFramed(std::ofstream& file, const std::string& body) {
  for (int shift = 0; shift < 32; shift += 8) file.put(static_cast<char>(body.size() >> shift));
  file << body;
}

// The exit status of the Go program after it answered the bodies of a file into another.
int RunGo(const std::filesystem::path& bodies, const std::filesystem::path& answers) {
  const std::string command =
      "'" GO_MESSAGES_PROGRAM "' answer <'" + bodies.string() + "' >'" + answers.string() + "'";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// One round unless the environment asks for more, as before a release.
std::uint64_t Rounds() {
  const char* const asked = std::getenv("PRODUCTD_FUZZ_ROUNDS");
  return asked == nullptr ? 1 : ParseUint64(asked).value_or(1);
}

TEST(GoAgreement, MutatedBodiesAreAnsweredAsGoAnswersThem) {
  const ScratchDirectory scratch;
  ASSERT_FALSE(scratch.path().empty());
  const std::filesystem::path bodies_file = scratch.path() / "bodies";
  const std::filesystem::path answers_file = scratch.path() / "answers";
  for (std::uint64_t round = 0; round < Rounds(); ++round) {
    BodyMutations mutations(1000 + round);
    std::vector<std::string> bodies(kBodiesPerRound);
    std::ofstream out(bodies_file, std::ios::binary | std::ios::trunc);
    for (std::string& body : bodies) {
      body = mutations.Next();
      WriteFramed(out, body);
    }
    out.close();
    ASSERT_EQ(RunGo(bodies_file, answers_file), 0);

    std::ifstream in(answers_file, std::ios::binary);
    std::string answer;
    int not_compared = 0;
    for (const std::string& body : bodies) {
      ASSERT_TRUE(std::getline(in, answer)) << "Go answered fewer bodies than it was asked";
      if (answer == kNotCompared) {
        ++not_compared;
        continue;
      }
      EXPECT_EQ(StoredOrRefused(ParseProduct(body, 1)), answer)
          << "body: " << testing::PrintToString(body);
    }
    EXPECT_LT(not_compared, kBodiesPerRound / 50);
  }
}

#else

TEST(GoAgreement, MutatedBodiesAreAnsweredAsGoAnswersThem) {
  GTEST_SKIP() << "go was not found when this was built";
}

#endif

}  // namespace
}  // namespace products
