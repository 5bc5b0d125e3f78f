#include "server/http/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace products {
namespace {

using Event = RequestParser::Event;

constexpr std::size_t kMaxBody = 20;
constexpr ParserLimits kLimits{.max_header_bytes = 200, .max_target_bytes = 50};
// What a request line may have beyond its target.
constexpr std::size_t kRequestLineOverhead = 64;

std::string Describe(const RequestParser& parser) {
  const RequestHead& head = parser.head();
  std::string text(MethodName(head.method));
  text += " " + std::string(head.raw_path);
  if (!head.query.empty()) text += "?" + std::string(head.query);
  if (head.accept) text += " accept[" + std::string(*head.accept) + "]";
  if (head.if_match) text += " match[" + std::string(*head.if_match) + "]";
  if (head.if_none_match) text += " none_match[" + std::string(*head.if_none_match) + "]";
  if (head.http_1_0) text += " 1.0";
  if (!head.keep_alive) text += " close";
  if (head.expects_continue) text += " continue";
  return text;
}

enum class BodyMode { kGathered, kStreamed };

// Feeds pieces as a connection does: what was not consumed is given again with more behind it, at
// another place in memory. The requests found, one a line; the last line is a failure's status, or
// "..." when more is needed.
std::string ParsePieces(const std::vector<std::string_view>& pieces,
                        const ParserLimits& limits = kLimits, BodyMode mode = BodyMode::kGathered) {
  RequestParser parser;
  std::string text;
  std::string kept;
  std::string streamed;
  for (const std::string_view piece : pieces) {
    const std::string bytes = kept + std::string(piece);
    std::size_t used = 0;
    // A body may be complete without another byte.
    while (used < bytes.size() || parser.in_body()) {
      const RequestParser::Step step = parser.Feed(std::string_view(bytes).substr(used), limits);
      used += step.consumed;
      if (step.event == Event::kFailure) return text + std::to_string(parser.failure().status);
      if (step.event == Event::kNeedMore) break;
      if (step.event == Event::kHeader) {
        streamed.clear();
        parser.set_max_body_bytes(kMaxBody);
        if (mode == BodyMode::kStreamed) parser.StreamBody();
      } else if (step.event == Event::kBody) {
        EXPECT_LE(parser.body().size(), kMaxBodyPiece);
        streamed += parser.body();
      } else {
        const std::string_view body = mode == BodyMode::kStreamed ? streamed : parser.body();
        text += Describe(parser) + (body.empty() ? "" : " <" + std::string(body) + ">") + "\n";
      }
    }
    if (parser.in_body()) parser.KeepHead();
    EXPECT_LE(used, bytes.size());
    kept = bytes.substr(used);
  }
  return text + "...";
}

std::vector<std::string_view> InBytes(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

// The same whole, cut in two at every byte, and byte by byte.
void ExpectInAnySegmentation(const std::string& bytes, const std::string& expected,
                             const ParserLimits& limits = kLimits) {
  const std::string shown = ::testing::PrintToString(bytes);
  EXPECT_EQ(ParsePieces({bytes}, limits), expected) << shown;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    const std::string_view text = bytes;
    ASSERT_EQ(ParsePieces({text.substr(0, at), text.substr(at)}, limits), expected)
        << shown << " cut at " << at;
  }
  ASSERT_EQ(ParsePieces(InBytes(bytes), limits), expected) << shown << " byte by byte";
  if (expected.ends_with("413")) return;  // A streamed body has no limit.
  for (const auto& pieces : {std::vector<std::string_view>{bytes}, InBytes(bytes)}) {
    ASSERT_EQ(ParsePieces(pieces, limits, BodyMode::kStreamed), expected) << shown << " streamed";
  }
}

const std::string kHost = "Host: h\r\n";

struct Case {
  std::string bytes;
  std::string expected;
};

TEST(RequestParser, FindsRequestsInAnySegmentation) {
  const std::string get = "GET /a HTTP/1.1\r\n" + kHost + "\r\n";
  const std::string post = "POST /p HTTP/1.1\r\n" + kHost;
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<Case> cases = {
      {get, "GET /a\n..."},
      {get + get + get, "GET /a\nGET /a\nGET /a\n..."},
      {"\r\n\r\n" + get + "\r\n" + get, "GET /a\nGET /a\n..."},
      {"HEAD /a?q=1?2 HTTP/1.1\r\n" + kHost + "\r\n", "HEAD /a?q=1?2\n..."},
      {"GET /a? HTTP/1.1\r\n" + kHost + "\r\n", "GET /a\n..."},
      {"GET http://h:1/a/b?c HTTP/1.1\r\n" + kHost + "\r\n", "GET /a/b?c\n..."},
      {"GET HTTPS://h HTTP/1.1\r\n" + kHost + "\r\n", "GET /\n..."},
      {"GET http://h?q HTTP/1.1\r\n" + kHost + "\r\n", "GET /?q\n..."},
      {"OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", "OPTIONS *\n..."},
      {"GET /%41 HTTP/1.1\r\nhOsT:h\r\n\r\n", "GET /%41\n..."},
      {"GET /a HTTP/1.1\r\nHost:\r\n\r\n", "GET /a\n..."},
      {"GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /a\n..."},
      {"GET /a HTTP/1.0\r\n\r\n", "GET /a 1.0 close\n..."},
      {"GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET /a 1.0\n..."},
      {"GET /a HTTP/1.1\r\n" + kHost + "Connection: x, CLOSE\r\n\r\n", "GET /a close\n..."},
      {"GET /a HTTP/1.1\r\n" + kHost + "Connection: close\r\nConnection: keep-alive\r\n\r\n",
       "GET /a close\n..."},
      {"GET /a HTTP/1.1\r\n" + kHost + "Proxy-Connection: close\r\n\r\n", "GET /a\n..."},
      {"GET /a HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET /a 1.0 close\n..."},
      {"GET /a HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n", "GET /a 1.0 close\n..."},
      {post + "\r\n" + get, "POST /p\nGET /a\n..."},
      {post + "Content-Length: 0\r\n\r\n" + get, "POST /p\nGET /a\n..."},
      {post + "Content-Length: 3\r\n\r\nabc" + get, "POST /p <abc>\nGET /a\n..."},
      {post + "Content-Length: 003\r\n\r\nabc", "POST /p <abc>\n..."},
      {post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "POST /p <abc>\n..."},
      {post + "Content-Length: 3, 3\r\n\r\nabc", "POST /p <abc>\n..."},
      {post + "Content-Length: 20\r\n\r\n" + std::string(20, 'x') + get,
       "POST /p <xxxxxxxxxxxxxxxxxxxx>\nGET /a\n..."},
      {post + "Expect: 100-CONTINUE\r\nContent-Length: 1\r\n\r\na", "POST /p continue <a>\n..."},
      {chunked + "0\r\n\r\n" + get, "POST /p\nGET /a\n..."},
      {chunked + "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n" + get,
       "POST /p <abc0123456789>\nGET /a\n..."},
      {chunked + "1;a=\"b;\\\"c\";d\r\na\r\n0;e\r\nExpect: y\r\nHost: a z\r\n\r\n" + get,
       "POST /p <a>\nGET /a\n..."},
      {post + "transfer-encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", "POST /p <a>\n..."},
      {chunked + "001\r\n0\r\n01 ; a\r\n0\r\n00 ;a = \"\t\"\r\n\r\n" + get,
       "POST /p <00>\nGET /a\n..."},
  };
  for (const Case& c : cases) ExpectInAnySegmentation(c.bytes, c.expected);
}

TEST(RequestParser, ReadsWhatConditionsAndListsNeedInAnySegmentation) {
  const std::string get = "GET /a HTTP/1.1\r\n" + kHost;
  const std::string put = "PUT /a%20b?c=%20 HTTP/1.1\r\n" + kHost;
  const std::vector<Case> cases = {
      {get + "Accept: text/html\r\n\r\n", "GET /a accept[text/html]\n..."},
      {get + "accept:  a , b \r\nACCEPT: c\r\nAccept:d\r\n\r\n", "GET /a accept[a , b, c, d]\n..."},
      {get + "If-Match:\r\n\r\n", "GET /a match[]\n..."},
      {get + "If-Match:\r\nIf-Match: \"1\"\r\n\r\n", "GET /a match[, \"1\"]\n..."},
      {get + "If-None-Match: \"1\"\r\nIf-Match: \"2\"\r\nIf-None-Match: W/\"3\"\r\n\r\n" + get +
           "\r\n",
       "GET /a match[\"2\"] none_match[\"1\", W/\"3\"]\nGET /a\n..."},
      {put + "If-Match: *\r\nContent-Length: 2\r\nAccept: a\r\n\r\nhi" + get + "\r\n",
       "PUT /a%20b?c=%20 accept[a] match[*] <hi>\nGET /a\n..."},
      {put + "If-Match: 1\r\nIf-Match: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n" +
           "1\r\nb\r\n0\r\nIf-Match: 3\r\nAccept: 4\r\n\r\n" + get + "\r\n",
       "PUT /a%20b?c=%20 match[1, 2] <ab>\nGET /a\n..."},
  };
  for (const Case& c : cases) ExpectInAnySegmentation(c.bytes, c.expected);
}

TEST(RequestParser, RefusesWhatIsMalformedInAnySegmentation) {
  const std::string get = "GET /a HTTP/1.1\r\n";
  const std::string post = "POST /p HTTP/1.1\r\n" + kHost;
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<Case> cases = {
      {"GET /a HTTP/1.1\n" + kHost + "\r\n", "400"},
      {get + "Host: h\n\r\n", "400"},
      {get + kHost + "\n", "400"},
      {get + kHost + "A: b\r\n c\r\n\r\n", "400"},
      {get + kHost + "A: b\r\n\tc\r\n\r\n", "400"},
      {get + " A: b\r\n" + kHost + "\r\n", "400"},
      {get + kHost + "A : b\r\n\r\n", "400"},
      {get + kHost + ": b\r\n\r\n", "400"},
      {get + kHost + "A\r\n\r\n", "400"},
      {get + kHost + std::string("A: b\0c\r\n\r\n", 10), "400"},
      {get + kHost + "A: b\x01\r\n\r\n", "400"},
      {get + kHost + "A: b\rc\r\n\r\n", "400"},
      {get + "\r\n", "400"},
      {get + kHost + kHost + "\r\n", "400"},
      {get + "Host: a b\r\n\r\n", "400"},
      {get + "Host: a/b\r\n\r\n", "400"},
      {"GET / 4\r\n\r\n", "400"},
      {"GET  /a HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"GET a HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"GET ftp://h/a HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"GET http:///a HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"GET * HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"GET /\x80 HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"GET /a\x7F HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"G@T /a HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {" GET /a HTTP/1.1\r\n" + kHost + "\r\n", "400"},
      {"BREW /a HTTP/1.1\r\n" + kHost + "\r\n", "501"},
      {"get /a HTTP/1.1\r\n" + kHost + "\r\n", "501"},
      {"GET /a HTTP/1.2\r\n" + kHost + "\r\n", "505"},
      {"GET /a HTTP/2.0\r\n" + kHost + "\r\n", "505"},
      {"GET /a\r\n" + kHost + "\r\n", "400"},
      {post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400"},
      {post + "Content-Length: 3, 4\r\n\r\nabc", "400"},
      {post + "Content-Length: -1\r\n\r\n", "400"},
      {post + "Content-Length: +1\r\n\r\n", "400"},
      {post + "Content-Length: 0x1\r\n\r\n", "400"},
      {post + "Content-Length:\r\n\r\n", "400"},
      {post + "Content-Length: 18446744073709551616\r\n\r\n", "400"},
      {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "400"},
      {"POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {post + "Transfer-Encoding: xchunked\r\n\r\n", "501"},
      {post + "Expect: something\r\n\r\n", "417"},
      {chunked + "g\r\n", "400"},
      {chunked + "-1\r\n", "400"},
      {chunked + "0x1\r\na\r\n0\r\n\r\n", "400"},
      {chunked + "1\r\nab\r\n0\r\n\r\n", "400"},
      {chunked + "10000000000000000\r\na\r\n", "400"},
      {chunked + "0\r\nContent-Length: 7\r\n\r\n", "400"},
      {chunked + "\r\n", "400"},
      {chunked + "1\na\r\n0\r\n\r\n", "400"},
      {chunked + "1\r\na\n0\r\n\r\n", "400"},
      {chunked + "0\n\r\n", "400"},
      {chunked + "1;a=\"\n\"\r\na\r\n0\r\n\r\n", "400"},
      {chunked + "1;a=\"\r\n\"\r\na\r\n0\r\n\r\n", "400"},
      {chunked + "1;a=\"\x01\"\r\na\r\n0\r\n\r\n", "400"},
      {chunked + "0;a=\"\x7F\"\r\n\r\n", "400"},
      {chunked + "0\r\nA: b\r\n c\r\n\r\n", "400"},
      {chunked + "0\r\nA: b\n\r\n", "400"},
      {chunked + "0\r\n\n", "400"},
  };
  for (const Case& c : cases) {
    const std::string behind = "GET /smuggled HTTP/1.1\r\n" + kHost + "\r\n";
    ExpectInAnySegmentation(c.bytes, c.expected);
    // What follows is not taken for a request, whatever it is.
    EXPECT_EQ(ParsePieces({c.bytes + behind}), c.expected) << ::testing::PrintToString(c.bytes);
  }
}

TEST(RequestParser, LimitsAreExactInAnySegmentation) {
  const auto with_target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n";
  };
  const std::string longest = "/" + std::string(kLimits.max_target_bytes - 1, 'a');
  ExpectInAnySegmentation(with_target(kLimits.max_target_bytes), "GET " + longest + "\n...");
  for (const std::size_t over : {std::size_t{1}, std::size_t{2}, kRequestLineOverhead,
                                 kRequestLineOverhead + 1, std::size_t{1000}}) {
    ExpectInAnySegmentation(with_target(kLimits.max_target_bytes + over), "414");
  }

  // Also when what lies behind is malformed.
  ExpectInAnySegmentation("GET /" + std::string(200, 'a') + " JUNK\r\n\n", "414");

  // All field lines with their CRLF, and the empty line.
  const auto with_fields = [](std::size_t size) {
    return "GET /a HTTP/1.1\r\n" + kHost + "X:" + std::string(size - kHost.size() - 6, 'x') +
           "\r\n\r\n";
  };
  ExpectInAnySegmentation(with_fields(kLimits.max_header_bytes), "GET /a\n...");
  for (const std::size_t over : {1, 2, 3, 1000}) {
    ExpectInAnySegmentation(with_fields(kLimits.max_header_bytes + over), "431");
  }

  const auto chunked = [](const std::string& chunks) {
    return "POST /p HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n" + chunks;
  };
  const std::string ten(10, 'x');
  ExpectInAnySegmentation(chunked("a\r\n" + ten + "\r\na\r\n" + ten + "\r\n0\r\n\r\n"),
                          "POST /p <" + ten + ten + ">\n...");
  ExpectInAnySegmentation(chunked("a\r\n" + ten + "\r\na\r\n" + ten + "\r\n1\r\nx\r\n0\r\n\r\n"),
                          "413");
}

TEST(RequestParser, AChunkHeaderAndTrailersHaveTheLimitOfAHeaderSection) {
  const std::string begin = "POST /p HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string end = "0\r\n\r\n";
  const auto of_size = [](const std::string& first, std::size_t size, char filler) {
    return first + std::string(size - first.size() - 2, filler) + "\r\n";
  };
  const std::size_t most = kLimits.max_header_bytes;
  ExpectInAnySegmentation(begin + of_size("1;", most, 'x') + "a\r\n" + end, "POST /p <a>\n...");
  ExpectInAnySegmentation(begin + "1\r\na\r\n" + of_size("0;", most, 'x') + "\r\n",
                          "POST /p <a>\n...");
  ExpectInAnySegmentation(begin + "0\r\n" + of_size("X: ", most - 2, 'x') + "\r\n", "POST /p\n...");
  for (const std::size_t over : {1, 2, 3, 1000}) {
    ExpectInAnySegmentation(begin + of_size("1;", most + over, 'x') + "a\r\n" + end, "431");
    ExpectInAnySegmentation(begin + of_size("0", most + over, '0') + "\r\n", "431");
    ExpectInAnySegmentation(begin + "0\r\n" + of_size("X: ", most - 2 + over, 'x') + "\r\n", "431");
  }
}

TEST(RequestParser, NothingOfARequestSticksToTheNext) {
  const std::string post = "POST /p HTTP/1.1\r\n" + kHost;
  const std::vector<Case> cases = {
      {"GET /a HTTP/1.1\r\n" + kHost + "\r\n", "GET /a\n"},
      {"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /a 1.0\n"},
      {"POST /p HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
       "POST /p 1.0 close <a>\n"},
      {post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nbc", "POST /p continue <bc>\n"},
      {post + "Content-Length: 3\r\n\r\nabc", "POST /p <abc>\n"},
      {post + "Connection: close\r\n\r\n", "POST /p close\n"},
      {post + "Transfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n",
       "POST /p <def>\n"},
  };
  for (const Case& first : cases) {
    for (const Case& second : cases) {
      ExpectInAnySegmentation(first.bytes + second.bytes + first.bytes,
                              first.expected + second.expected + first.expected + "...");
    }
  }
}

TEST(RequestParser, AStreamedBodyComesInSmallPiecesWithoutLimit) {
  const std::string body(10 * kMaxBodyPiece + 1, 'x');
  const std::string post = "POST /p HTTP/1.1\r\n" + kHost;
  const std::string size = std::to_string(body.size());
  for (const std::string& bytes :
       {post + "Content-Length: " + size + "\r\n\r\n" + body,
        post + "Transfer-Encoding: chunked\r\n\r\na001\r\n" + body + "\r\n0\r\n\r\n"}) {
    const std::string parsed = ParsePieces({bytes}, kLimits, BodyMode::kStreamed);
    EXPECT_TRUE(parsed == "POST /p <" + body + ">\n...") << parsed.size();
  }
}

TEST(RequestParser, KeepsNoMoreThanItsLimitsWhileBytesDribble) {
  RequestParser parser;
  std::string kept;
  std::size_t most = 0;
  std::string line = "GET /a HTTP/1.1\r\n";
  for (const char byte : line + std::string(10'000, 'x')) {
    kept += byte;
    const RequestParser::Step step = parser.Feed(kept, kLimits);
    kept.erase(0, step.consumed);
    most = std::max(most, kept.size());
    if (step.event == Event::kFailure) break;
  }
  EXPECT_LE(most, line.size() + kLimits.max_header_bytes + 1);
}

TEST(RequestParser, ABodyInOnePieceIsNotCopied) {
  RequestParser parser;
  const std::string bytes = "POST /p HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhello";
  const std::size_t consumed = parser.Feed(bytes, kLimits).consumed;
  EXPECT_EQ(parser.head().content_length, 5U);
  parser.set_max_body_bytes(kMaxBody);
  EXPECT_EQ(parser.Feed(std::string_view(bytes).substr(consumed), kLimits).event, Event::kComplete);
  EXPECT_EQ(parser.body().data(), bytes.data() + bytes.size() - 5);
}

// Mutations of valid requests: whatever they are, three ways to cut them agree.
TEST(RequestParser, SegmentationNeverChangesWhatMutatedBytesMean) {
  const std::vector<std::string> seeds = {
      "GET /products/1 HTTP/1.1\r\n" + kHost + "A: b\r\n\r\n",
      "POST /p HTTP/1.1\r\n" + kHost + "Content-Length: 4\r\n\r\nbodyGET / HTTP/1.0\r\n\r\n",
      "POST /p HTTP/1.1\r\n" + kHost +
          "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\nT: u\r\n\r\n",
  };
  std::mt19937 random(7);
  const auto below = [&random](std::size_t end) { return random() % end; };
  for (int round = 0; round < 30'000; ++round) {
    std::string bytes = seeds[below(seeds.size())];
    for (std::size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes.erase(at, 1 + below(3));
          break;
        case 2:
          bytes.insert(at, 1 + below(3), "\r\n :;0,\t"[below(8)]);
          break;
        default:
          bytes.insert(at, bytes.substr(at, below(30)));
      }
    }
    const std::string whole = ParsePieces({bytes});
    const std::string_view text = bytes;
    const std::size_t cut = bytes.empty() ? 0 : below(bytes.size());
    ASSERT_EQ(ParsePieces({text.substr(0, cut), text.substr(cut)}), whole)
        << ::testing::PrintToString(bytes) << " cut at " << cut;
    ASSERT_EQ(ParsePieces(InBytes(bytes)), whole) << ::testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace products
