#include "server/http/product_handlers.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "core/base/parse.h"
#include "core/base/result.h"
#include "server/http/entity_tags.h"

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

// Of a write that is under way: 204 once it is durable, with the ETag of a product that was stored,
// so that the client can go on with If-Match.
class WriteWaiter final : public CommitWaiter {
 public:
  WriteWaiter(Completion completion, std::optional<std::uint64_t> stored_tag)
      : completion_(std::move(completion)), stored_tag_(stored_tag) {}

  void OnCommitted(const Status& outcome) override {
    if (!outcome.ok()) return completion_.Answer(ErrorResponse(outcome.error()));
    Response response;
    response.status = 204;
    response.content_tag = stored_tag_;
    completion_.Answer(std::move(response));
  }

  /// The write was refused: the handler itself answers.
  void Dismiss() { completion_.Dismiss(); }

 private:
  Completion completion_;
  const std::optional<std::uint64_t> stored_tag_;
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
    case WriteRefusal::kStopped:
      break;
  }
  return RefusedReason::kUnavailable;
}

namespace {

Answer Refuse(const Error& error, Response& response) {
  response = ErrorResponse(error);
  return Answer::kNow;
}

// Has `submit` queue a write, whose answer the waiter then gives, or answers why it is not queued.
template <typename Submit>
Answer AnswerWrite(HandlerContext& context, std::optional<std::uint64_t> stored_tag,
                   Response& response, Submit submit) {
  auto write_waiter = std::make_unique<WriteWaiter>(context.MakeCompletion(), stored_tag);
  WriteWaiter* const dismissable = write_waiter.get();
  std::unique_ptr<CommitWaiter> waiter = std::move(write_waiter);
  const std::optional<RefusedWrite> refused = submit(std::move(waiter));
  if (!refused) return Answer::kLater;
  dismissable->Dismiss();
  context.worker.CountRefused(RefusedReasonOf(refused->reason));
  return Refuse(refused->error, response);
}

}  // namespace

Answer GetProduct(const Request& request, HandlerContext& context, Response& response) {
  const Result<ProductId> id = ParsePathId(request.path_parameter);
  if (!id.ok()) return Refuse(id.error(), response);
  const ProductRecord* const record = context.services.catalog.Find(*id);
  if (record == nullptr) {
    return Refuse(
        {ErrorCode::kNotFound, "product with ID " + std::to_string(*id) + " not found", {}},
        response);
  }
  response.content_type = kJsonContentType;
  response.body = record->body();
  response.content_tag = record->content_tag();
  const Result<int> status = StatusOfRead(request, record->content_tag());
  if (!status.ok()) return Refuse(status.error(), response);
  if (*status == 412) {
    return Refuse({ErrorCode::kConflict, "the product has another ETag", {}}, response);
  }
  response.status = *status;
  return Answer::kNow;
}

Answer PostProductDetails(const Request& request, HandlerContext& context, Response& response) {
  const Result<ProductId> id = ParsePathId(request.path_parameter);
  if (!id.ok()) return Refuse(id.error(), response);
  Result<Precondition> precondition = PreconditionOf(request);
  if (!precondition.ok()) return Refuse(precondition.error(), response);
  Result<ProductRecordPtr> record = Catalog::MakeRecord(*id, request.body);
  if (!record.ok()) return Refuse(record.error(), response);
  return AnswerWrite(context, (*record)->content_tag(), response,
                     [&](std::unique_ptr<CommitWaiter>&& waiter) {
                       return context.services.catalog.Put(
                           std::move(*record), std::move(*precondition), std::move(waiter));
                     });
}

Answer DeleteProduct(const Request& request, HandlerContext& context, Response& response) {
  const Result<ProductId> id = ParsePathId(request.path_parameter);
  if (!id.ok()) return Refuse(id.error(), response);
  Result<Precondition> precondition = PreconditionOf(request);
  if (!precondition.ok()) return Refuse(precondition.error(), response);
  return AnswerWrite(context, std::nullopt, response, [&](std::unique_ptr<CommitWaiter>&& waiter) {
    return context.services.catalog.Delete(*id, std::move(*precondition), std::move(waiter));
  });
}

}  // namespace products
