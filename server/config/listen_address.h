#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace products {

/// Where to listen: an address of this machine and a port. A plain value.
struct ListenAddress {
  /// An IPv4 or IPv6 literal without brackets, ready for inet_pton: "0.0.0.0", "::1".
  std::string host;
  /// 0 asks the kernel for a free port.
  std::uint16_t port = 0;
  bool is_ipv6 = false;

  bool operator==(const ListenAddress&) const = default;
};

/// `ADDRESS:PORT`, `[IPv6]:PORT` or `localhost:PORT` (which stands for 127.0.0.1). Names are not
/// resolved: an address to listen on is one of this machine, and a resolver that is down must not
/// keep the service from starting. The message of the error fits behind "must be ".
Result<ListenAddress> ParseListenAddress(std::string_view text);

/// The inverse: "0.0.0.0:8080", "[::1]:8080".
std::string RenderListenAddress(const ListenAddress& address);

}  // namespace products
