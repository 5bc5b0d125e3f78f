#include "server/config/listen_address.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace products {
namespace {

TEST(ListenAddress, AcceptsAddressesOfBothFamiliesAndRendersThemBack) {
  struct Row {
    std::string_view text;
    std::string_view host;
    std::uint16_t port;
    bool is_ipv6;
    std::string_view rendered;
  };
  for (const Row& row : {
           Row{"0.0.0.0:8080", "0.0.0.0", 8080, false, "0.0.0.0:8080"},
           Row{"127.0.0.1:0", "127.0.0.1", 0, false, "127.0.0.1:0"},
           Row{"10.1.2.3:65535", "10.1.2.3", 65535, false, "10.1.2.3:65535"},
           Row{"[::]:8080", "::", 8080, true, "[::]:8080"},
           Row{"[::1]:0", "::1", 0, true, "[::1]:0"},
           Row{"[2001:db8::1]:443", "2001:db8::1", 443, true, "[2001:db8::1]:443"},
           Row{"localhost:8080", "127.0.0.1", 8080, false, "127.0.0.1:8080"},
       }) {
    const Result<ListenAddress> address = ParseListenAddress(row.text);
    ASSERT_TRUE(address.ok()) << row.text << ": " << address.error().message;
    EXPECT_EQ(address->host, row.host) << row.text;
    EXPECT_EQ(address->port, row.port) << row.text;
    EXPECT_EQ(address->is_ipv6, row.is_ipv6) << row.text;
    EXPECT_EQ(RenderListenAddress(*address), row.rendered);
  }
}

TEST(ListenAddress, RefusesEverythingElse) {
  for (const std::string& text : {
           std::string(),
           std::string(":"),
           std::string("8080"),
           std::string(":8080"),
           std::string("0.0.0.0"),
           std::string("0.0.0.0:"),
           std::string("0.0.0.0:65536"),
           std::string("0.0.0.0:99999999999999999999"),
           std::string("0.0.0.0:-1"),
           std::string("0.0.0.0:+80"),
           std::string("0.0.0.0:080"),
           std::string("0.0.0.0:80 "),
           std::string(" 0.0.0.0:80"),
           std::string("0.0.0.0:http"),
           std::string("0.0.0:80"),
           std::string("256.0.0.1:80"),
           std::string("*:80"),
           std::string("example.com:80"),
           std::string("::1:80"),
           std::string("[::1]"),
           std::string("[::1:80"),
           std::string("::1]:80"),
           std::string("[]:80"),
           std::string("[0.0.0.0]:80"),
           std::string("[localhost]:80"),
           std::string("[::1%lo]:80"),
           std::string("http://0.0.0.0:80"),
           std::string("0.0.0.0\0x:80", 12),
       }) {
    const Result<ListenAddress> address = ParseListenAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(address.error().message.starts_with("ADDRESS:PORT")) << text;
  }
}

}  // namespace
}  // namespace products
