#include "server/http/response_writer.h"

#include <charconv>
#include <ctime>

namespace products {
namespace {

void AppendNumber(std::string& out, std::size_t number) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

// Strong: the tag changes with every byte of the product.
void AppendETag(std::string& out, std::uint64_t content_tag) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<char, 16> digits;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, content_tag >>= 4) {
    *digit = kHex[content_tag & 15];
  }
  out += "ETag: \"";
  out.append(digits.data(), digits.size());
  out += "\"\r\n";
}

}  // namespace

std::string_view HttpDate::Render(WallTime now) {
  const std::int64_t second = std::chrono::system_clock::to_time_t(now);
  if (second != second_) {
    second_ = second;
    // Not strftime: the names of days and months must not follow a locale.
    static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
    static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::time_t time = second;
    std::tm parts{};
    gmtime_r(&time, &parts);
    const auto put_name = [this](std::size_t at, std::string_view names, int index) {
      names.copy(&text_[at], 3, static_cast<std::size_t>(index) * 3);
    };
    const auto put_digits = [this](std::size_t at, int number, int digits) {
      for (int i = digits - 1; i >= 0; --i, number /= 10) {
        text_[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
      }
    };
    std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").copy(text_.data(), text_.size());
    put_name(0, kDays, parts.tm_wday);
    put_digits(5, parts.tm_mday, 2);
    put_name(8, kMonths, parts.tm_mon);
    put_digits(12, parts.tm_year + 1900, 4);
    put_digits(17, parts.tm_hour, 2);
    put_digits(20, parts.tm_min, 2);
    put_digits(23, parts.tm_sec, 2);
  }
  return {text_.data(), text_.size()};
}

void AppendResponse(std::string& out, const Response& response, const ResponseFrame& frame) {
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    AppendNumber(out, static_cast<std::size_t>(response.status));
    out += ' ';
    out += ReasonPhrase(response.status);
    out += "\r\n";
  }
  // RFC 9110: a 204 has neither a body nor a Content-Length (8.6); a 304 has no body either, and of
  // the fields that describe one only its ETag is worth sending (15.4.5).
  const bool has_content = response.status != 204 && response.status != 304;
  const std::string_view body = response.Body();
  if (has_content && !response.content_type.empty()) {
    out += "Content-Type: ";
    out += response.content_type;
    out += "\r\n";
  }
  out += "Date: ";
  out += frame.date;
  if (response.source != nullptr) {
    if (!frame.http_1_0) out += "\r\nTransfer-Encoding: chunked";
  } else if (has_content) {
    out += "\r\nContent-Length: ";
    AppendNumber(out, body.size());
  }
  out += "\r\n";
  if (response.content_tag) AppendETag(out, *response.content_tag);
  if (frame.close) {
    out += "Connection: close\r\n";
  } else if (frame.confirm_keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  if (!frame.cors_allow_origin.empty()) {
    out += "Access-Control-Allow-Origin: ";
    out += frame.cors_allow_origin;
    // Of the fields that a script may need, ETag alone is not one it sees anyway.
    out += "\r\nAccess-Control-Expose-Headers: ETag\r\n";
  }
  out += response.extra_headers;
  out += "\r\n";
  if (has_content && !frame.head_only) out += body;
}

BodySource::Next AppendNextPiece(std::string& out, BodySource& source, ChunkCoding coding) {
  if (coding == ChunkCoding::kNone) return source.AppendPiece(out);
  // The size is written once it is known, so that the piece is not copied: it may have leading
  // zeros (RFC 9112, 7.1).
  constexpr std::string_view kNoSize = "00000000\r\n";
  const std::size_t chunk_begin = out.size();
  out += kNoSize;
  const std::size_t piece_begin = out.size();
  const BodySource::Next next = source.AppendPiece(out);
  const std::size_t size = out.size() - piece_begin;
  if (size == 0 || next == BodySource::Next::kFailed) {
    out.resize(chunk_begin);
  } else {
    for (std::size_t i = 0; i < 8; ++i) {
      out[chunk_begin + 7 - i] = "0123456789abcdef"[(size >> (4 * i)) & 0xF];
    }
    out += "\r\n";
  }
  if (next == BodySource::Next::kEnd) out += "0\r\n\r\n";
  return next;
}

}  // namespace products
