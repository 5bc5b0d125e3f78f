#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/each_sender.h"
#include "cli/operations.h"
#include "cli/product_feed.h"
#include "cli/product_generator.h"
#include "cli/rate_limiter.h"
#include "cli/retry_pause.h"
#include "cli/send_tally.h"
#include "core/base/clock.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Product Generated(std::uint32_t seed, ProductId id) {
  Product product;
  ProductGenerator(seed).Generate(id, product);
  return product;
}

TEST(ProductGenerator, MakesTheProductsItHasAlwaysMade) {
  struct Row {
    std::uint32_t seed;
    Product product;
  };
  const Row rows[] = {
      Row{1, {1, "MRA-902-ZLC", "Kestrum Kitchen Ltd", 423, 14873, 232931}},
      Row{1, {2, "JPK-154-DVL", "Quaveri Instruments Ltd", 320, 13005, 97099}},
      Row{1, {3, "XXE-769-EKM", "Brunolt Textiles GmbH", 106, 19560, 471637}},
      Row{2, {1, "EGA-272-HZT", "Ulvenda Ceramic GmbH", 494, 9794, 767950}},
      Row{4294967295, {2147483647, "FZQ-887-YCS", "Lumbrax Instruments S.A.", 262, 20153, 210372}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Generated(row.seed, row.product.product_id), row.product) << row.product.sku;
  }
}

TEST(ProductGenerator, ReusedProductCarriesNothingOver) {
  Product product;
  const ProductGenerator generator(1);
  generator.Generate(7, product);
  generator.Generate(8, product);
  EXPECT_EQ(product, Generated(1, 8));
}

TEST(ProductGenerator, EveryProductObeysTheContract) {
  for (ProductId id = 1; id <= 20'000; ++id) {
    const Product product = Generated(3, id);
    const Result<Product> parsed = ParseProduct(RenderProduct(product), id);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    ASSERT_EQ(*parsed, product);
  }
}

TEST(RateLimiter, SpacesEventsEvenly) {
  RateLimiter limiter(10.0);
  MonotonicTime now{};
  EXPECT_EQ(limiter.Take(now), std::nullopt);
  for (int i = 1; i <= 50; ++i) {
    const auto until = limiter.Take(now);
    ASSERT_TRUE(until.has_value());
    EXPECT_EQ(*until, MonotonicTime{} + milliseconds(100 * i));
    now = *until;
    EXPECT_EQ(limiter.Take(now), std::nullopt);
  }
}

TEST(RateLimiter, CatchesUpATenthOfASecondAfterAStall) {
  RateLimiter limiter(100.0);
  EXPECT_EQ(limiter.Take(MonotonicTime{}), std::nullopt);
  const MonotonicTime later = MonotonicTime{} + seconds(60);
  int at_once = 0;
  while (!limiter.Take(later)) ++at_once;
  EXPECT_EQ(at_once, 11);
}

TEST(RateLimiter, RateNearZeroStillIsALimit) {
  for (const double per_second : {1e-9, 1e-300}) {
    RateLimiter limiter(per_second);
    const MonotonicTime now = MonotonicTime{} + seconds(1'000'000);
    EXPECT_EQ(limiter.Take(now), std::nullopt);
    const auto until = limiter.Take(now);
    ASSERT_TRUE(until.has_value()) << per_second;
    EXPECT_GT(*until, now + std::chrono::hours(24 * 365)) << per_second;
  }
}

TEST(RateLimiter, ZeroIsNoLimit) {
  RateLimiter limiter(0.0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limiter.Take(MonotonicTime{}), std::nullopt);
}

struct Plan {
  std::uint64_t count = 0;
  ProductId first_id = 1;
  std::size_t concurrency = 1;
  double per_second = 0.0;
  std::uint32_t seed = 0;
};

class RecordingObserver final : public SendObserver {
 public:
  void NotStored(std::uint64_t position, std::string_view json, std::string_view reason) override {
    reasons.push_back(std::to_string(position) + " " + std::string(reason));
    texts.emplace_back(json);
  }
  void Tick(const SendTally&, MonotonicTime) override {}
  bool Settled(std::uint64_t position) override {
    settled = position;
    return true;
  }

  std::vector<std::string> reasons;
  std::vector<std::string> texts;
  std::uint64_t settled = 0;
};

// Plays the transport: time passes only when every slot waits.
class EachSenderTest : public testing::Test {
 protected:
  EachSenderTest()
      : client_(std::move(ApiClient::Open({.endpoint = "http://h"}, clock_)).value()) {}

  using Answerer = std::function<void(EachSender&, std::size_t slot, const Request&)>;

  SendTally Run(const Plan& plan, const Answerer& answer) {
    feed_.emplace(plan.seed, plan.first_id, plan.count);
    sender_ = std::make_unique<EachSender>(EachPlan{plan.concurrency, plan.per_second, 0}, *client_,
                                           *feed_, observer_);
    std::vector<Request> requests(plan.concurrency);
    while (true) {
      std::optional<MonotonicTime> next;
      bool any_sent = false;
      for (std::size_t slot = 0; slot < plan.concurrency; ++slot) {
        const ExchangeSource::Step step = sender_->Next(slot, now_, requests[slot]);
        if (step.action == ExchangeSource::Action::kSend) {
          any_sent = true;
          ++sent_;
          answer(*sender_, slot, requests[slot]);
        } else if (step.action == ExchangeSource::Action::kWait) {
          next = std::min(next.value_or(step.until), step.until);
        }
      }
      if (!sender_->Continue(now_)) break;
      if (any_sent) continue;
      if (!next) break;
      now_ = *next;
    }
    return sender_->tally();
  }

  void Answer(EachSender& sender, std::size_t slot, const Request& request, int status,
              std::optional<seconds> retry_after = {}) {
    const std::string body = "{\"error\":\"CODE\",\"message\":\"why\"}";
    sender.Answered(slot, now_, request, {status, "application/json", body, retry_after});
  }

  SystemClock clock_;
  std::unique_ptr<ApiClient> client_;
  std::optional<GeneratorFeed> feed_;
  RecordingObserver observer_;
  std::unique_ptr<EachSender> sender_;
  MonotonicTime now_{};
  int sent_ = 0;
};

const Error kLostConnection{ErrorCode::kUnavailable, "lost", {}};

TEST_F(EachSenderTest, SendsEveryProductOnce) {
  std::vector<std::string> paths;
  const SendTally tally = Run(
      {.count = 5, .first_id = 10, .concurrency = 2, .seed = 1},
      [&](EachSender& sender, std::size_t slot, const Request& request) {
        paths.push_back(request.path);
        EXPECT_EQ(request.body, RenderProduct(Generated(1, 9 + static_cast<int>(paths.size()))));
        Answer(sender, slot, request, 204);
      });
  EXPECT_EQ(tally.stored, 5u);
  EXPECT_EQ(tally.done(), 5u);
  EXPECT_FALSE(tally.stopped_by);
  EXPECT_EQ(sender_->first_unfinished(), 15u);
  EXPECT_EQ(paths, (std::vector<std::string>{"/products/10/details", "/products/11/details",
                                             "/products/12/details", "/products/13/details",
                                             "/products/14/details"}));
}

TEST_F(EachSenderTest, GoesOnAfterARefusalAndTellsOfIt) {
  const SendTally tally = Run({.count = 100, .concurrency = 3},
                              [&](EachSender& sender, std::size_t slot, const Request& request) {
                                Answer(sender, slot, request, request.path.size() % 2 ? 204 : 400);
                              });
  EXPECT_EQ(tally.refused + tally.stored, 100u);
  EXPECT_GT(tally.refused, 50u);
  EXPECT_EQ(tally.failed, 0u);
  EXPECT_EQ(sent_, 100);
  EXPECT_FALSE(tally.stopped_by);
  ASSERT_EQ(observer_.reasons.size(), tally.refused);
  EXPECT_EQ(observer_.reasons[0], "10 POST http://h/products/10/details: why (400 CODE)");
  EXPECT_EQ(observer_.texts[0] + "\n", RenderProduct(Generated(0, 10)));
  EXPECT_EQ(observer_.settled, 101u);
}

TEST_F(EachSenderTest, RepeatsTheSameRequestWhenTheServerFails) {
  std::string first_body;
  const SendTally tally = Run({.count = 1, .concurrency = 1},
                              [&](EachSender& sender, std::size_t slot, const Request& request) {
                                if (sent_ == 1) first_body = request.body;
                                EXPECT_EQ(request.body, first_body);
                                Answer(sender, slot, request, sent_ < 4 ? 500 : 204);
                              });
  EXPECT_EQ(tally.stored, 1u);
  EXPECT_EQ(sent_, 4);
  // Pauses of 100, 200 and 400 ms, each between its half and its whole.
  EXPECT_GE(now_ - MonotonicTime{}, milliseconds(350));
  EXPECT_LE(now_ - MonotonicTime{}, milliseconds(700));
}

TEST_F(EachSenderTest, WaitsAsLongAsTheServerAsks) {
  Run({.count = 1, .concurrency = 1},
      [&](EachSender& sender, std::size_t slot, const Request& request) {
        Answer(sender, slot, request, sent_ == 1 ? 503 : 204, seconds(3));
      });
  EXPECT_EQ(now_ - MonotonicTime{}, seconds(3));
}

TEST_F(EachSenderTest, GivesUpAProductAfterItsAttemptsAndCountsIt) {
  const SendTally tally = Run({.count = 3, .concurrency = 1},
                              [&](EachSender& sender, std::size_t slot, const Request& request) {
                                const bool is_second = request.path == "/products/2/details";
                                Answer(sender, slot, request, is_second ? 500 : 204);
                              });
  EXPECT_EQ(tally.stored, 2u);
  EXPECT_EQ(tally.failed, 1u);
  EXPECT_EQ(sent_, 2 + kMaxAttempts);
  EXPECT_FALSE(tally.stopped_by);
}

TEST_F(EachSenderTest, StopsWhenEverythingFails) {
  const SendTally tally = Run({.count = 1000, .concurrency = 4},
                              [&](EachSender& sender, std::size_t slot, const Request& request) {
                                Answer(sender, slot, request, 500);
                              });
  ASSERT_TRUE(tally.stopped_by);
  EXPECT_EQ(tally.stopped_by->code, ErrorCode::kInternal);
  EXPECT_LT(tally.failed, EachSender::kMaxFailuresInARow + 4u);
}

TEST_F(EachSenderTest, StopsWhenAnotherKindOfServerAnswers) {
  const cli::Answer rows[] = {
      {200, "application/json", "{}", {}},
      {302, "", "", {}},
      {404, "text/html", "<html>", {}},
      {404, "application/json", R"({"error":"NOT_FOUND","message":"no such path"})", {}},
      {405, "application/json", R"({"error":"METHOD_NOT_ALLOWED","message":"no"})", {}},
      {501, "text/html", "<html>", {}},
  };
  for (const cli::Answer& row : rows) {
    sent_ = 0;
    const SendTally tally = Run({.count = 1000, .concurrency = 1},
                                [&](EachSender& sender, std::size_t slot, const Request& request) {
                                  sender.Answered(slot, now_, request, row);
                                });
    ASSERT_TRUE(tally.stopped_by) << row.status << row.body;
    EXPECT_EQ(tally.stopped_by->code, ErrorCode::kCorrupt) << row.status << row.body;
    EXPECT_EQ(sent_, EachSender::kMaxFailuresInARow) << row.status << row.body;
  }
}

TEST_F(EachSenderTest, StopsAtOnceWhenTheServerWasNeverThere) {
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kTimeout}) {
    sent_ = 0;
    const SendTally tally = Run({.count = 1000, .concurrency = 1},
                                [&](EachSender& sender, std::size_t slot, const Request&) {
                                  sender.Failed(slot, now_, {code, "no answer", {}});
                                });
    ASSERT_TRUE(tally.stopped_by);
    EXPECT_EQ(tally.stopped_by->code, code);
    EXPECT_EQ(sent_, 1);
    EXPECT_EQ(sender_->first_unfinished(), 1u);
  }
}

TEST_F(EachSenderTest, SurvivesAServerThatGoesAwayForAWhile) {
  const SendTally tally = Run({.count = 100, .concurrency = 4},
                              [&](EachSender& sender, std::size_t slot, const Request& request) {
                                const bool is_away =
                                    sent_ > 10 && now_ < MonotonicTime{} + seconds(2);
                                if (is_away) {
                                  sender.Failed(slot, now_, kLostConnection);
                                } else {
                                  Answer(sender, slot, request, 204);
                                }
                              });
  EXPECT_EQ(tally.stored, 100u);
  EXPECT_FALSE(tally.stopped_by);
}

TEST_F(EachSenderTest, StopsWhenTheServerStaysAwayAndNamesWhereToGoOn) {
  const SendTally tally = Run({.count = 100, .concurrency = 4},
                              [&](EachSender& sender, std::size_t slot, const Request& request) {
                                if (sent_ > 10) {
                                  sender.Failed(slot, now_, kLostConnection);
                                } else {
                                  Answer(sender, slot, request, 204);
                                }
                              });
  EXPECT_EQ(tally.stored, 10u);
  ASSERT_TRUE(tally.stopped_by);
  EXPECT_EQ(sender_->first_unfinished(), 11u);
  EXPECT_GE(now_ - MonotonicTime{}, seconds(3));
  EXPECT_LE(now_ - MonotonicTime{}, seconds(9));
}

// Three lines of product 1: skus 1, 2 and 3.
class OneProduct final : public ProductFeed {
 public:
  bool Next(Product& product) override {
    if (line_ == 3) return false;
    ++line_;
    product = Generated(0, 1);
    product.sku = std::to_string(line_);
    return true;
  }
  std::uint64_t position() const override { return line_; }
  std::uint64_t next_position() const override { return line_ + 1; }

 private:
  std::uint64_t line_ = 0;
};

TEST_F(EachSenderTest, OfOneIdTheLastLineStaysEvenAfterARetry) {
  OneProduct feed;
  EachSender sender({.concurrency = 3}, *client_, feed, observer_);
  std::vector<Request> requests(3);
  std::vector<std::string> stored;
  int sent = 0;
  // Slots in both orders, so that a later line would have its turn first.
  for (int round = 0; stored.size() < 3 && round < 1000; ++round) {
    std::vector<std::size_t> in_flight;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t slot = round % 2 == 0 ? i : 2 - i;
      if (sender.Next(slot, now_, requests[slot]).action == ExchangeSource::Action::kSend) {
        in_flight.push_back(slot);
      }
    }
    EXPECT_LE(in_flight.size(), 1u);
    for (const std::size_t slot : in_flight) {
      const bool is_first = ++sent == 1;
      if (!is_first) stored.push_back(requests[slot].body);
      Answer(sender, slot, requests[slot], is_first ? 503 : 204);
    }
    now_ += milliseconds(10);
  }
  ASSERT_EQ(stored.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NE(stored[i].find("\"sku\":\"" + std::to_string(i + 1) + "\""), std::string::npos);
  }
}

TEST_F(EachSenderTest, KeepsToTheRate) {
  const SendTally tally = Run({.count = 101, .concurrency = 4, .per_second = 50.0},
                              [&](EachSender& sender, std::size_t slot, const Request& request) {
                                Answer(sender, slot, request, 204);
                              });
  EXPECT_EQ(tally.stored, 101u);
  EXPECT_EQ(now_ - MonotonicTime{}, seconds(2));
}

}  // namespace
}  // namespace products::cli
