#include "server/http/response_writer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace products {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string Written(const Response& response, ResponseFrame frame = {}) {
  frame.date = kDate;
  std::string out = "before|";
  AppendResponse(out, response, frame);
  return out;
}

Response Product() { return {.content_type = kJsonContentType, .body = "{\"a\":1}\n"}; }

TEST(ResponseWriter, AProductIsTheContractsBytes) {
  EXPECT_EQ(Written(Product()),
            "before|HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 8\r\n\r\n{\"a\":1}\n");
}

TEST(ResponseWriter, HeadHasTheSameHeadAndNoBody) {
  const std::string get = Written(Product());
  EXPECT_EQ(Written(Product(), {.head_only = true}), get.substr(0, get.find("\r\n\r\n") + 4));
}

TEST(ResponseWriter, A204HasNeitherBodyNorLengthNorType) {
  Response response = Product();
  response.status = 204;
  EXPECT_EQ(Written(response),
            "before|HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
}

TEST(ResponseWriter, A304HasItsETagAndNothingOfABody) {
  Response response = Product();
  response.status = 304;
  response.content_tag = 0xfedcba9876543210;
  EXPECT_EQ(Written(response),
            "before|HTTP/1.1 304 Not Modified\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"fedcba9876543210\"\r\n\r\n");
}

TEST(ResponseWriter, AnETagHasSixteenDigitsAlways) {
  Response response = Product();
  response.content_tag = 0;
  EXPECT_NE(Written(response).find("\r\nETag: \"0000000000000000\"\r\n"), std::string::npos);
  response.content_tag = 0xa0;
  EXPECT_NE(Written(response).find("\r\nETag: \"00000000000000a0\"\r\n"), std::string::npos);
}

TEST(ResponseWriter, AnEmptyBodyHasALength) {
  EXPECT_EQ(Written({}),
            "before|HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(ResponseWriter, SaysHowTheConnectionGoesOn) {
  EXPECT_NE(Written({}, {.close = true}).find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_NE(Written({}, {.confirm_keep_alive = true}).find("\r\nConnection: keep-alive\r\n"),
            std::string::npos);
  const std::string both = Written({}, {.close = true, .confirm_keep_alive = true});
  EXPECT_EQ(both.find("keep-alive"), std::string::npos);
  EXPECT_EQ(Written({}).find("Connection"), std::string::npos);
}

TEST(ResponseWriter, ExtraFieldsAndCorsStandBeforeTheBody) {
  Response response = Product();
  response.extra_headers = "Allow: GET, HEAD\r\n";
  EXPECT_EQ(Written(response, {.cors_allow_origin = "*"}),
            "before|HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 8\r\n"
            "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: ETag\r\n"
            "Allow: GET, HEAD\r\n\r\n{\"a\":1}\n");
}

TEST(ResponseWriter, OwnedBodyIsWhatIsSent) {
  Response response;
  response.owned_body = "owned";
  EXPECT_TRUE(Written(response).ends_with("Content-Length: 5\r\n\r\nowned"));
}

TEST(ResponseWriter, EveryAnsweredStatusHasItsReason) {
  for (const int status : AnsweredStatuses()) {
    EXPECT_NE(ReasonPhrase(status), "Unknown") << status;
    EXPECT_NE(Written({.status = status})
                  .find("HTTP/1.1 " + std::to_string(status) + " " +
                        std::string(ReasonPhrase(status)) + "\r\n"),
              std::string::npos);
  }
}

TEST(ResponseWriter, EveryErrorCodeHasAStatusThatIsCounted) {
  const std::vector<int>& counted = AnsweredStatuses();
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kConflict,
        ErrorCode::kTooLarge, ErrorCode::kOverloaded, ErrorCode::kUnavailable, ErrorCode::kTimeout,
        ErrorCode::kCorrupt, ErrorCode::kInternal}) {
    const Response response = ErrorResponse({code, "told", "secret"});
    EXPECT_NE(std::find(counted.begin(), counted.end(), response.status), counted.end())
        << ErrorCodeName(code);
    EXPECT_EQ(response.Body().find("secret"), std::string_view::npos);
    EXPECT_EQ(response.Body().back(), '\n');
  }
}

TEST(HttpDate, IsImfFixdate) {
  const auto at = [](std::int64_t seconds) {
    HttpDate date;
    return std::string(date.Render(WallTime(std::chrono::seconds(seconds))));
  };
  EXPECT_EQ(at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(at(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
  EXPECT_EQ(at(4102444799), "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST(HttpDate, FollowsTheClockBothWays) {
  HttpDate date;
  const auto at = [&date](std::int64_t milliseconds) {
    return std::string(date.Render(WallTime(std::chrono::milliseconds(milliseconds))));
  };
  EXPECT_EQ(at(784111777'000), kDate);
  EXPECT_EQ(at(784111777'999), kDate);
  EXPECT_EQ(at(784111778'000), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(at(784111777'500), kDate);
}

}  // namespace
}  // namespace products
