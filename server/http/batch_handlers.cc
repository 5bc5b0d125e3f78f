#include "server/http/batch_handlers.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/json_text.h"
#include "server/http/product_handlers.h"
#include "server/service/product_group.h"

namespace products {
namespace {

// Two, so that one fills while the engine commits the other.
constexpr std::size_t kMaxGroupsInFlight = 2;
constexpr std::size_t kMaxReportedErrors = 100;
// A message may quote the line, which may be long.
constexpr std::size_t kMaxErrorMessageBytes = 512;
// What a turn is for one connection: about what a read of 64 KiB brings, 0.7 ms of work.
constexpr std::size_t kLinesPerTurn = 512;

struct Line {
  std::uint64_t number = 0;
  std::string_view text;
  bool is_too_long = false;
};

// Cuts a body into lines as it comes. Keeps of a line no more than it may be long.
class LineCutter {
 public:
  explicit LineCutter(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  // The next line that ends in `piece`, which loses it; valid until the next call. Absent when the
  // rest only begins one: it is kept.
  std::optional<Line> CutNext(std::string_view& piece) {
    Forget();
    const std::size_t end = piece.find('\n');
    const std::string_view part = piece.substr(0, end);
    if (kept_.size() + part.size() > max_line_bytes_) {
      is_too_long_ = true;
      kept_ = std::string();
    }
    if (end == std::string_view::npos) {
      if (!is_too_long_) kept_ += part;
      piece = {};
      return std::nullopt;
    }
    piece.remove_prefix(end + 1);
    if (is_too_long_ || kept_.empty()) return Give(is_too_long_ ? std::string_view() : part);
    kept_ += part;
    return Give(kept_);
  }

  // What stands behind the last "\n".
  std::optional<Line> CutLast() {
    Forget();
    if (kept_.empty() && !is_too_long_) return std::nullopt;
    return Give(kept_);
  }

 private:
  Line Give(std::string_view text) {
    is_given_ = true;
    return {++number_, text, is_too_long_};
  }

  void Forget() {
    if (!std::exchange(is_given_, false)) return;
    kept_.clear();
    is_too_long_ = false;
  }

  const std::size_t max_line_bytes_;
  std::uint64_t number_ = 0;
  std::string kept_;
  bool is_too_long_ = false;
  bool is_given_ = false;
};

// What has become of one batch's groups. The worker and the writer.
class BatchProgress {
 public:
  struct Figures {
    std::size_t groups_in_flight = 0;
    std::size_t stored = 0;
    std::optional<Error> failure;  // the first
  };

  void Begin() {
    const std::lock_guard lock(mutex_);
    ++figures_.groups_in_flight;
  }

  void End(const Status& outcome, std::size_t products) {
    const std::lock_guard lock(mutex_);
    --figures_.groups_in_flight;
    if (outcome.ok()) {
      figures_.stored += products;
    } else if (!figures_.failure) {
      figures_.failure = outcome.error();
    }
  }

  Figures figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
  }

 private:
  mutable std::mutex mutex_;  // guards figures_
  Figures figures_;
};

// Destroyed untold it tells of a failure, so that no client waits for ever.
class GroupWaiter final : public CommitWaiter {
 public:
  GroupWaiter(std::shared_ptr<BatchProgress> progress, std::size_t products, Resumption resumption)
      : progress_(std::move(progress)), products_(products), resumption_(std::move(resumption)) {
    progress_->Begin();
  }
  ~GroupWaiter() override {
    if (progress_ != nullptr) OnCommitted(Error{ErrorCode::kInternal, {}, {}});
  }
  GroupWaiter(const GroupWaiter&) = delete;
  GroupWaiter& operator=(const GroupWaiter&) = delete;

  void OnCommitted(const Status& outcome) override {
    std::exchange(progress_, nullptr)->End(outcome, products_);
    resumption_.Resume();
  }

 private:
  std::shared_ptr<BatchProgress> progress_;  // shared: the client may leave before the commit
  const std::size_t products_;
  const Resumption resumption_;
};

// At most so many bytes of it, and no part of a character.
std::string_view Shorten(std::string_view text) {
  if (text.size() <= kMaxErrorMessageBytes) return text;
  std::size_t end = kMaxErrorMessageBytes;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

class BatchReceiver final : public BodyReceiver {
 public:
  explicit BatchReceiver(HandlerContext& context)
      : services_(context.services),
        worker_(context.worker),
        resumption_(context.MakeResumption()),
        max_line_bytes_(context.limits.max_body_bytes),
        lines_(max_line_bytes_) {}
  ~BatchReceiver() override { services_.batch_streams.End(); }
  BatchReceiver(const BatchReceiver&) = delete;
  BatchReceiver& operator=(const BatchReceiver&) = delete;

  Next OnBody(std::string_view piece, Response& response) override {
    while (const std::optional<Line> line = lines_.CutNext(piece)) Take(*line);
    return GoOn(response);
  }

  Next OnEnd(Response& response) override {
    if (const std::optional<Line> line = lines_.CutLast()) Take(*line);
    at_end_ = true;
    return GoOn(response);
  }

  Next OnResume(Response& response) override { return GoOn(response); }

 private:
  void Take(const Line& line) {
    ++lines_of_turn_;
    if (line.is_too_long) {
      return Reject(line, "PAYLOAD_TOO_LARGE",
                    "a line must be at most " + std::to_string(max_line_bytes_) + " bytes");
    }
    if (line.text.find_first_not_of(" \t\r") == std::string_view::npos) return;
    const Status added = group_.Add(line.text);
    if (!added.ok()) Reject(line, "INVALID_INPUT", added.error().message);
  }

  void Reject(const Line& line, std::string_view code, std::string_view message) {
    if (++rejected_ > kMaxReportedErrors) return;
    if (rejected_ > 1) errors_ += ',';
    errors_ += "{\"line\":" + std::to_string(line.number) + ",\"error\":";
    AppendJsonString(errors_, code);
    errors_ += ",\"message\":";
    AppendJsonString(errors_, Shorten(message));
    errors_ += '}';
  }

  // Stores what is due, and says how to go on.
  Next GoOn(Response& response) {
    const bool group_is_due = group_.IsFull() || (at_end_ && !group_.empty());
    if (group_is_due && !refusal_) {
      const BatchProgress::Figures before = progress_->figures();
      if (!before.failure) {
        if (before.groups_in_flight == kMaxGroupsInFlight) return Next::kWait;
        StoreGroup();
      }
    }
    const BatchProgress::Figures figures = progress_->figures();
    const std::optional<Error>& failure = refusal_ ? refusal_ : figures.failure;
    // Also of a failed batch it is known only then how much is stored.
    if ((failure || at_end_) && figures.groups_in_flight > 0) return Next::kWait;
    if (failure) {
      response = ErrorResponse(
          *failure, std::to_string(figures.stored) + " products of this batch are stored");
      return Next::kAnswer;
    }
    if (at_end_) {
      response.content_type = kJsonContentType;
      response.owned_body = "{\"stored\":" + std::to_string(figures.stored) +
                            ",\"rejected\":" + std::to_string(rejected_) + ",\"errors\":[" +
                            errors_ + "]}\n";
      return Next::kAnswer;
    }
    if (lines_of_turn_ < kLinesPerTurn) return Next::kMore;
    lines_of_turn_ = 0;
    return Next::kTurn;
  }

  void StoreGroup() {
    std::unique_ptr<CommitWaiter> waiter =
        std::make_unique<GroupWaiter>(progress_, group_.size(), resumption_);
    const std::optional<RefusedWrite> refused =
        services_.catalog.PutGroup(std::exchange(group_, {}), std::move(waiter));
    if (!refused) return;
    worker_.CountRefused(RefusedReasonOf(refused->reason));
    refusal_ = refused->error;
  }

  Services& services_;
  WorkerMetrics& worker_;
  const Resumption resumption_;
  const std::size_t max_line_bytes_;
  LineCutter lines_;
  ProductGroup group_;  // being filled
  const std::shared_ptr<BatchProgress> progress_ = std::make_shared<BatchProgress>();
  std::optional<Error> refusal_;  // why a group was not taken
  std::size_t lines_of_turn_ = 0;
  std::uint64_t rejected_ = 0;
  std::string errors_;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<BodyReceiver> PostProductBatch(const Request&, HandlerContext& context,
                                               Response& response) {
  if (context.services.batch_streams.TryBegin(context.limits.max_batch_streams)) {
    return std::make_unique<BatchReceiver>(context);
  }
  context.worker.CountRefused(RefusedReason::kBatchStreams);
  response = ErrorResponse({ErrorCode::kOverloaded, "too many batches are being received", {}});
  return nullptr;
}

}  // namespace products
