#pragma once

#include <string>
#include <vector>

namespace products {

/// A row of tests/contract/go_messages/answers.tsv: a body posted to product 1, and what the client
/// is told: the product's JSON without the newline, or the message of the refusal.
struct GoAnswer {
  int line = 0;
  std::string text;  ///< The body as the table writes it, to be shown.
  std::string body;
  std::string answer;
};

/// Every row of the table; the format is described in the recorder's table.go. A malformed table
/// fails the running test.
std::vector<GoAnswer> ReadGoAnswers();

}  // namespace products
