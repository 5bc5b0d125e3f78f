#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "cli/api_client.h"
#include "cli/body_stream.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace products::cli {

/// What ApiClient is made of, beyond its header: the exchange of bodies as streams, over a
/// connection kept open. For api_client.cc alone; the library's types do not show here, so that no
/// header of ours includes one of its.
class StreamTransfer {
 public:
  struct Target {
    std::string url;  ///< of the endpoint
    bool is_this_machine = false;
    std::chrono::milliseconds timeout{0};
    std::size_t max_body_bytes = 0;
  };

  StreamTransfer(Target target, const Clock& clock);
  ~StreamTransfer();
  StreamTransfer(const StreamTransfer&) = delete;
  StreamTransfer& operator=(const StreamTransfer&) = delete;

  /// An error's message does not begin with method and URL yet.
  Result<Answer> Run(const StreamRequest& request, StreamWatch& watch);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

/// Why a transfer failed. `code` is the library's CURLcode, `handle` its CURL*, `library_text` what
/// it wrote down itself.
struct TransferLimits {
  std::size_t max_body_bytes;
  bool body_is_too_large;
};
Error ExplainTransfer(int code, void* handle, const TransferLimits& limits,
                      std::string_view timeout_text, std::string_view library_text);

}  // namespace products::cli
