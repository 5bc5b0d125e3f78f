#include "tests/unit/product/go_answers.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string_view>

#include "core/base/parse.h"

namespace products {
namespace {

std::optional<std::string> DecodeBody(std::string_view text) {
  std::string body;
  while (true) {
    const std::size_t percent = text.find('%');
    body += text.substr(0, percent);
    if (percent == std::string_view::npos) return body;
    text.remove_prefix(percent + 1);
    if (!text.starts_with('{')) {
      if (text.size() < 2) return std::nullopt;
      unsigned byte = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
      if (error != std::errc() || end != text.data() + 2) return std::nullopt;
      body += static_cast<char>(byte);
      text.remove_prefix(2);
      continue;
    }
    const std::size_t star = text.find('*');
    const std::size_t close = text.find('}');
    if (star > close || close == std::string_view::npos) return std::nullopt;
    const std::optional<std::uint64_t> times = ParseUint64(text.substr(1, star - 1));
    const std::optional<std::string> once = DecodeBody(text.substr(star + 1, close - star - 1));
    if (!times || !once) return std::nullopt;
    for (std::uint64_t i = 0; i < *times; ++i) body += *once;
    text.remove_prefix(close + 1);
  }
}

}  // namespace

std::vector<GoAnswer> ReadGoAnswers() {
  std::vector<GoAnswer> answers;
  std::ifstream file(GO_ANSWERS_FILE, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << GO_ANSWERS_FILE;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t tab = line.find('\t');
    const std::optional<std::string> body = DecodeBody(std::string_view(line).substr(0, tab));
    if (tab == std::string::npos || !body) {
      ADD_FAILURE() << GO_ANSWERS_FILE << ":" << number << ": malformed row";
      continue;
    }
    answers.push_back({number, line.substr(0, tab), *body, line.substr(tab + 1)});
  }
  return answers;
}

}  // namespace products
