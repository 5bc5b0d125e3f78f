#include "tests/cli/golden.h"

#include <algorithm>
#include <regex>
#include <string_view>

#include "core/base/version.h"
#include "tests/cli/golden_text.h"

namespace products::cli {
namespace {

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// What stands between each `before` and the next `after` becomes `to`.
void ReplaceBetween(std::string& text, std::string_view before, std::string_view after,
                    std::string_view to) {
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    const std::size_t end = text.find(after, at);
    if (end == std::string::npos) return;
    text.replace(at, end - at, to);
  }
}

// The number behind each `before` becomes `to`.
void ReplaceNumber(std::string& text, std::string_view before, std::string_view to) {
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    const std::size_t end = text.find_first_not_of("0123456789.e-", at);
    text.replace(at, std::min(end, text.size()) - at, to);
  }
}

// Lines that were drawn over: whether there are any depends on how long it took.
void RemoveDrawnLines(std::string& text) {
  constexpr std::string_view kStartOfLine = "\r\x1b[K";
  std::size_t at = text.find(kStartOfLine);
  while (at != std::string::npos) {
    const std::size_t next = text.find(kStartOfLine, at + kStartOfLine.size());
    const std::size_t end = next == std::string::npos ? at + kStartOfLine.size() : next;
    text.erase(at, end - at);
    at = text.find(kStartOfLine, at);
  }
}

std::string Normalized(std::string text, const std::string& endpoint) {
  if (!endpoint.empty()) ReplaceAll(text, endpoint, "http://SERVER");
  RemoveDrawnLines(text);
  ReplaceAll(text, "\x1b", "<ESC>");
  ReplaceAll(text, "\r", "<CR>");
  ReplaceAll(text, std::string(Commit()), "COMMIT");
  const std::string version(Version());
  ReplaceAll(text, "productctl " + version, "productctl VERSION");
  ReplaceAll(text, "\"client_version\":\"" + version, "\"client_version\":\"VERSION");
  ReplaceAll(text, "client_version  " + version, "client_version  VERSION");
  ReplaceAll(text, version + "\tCOMMIT", "VERSION\tCOMMIT");
  ReplaceNumber(text, "\"seconds\":", "TIME");
  ReplaceNumber(text, "\"products_per_second\":", "RATE");
  // Rates, unless they are 0: the time between two scrapes is never quite the same.
  static const std::regex rate("[0-9]*[1-9][0-9.]*(e\\+[0-9]+)?( changes)?/s");
  text = std::regex_replace(text, rate, "RATE$2/s");
  static const std::regex json_rate(
      "(per_second|interval_seconds|cpu_cores)\":[0-9.e+-]*[1-9][0-9.e+-]*");
  text = std::regex_replace(text, json_rate, "$1\":RATE");
  ReplaceBetween(text, " products in ", "/s)", "TIME (RATE");
  return text;
}

std::string Quoted(const std::string& argument) {
  const bool is_plain = !argument.empty() && argument.find_first_of(" \"'\\$") == std::string::npos;
  return is_plain ? argument : "'" + argument + "'";
}

void AppendStream(std::string& out, std::string_view prefix, const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    out.append(prefix).append(rest.substr(0, end));
    if (end == std::string_view::npos) out += "[no newline]";
    out += '\n';
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

}  // namespace

RunResult RunProductctl(const std::vector<std::string>& arguments, const RunOptions& options) {
  return test::RunToEnd(PRODUCTCTL_BINARY, arguments, options);
}

RunResult Transcript::Run(const std::string& endpoint, const std::vector<std::string>& arguments,
                          RunOptions options) {
  if (!endpoint.empty()) options.environment["PRODUCTCTL_ENDPOINT"] = endpoint;
  RunResult result = RunProductctl(arguments, options);
  std::string session = "$ productctl";
  for (const std::string& argument : arguments) session += " " + Quoted(argument);
  session += '\n';
  AppendStream(session, "  ", Normalized(result.out, endpoint));
  AppendStream(session, "! ", Normalized(result.err, endpoint));
  if (!directory_.empty()) ReplaceAll(session, directory_, "/DIRECTORY");
  text_ += session + "= " + std::to_string(result.exit_code) + "\n\n";
  return result;
}

void Transcript::Note(const std::string& text) { text_ += "# " + text + "\n"; }

void Transcript::ExpectGolden(const std::string& name) const { ExpectGoldenText(name, text_); }

}  // namespace products::cli
