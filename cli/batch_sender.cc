#include "cli/batch_sender.h"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/answer_json.h"
#include "cli/interruptible_exchange.h"
#include "cli/operations.h"
#include "cli/retry_pause.h"
#include "cli/text_width.h"
#include "core/product/product_json.h"

namespace products::cli {
namespace {

constexpr char kPath[] = "/products/batch";
constexpr int kOk = 200;
constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

Request BatchRequest() { return {Method::kPost, kPath, {}}; }

}  // namespace

Result<bool> HasBatch(ApiClient& client, int wake_descriptor) {
  const Request request = BatchRequest();
  const auto outcome = ExchangeUnlessWoken(client, request, wake_descriptor);
  if (!outcome) return Error{ErrorCode::kUnavailable, "interrupted", {}};
  const Result<Answer>& answer = *outcome;
  if (!answer.ok()) return answer.error();
  switch (answer->status) {
    case kOk:
      if (ParseBatchAnswer(answer->body)) return true;
      return Error{ErrorCode::kCorrupt,
                   client.Describe(request) + ": the answer is not that of a batch",
                   {}};
    case 404:
    case 405:
    case 501:
      return false;
    default: {
      Error error = Refusal(client, request, *answer);
      // It has the path, and may take a batch in a moment.
      if (IsWorthRetrying(error.code)) return true;
      return error;
    }
  }
}

// One request's lines: made when the transport first asks for them, kept until all is answered.
class BatchSender::Body final : public BodySource {
 public:
  Body(const BatchPlan& plan, ProductFeed& feed) : plan_(plan), feed_(feed) {
    text_.reserve(plan.max_bytes + kPieceBytes);
  }

  // For the next products of the feed. False when there are none.
  bool Begin() {
    text_.clear();
    positions_.clear();
    is_whole_ = false;
    sent_ = 0;
    Extend(0);
    // A request must not wait for whoever fills the feed: the server's patience ends.
    while (feed_.may_wait() && !is_whole_) Extend(text_.size());
    return !positions_.empty();
  }

  std::size_t Read(char* buffer, std::size_t capacity) override {
    if (sent_ == text_.size() && !is_whole_) Extend(text_.size());
    const std::size_t count = std::min(capacity, text_.size() - sent_);
    std::memcpy(buffer, text_.data() + sent_, count);
    sent_ += count;
    return count;
  }

  void Rewind() override { sent_ = 0; }

  const std::vector<std::uint64_t>& positions() const { return positions_; }

  bool WasSentWhole() const { return is_whole_ && sent_ == text_.size(); }

  std::string_view Line(std::size_t index) const {
    std::string_view rest = text_;
    for (std::size_t i = 0; i < index; ++i) rest.remove_prefix(rest.find('\n') + 1);
    return rest.substr(0, rest.find('\n'));
  }

 private:
  // By about a piece.
  void Extend(std::size_t from) {
    while (text_.size() - from < kPieceBytes) {
      if (positions_.size() == plan_.max_lines || text_.size() >= plan_.max_bytes ||
          !feed_.Next(product_)) {
        is_whole_ = true;
        return;
      }
      AppendProduct(text_, product_);
      positions_.push_back(feed_.position());
    }
  }

  const BatchPlan plan_;
  ProductFeed& feed_;
  Product product_;
  std::string text_;
  std::vector<std::uint64_t> positions_;  // of each line
  bool is_whole_ = false;
  std::size_t sent_ = 0;
};

class BatchSender::Watch final : public StreamWatch {
 public:
  explicit Watch(BatchSender& sender) : sender_(sender) {}
  void Tick(MonotonicTime now) override { sender_.observer_.Tick(sender_.tally_, now); }
  int wake_descriptor() const override { return sender_.wake_descriptor_; }

 private:
  BatchSender& sender_;
};

BatchSender::BatchSender(const BatchPlan& plan, ApiClient& client, ProductFeed& feed,
                         SendObserver& observer, const Clock& clock, int wake_descriptor)
    : plan_(plan),
      client_(client),
      feed_(feed),
      observer_(observer),
      clock_(clock),
      wake_descriptor_(wake_descriptor),
      jitter_(plan.jitter_seed),
      body_(std::make_unique<Body>(plan_, feed_)),
      first_unfinished_(feed.next_position()) {}
BatchSender::~BatchSender() = default;

void BatchSender::Run() {
  while (SendOne()) {
  }
}

bool BatchSender::SendOne() {
  if (!body_->Begin()) {
    if (Wait(std::chrono::milliseconds::zero())) first_unfinished_ = feed_.next_position();
    return false;
  }
  if (!Wait(std::chrono::milliseconds::zero())) return false;
  for (int attempts = 1;; ++attempts) {
    std::optional<std::chrono::seconds> retry_after;
    body_->Rewind();
    const Status status = Post(retry_after);
    if (status.ok()) break;
    const ErrorCode code = status.error().code;
    const bool is_first_and_lost = !was_ever_answered_ && IsUnreachable(code);
    if (is_first_and_lost || !IsWorthRetrying(code) || attempts == kMaxAttempts ||
        !Wait(PauseAfter(attempts, jitter_, retry_after))) {
      tally_.stopped_by = status.error();
      return false;
    }
  }
  first_unfinished_ = feed_.next_position();
  observer_.Tick(tally_, clock_.Now());
  return observer_.Settled(first_unfinished_);
}

Status BatchSender::Post(std::optional<std::chrono::seconds>& retry_after) {
  const StreamRequest request{.path = kPath,
                              .accept = "application/json",
                              .content_type = "application/x-ndjson",
                              .source = body_.get()};
  Watch watch(*this);
  const Result<Answer> answer = client_.ExchangeStream(request, watch);
  if (!answer.ok()) return answer.error();
  was_ever_answered_ = true;
  retry_after = answer->retry_after;
  if (answer->status != kOk) return Refusal(client_, BatchRequest(), *answer);
  return TakeAnswer(*answer);
}

Status BatchSender::TakeAnswer(const Answer& answer) {
  const auto wrong = [this](const std::string& what) {
    return Error{ErrorCode::kCorrupt, client_.Describe(BatchRequest()) + ": " + what, {}};
  };
  const std::optional<BatchAnswer> batch = ParseBatchAnswer(answer.body);
  if (!batch) return wrong("the answer is not that of a batch");
  const std::size_t lines = body_->positions().size();
  if (!body_->WasSentWhole() || batch->stored + batch->rejected != lines ||
      batch->errors.size() > batch->rejected) {
    return wrong("the answer speaks of " + std::to_string(batch->stored) + " stored and " +
                 std::to_string(batch->rejected) + " rejected products, but " +
                 std::to_string(lines) + " were sent");
  }
  for (const BatchAnswer::LineError& error : batch->errors) {
    if (error.line == 0 || error.line > lines) {
      return wrong("the answer rejects line " + std::to_string(error.line) + " of " +
                   std::to_string(lines));
    }
  }
  tally_.stored += batch->stored;
  tally_.refused += batch->rejected;
  for (const BatchAnswer::LineError& error : batch->errors) {
    observer_.NotStored(body_->positions()[error.line - 1], body_->Line(error.line - 1),
                        Printable(error.message) + " (" + Printable(error.code) + ")");
  }
  return {};
}

bool BatchSender::Wait(std::chrono::milliseconds pause) const {
  pollfd wake{wake_descriptor_, POLLIN, 0};
  // A negative descriptor is one that poll leaves alone.
  return ::poll(&wake, 1, static_cast<int>(pause.count())) == 0;
}

}  // namespace products::cli
