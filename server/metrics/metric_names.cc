#include "server/metrics/metric_names.h"

namespace products {

std::string_view ConnectionOutcomeName(ConnectionOutcome outcome) {
  switch (outcome) {
    case ConnectionOutcome::kClosedByClient:
      return "closed_by_client";
    case ConnectionOutcome::kClosedByServer:
      return "closed_by_server";
    case ConnectionOutcome::kReset:
      return "reset";
    case ConnectionOutcome::kIdleTimeout:
      return "idle_timeout";
    case ConnectionOutcome::kHeaderTimeout:
      return "header_timeout";
    case ConnectionOutcome::kBodyTimeout:
      return "body_timeout";
    case ConnectionOutcome::kWriteTimeout:
      return "write_timeout";
    case ConnectionOutcome::kProtocolError:
      return "protocol_error";
    case ConnectionOutcome::kRefused:
      return "refused";
    case ConnectionOutcome::kDrained:
      return "drained";
  }
  return "reset";
}

std::string_view RefusedReasonName(RefusedReason reason) {
  switch (reason) {
    case RefusedReason::kMalformed:
      return "malformed";
    case RefusedReason::kHeaderTooLarge:
      return "header_too_large";
    case RefusedReason::kTargetTooLong:
      return "target_too_long";
    case RefusedReason::kBodyTooLarge:
      return "body_too_large";
    case RefusedReason::kUnsupported:
      return "unsupported";
    case RefusedReason::kHeaderTimeout:
      return "header_timeout";
    case RefusedReason::kBodyTimeout:
      return "body_timeout";
    case RefusedReason::kQueueFull:
      return "queue_full";
    case RefusedReason::kQueueAge:
      return "queue_age";
    case RefusedReason::kTableFull:
      return "table_full";
    case RefusedReason::kUnavailable:
      return "unavailable";
    case RefusedReason::kBackgroundFull:
      return "background_full";
    case RefusedReason::kReadOnly:
      return "read_only";
    case RefusedReason::kBatchStreams:
      return "batch_streams";
  }
  return "unavailable";
}

std::string_view ParseErrorReasonName(ParseErrorReason reason) {
  switch (reason) {
    case ParseErrorReason::kBareLineFeed:
      return "bare_line_feed";
    case ParseErrorReason::kFoldedLine:
      return "folded_line";
    case ParseErrorReason::kRequestLine:
      return "request_line";
    case ParseErrorReason::kMethod:
      return "method";
    case ParseErrorReason::kTarget:
      return "target";
    case ParseErrorReason::kVersion:
      return "version";
    case ParseErrorReason::kHost:
      return "host";
    case ParseErrorReason::kField:
      return "field";
    case ParseErrorReason::kContentLength:
      return "content_length";
    case ParseErrorReason::kFraming:
      return "framing";
    case ParseErrorReason::kChunk:
      return "chunk";
    case ParseErrorReason::kExpectation:
      return "expectation";
  }
  return "field";
}

}  // namespace products
