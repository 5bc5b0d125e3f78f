#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace products::cli {

/// How far the products of a feed are.
struct SendTally {
  std::uint64_t stored = 0;
  std::uint64_t refused = 0;  ///< by a 4xx: trying again cannot help
  std::uint64_t failed = 0;  ///< still failing after every attempt, or not answered as it should be
  /// Why it ended early; absent when every product has had its turn.
  std::optional<Error> stopped_by;

  std::uint64_t done() const { return stored + refused + failed; }
};

/// Who follows a sender. Called on its thread.
class SendObserver {
 public:
  virtual ~SendObserver() = default;

  /// The product at `position` was not stored. `json` is it as it was sent, empty when that is not
  /// known any more.
  virtual void NotStored(std::uint64_t position, std::string_view json,
                         std::string_view reason) = 0;
  /// Often: whenever the sender looks at the time.
  virtual void Tick(const SendTally& tally, MonotonicTime now) = 0;
  /// Everything before `position` is stored or has been told of. False ends the sending.
  virtual bool Settled(std::uint64_t position) = 0;
};

}  // namespace products::cli
