#include "tests/support/http_response.h"

#include <strings.h>

#include <charconv>
#include <stdexcept>
#include <system_error>

#include "core/base/parse.h"

namespace products::test {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

[[noreturn]] void Refuse(std::string_view what, std::string_view bytes) {
  throw std::runtime_error(std::string(what) + " in: " + std::string(bytes.substr(0, 200)));
}

// How many bytes the chunks take with what ends them; absent while they are incomplete.
std::optional<std::size_t> ParseChunks(std::string_view bytes, std::string& body) {
  std::size_t used = 0;
  while (true) {
    const std::size_t line_end = bytes.find("\r\n", used);
    if (line_end == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(&bytes[used], &bytes[line_end], size, 16);
    if (error != std::errc() || end != &bytes[line_end]) Refuse("bad chunk", bytes.substr(used));
    used = line_end + 2;
    if (bytes.size() - used < size + 2) return std::nullopt;
    if (bytes.substr(used + size, 2) != "\r\n") Refuse("bad end of chunk", bytes.substr(used));
    body += bytes.substr(used, size);
    used += size + 2;
    if (size == 0) return used;
  }
}

}  // namespace

std::optional<std::string> HttpResponse::Header(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : headers) {
    if (!SameName(key, name)) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

bool HttpResponse::HasHeader(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (SameName(key, name)) return true;
  }
  return false;
}

std::optional<std::pair<HttpResponse, std::size_t>> ParseHttpResponse(std::string_view bytes,
                                                                      BodyRule rule) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const std::size_t compared = std::min(bytes.size(), kVersion.size());
  if (bytes.substr(0, compared) != kVersion.substr(0, compared)) Refuse("no status line", bytes);
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return std::nullopt;

  HttpResponse response;
  std::string_view head = bytes.substr(0, head_end + 2);
  std::size_t line_end = head.find("\r\n");
  const std::string_view status_line = head.substr(0, line_end);
  if (status_line.size() < 13 || status_line[12] != ' ') Refuse("bad status line", bytes);
  const auto status = ParseUint64(status_line.substr(9, 3));
  if (!status) Refuse("bad status", bytes);
  response.status = static_cast<int>(*status);
  response.reason = status_line.substr(13);
  head.remove_prefix(line_end + 2);
  while (!head.empty()) {
    line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || colon == 0) Refuse("bad header line", bytes);
    response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    head.remove_prefix(line_end + 2);
  }

  std::size_t length = 0;
  if (response.HasHeader("Content-Length")) {
    const auto value = response.Header("Content-Length");
    const auto number = value ? ParseUint64(*value) : std::nullopt;
    if (!number) Refuse("bad Content-Length", bytes);
    length = *number;
  }
  const bool has_body = rule != BodyRule::kNone && response.status >= 200 &&
                        response.status != 204 && response.status != 304;
  if (has_body && response.Header("Transfer-Encoding") == "chunked") {
    if (response.HasHeader("Content-Length")) Refuse("chunked, and a Content-Length", bytes);
    const std::optional<std::size_t> size = ParseChunks(bytes.substr(head_end + 4), response.body);
    if (!size) return std::nullopt;
    return std::pair{std::move(response), head_end + 4 + *size};
  }
  if (!has_body) length = 0;
  const std::size_t body_begin = head_end + 4;
  if (bytes.size() - body_begin < length) return std::nullopt;
  response.body = bytes.substr(body_begin, length);
  return std::pair{std::move(response), body_begin + length};
}

}  // namespace products::test
