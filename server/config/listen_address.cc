#include "server/config/listen_address.h"

#include <arpa/inet.h>

#include <optional>
#include <utility>

#include "core/base/parse.h"

namespace products {
namespace {

constexpr char kExpected[] = "ADDRESS:PORT or [IPv6]:PORT, such as 0.0.0.0:8080 or [::]:8080";

bool IsAddress(int family, const std::string& host) {
  in6_addr unused{};  // large enough for both families
  return inet_pton(family, host.c_str(), &unused) == 1;
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  const std::optional<std::uint64_t> port = ParseUint64(text);
  if (!port || *port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return InvalidArgument(kExpected);
  std::string_view host = text.substr(0, colon);
  const std::optional<std::uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!port) return InvalidArgument(std::string(kExpected) + ", with a port from 0 to 65535");

  ListenAddress address;
  address.port = *port;
  address.is_ipv6 = host.starts_with('[') && host.ends_with(']');
  if (address.is_ipv6) host = host.substr(1, host.size() - 2);
  // inet_pton reads up to the first NUL: "0.0.0.0\0x" must not pass.
  if (host.find('\0') != std::string_view::npos) return InvalidArgument(kExpected);
  address.host = host == "localhost" && !address.is_ipv6 ? "127.0.0.1" : std::string(host);
  if (!IsAddress(address.is_ipv6 ? AF_INET6 : AF_INET, address.host)) {
    return InvalidArgument(kExpected);
  }
  return address;
}

std::string RenderListenAddress(const ListenAddress& address) {
  const std::string port = std::to_string(address.port);
  return address.is_ipv6 ? "[" + address.host + "]:" + port : address.host + ":" + port;
}

}  // namespace products
