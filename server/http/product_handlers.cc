#include "server/http/product_handlers.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "core/base/parse.h"
#include "core/base/result.h"

namespace products {
namespace {

Result<ProductId> ParsePathId(std::string_view text) {
  const std::optional<std::int64_t> id = ParseInt64(text);
  if (!id || *id > std::numeric_limits<ProductId>::max() ||
      *id < std::numeric_limits<ProductId>::min()) {
    return InvalidArgument("productId must be an integer");
  }
  if (*id < kMinProductId) return InvalidArgument("productId must be >= 1");
  return static_cast<ProductId>(*id);
}

class PutWaiter final : public CommitWaiter {
 public:
  explicit PutWaiter(Completion completion) : completion_(std::move(completion)) {}

  void OnCommitted(const Status& outcome) override {
    if (!outcome.ok()) return completion_.Answer(ErrorResponse(outcome.error()));
    Response response;
    response.status = 204;
    completion_.Answer(std::move(response));
  }

  /// The write was refused: the handler itself answers.
  void Dismiss() { completion_.Dismiss(); }

 private:
  Completion completion_;
};

}  // namespace

RefusedReason RefusedReasonOf(WriteRefusal refusal) {
  switch (refusal) {
    case WriteRefusal::kTableFull:
      return RefusedReason::kTableFull;
    case WriteRefusal::kQueueFull:
      return RefusedReason::kQueueFull;
    case WriteRefusal::kQueueAge:
      return RefusedReason::kQueueAge;
    case WriteRefusal::kInvalid:
    case WriteRefusal::kStopped:
      break;
  }
  return RefusedReason::kUnavailable;
}

Answer GetProduct(const Request& request, HandlerContext& context, Response& response) {
  const Result<ProductId> id = ParsePathId(request.path_parameter);
  if (!id.ok()) {
    response = ErrorResponse(id.error());
    return Answer::kNow;
  }
  const ProductRecord* const record = context.services.catalog.Find(*id);
  if (record == nullptr) {
    response = ErrorResponse(
        {ErrorCode::kNotFound, "product with ID " + std::to_string(*id) + " not found", {}});
    return Answer::kNow;
  }
  response.content_type = kJsonContentType;
  response.body = record->body();
  return Answer::kNow;
}

Answer PostProductDetails(const Request& request, HandlerContext& context, Response& response) {
  const Result<ProductId> id = ParsePathId(request.path_parameter);
  if (!id.ok()) {
    response = ErrorResponse(id.error());
    return Answer::kNow;
  }
  auto put_waiter = std::make_unique<PutWaiter>(context.MakeCompletion());
  PutWaiter* const dismissable = put_waiter.get();
  std::unique_ptr<CommitWaiter> waiter = std::move(put_waiter);
  const std::optional<RefusedWrite> refused =
      context.services.catalog.Put(*id, request.body, {}, std::move(waiter));
  if (!refused) return Answer::kLater;
  dismissable->Dismiss();
  if (refused->reason != WriteRefusal::kInvalid) {
    context.worker.CountRefused(RefusedReasonOf(refused->reason));
  }
  response = ErrorResponse(refused->error);
  return Answer::kNow;
}

}  // namespace products
