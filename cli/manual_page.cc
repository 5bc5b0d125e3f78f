#include "cli/manual_page.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace products::cli {
namespace {

// Text of which nothing is a request, an escape or a hyphen where "-" is meant.
std::string Escaped(std::string_view text) {
  std::string escaped;
  if (text.starts_with('.') || text.starts_with('\'')) escaped += "\\&";
  for (const char letter : text) {
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      escaped += letter;
    }
  }
  return escaped;
}

std::string Bold(std::string_view text) { return "\\fB" + Escaped(text) + "\\fR"; }
std::string Italic(std::string_view text) { return "\\fI" + Escaped(text) + "\\fR"; }

void AppendFlag(std::string& out, const FlagNode& flag) {
  std::string names;
  for (const std::string& name : flag.names) names += (names.empty() ? "" : ", ") + Bold(name);
  if (!flag.placeholder.empty()) names += " " + Italic(flag.placeholder);
  out += ".TP\n" + names + "\n" + Escaped(flag.description) + "\n";
}

void AppendCommand(std::string& out, const CommandNode& command) {
  std::string usage = Bold("productctl " + command.path);
  if (!command.commands.empty()) usage += " " + Italic("COMMAND");
  for (const FlagNode& argument : command.arguments) {
    const std::string name = Italic(argument.names.front());
    usage += argument.is_required ? " " + name : " [" + name + "]";
  }
  out += ".SS " + usage + " [" + Italic("flags") + "]\n" + Escaped(command.description) + "\n";
  for (const FlagNode& argument : command.arguments) {
    out += ".TP\n" + Italic(argument.names.front()) + "\n" + Escaped(argument.description) + "\n";
  }
  for (const FlagNode& flag : command.flags) {
    if (flag.names.back() != "--help") AppendFlag(out, flag);
  }
  if (command.examples.empty()) return;
  out += ".PP\n.nf\n.RS\n";
  std::istringstream lines(command.examples);
  for (std::string line; std::getline(lines, line);) {
    out += Escaped(line.substr(std::min(line.find_first_not_of(' '), line.size()))) + "\n";
  }
  out += ".RE\n.fi\n";
}

constexpr std::string_view kEnd = R"(.SH ENVIRONMENT
Flags are stronger than variables, variables than the file of settings.
.TP
\fBPRODUCTCTL_ENDPOINT\fR, \fBPRODUCTCTL_MANAGEMENT_ENDPOINT\fR, \fBPRODUCTCTL_OUTPUT\fR, \fBPRODUCTCTL_TIMEOUT\fR, \fBPRODUCTCTL_CONFIG\fR
The same as the flags of these names.
.TP
\fBNO_COLOR\fR
No colour when it is set.
.SH FILES
.TP
\fI~/.config/productctl/config.yaml\fR
Settings, a map: endpoint, management_endpoint, output, timeout, color.
.SH EXIT STATUS
.TP
0
Done.
.TP
1
Refused or failed.
.TP
2
Wrong arguments or configuration; nothing was sent.
.TP
3
Not found.
.TP
4
Server unreachable, or no answer in time.
.TP
5
Finished, but some rows were refused or failed.
.TP
130
Interrupted.
)";

}  // namespace

std::string RenderManualPage(const CommandNode& root) {
  std::string out =
      ".TH PRODUCTCTL 1 \"\" productctl \"productctl\"\n.SH NAME\nproductctl \\- look at and "
      "change "
      "the products of a productd server\n.SH SYNOPSIS\n" +
      Bold("productctl") + " " + Italic("COMMAND") + " [" + Italic("flags") +
      "]\n.SH DESCRIPTION\n" + Escaped(root.description) +
      "\nData goes to standard output, all else to standard error.\n.SH FLAGS\n";
  for (const FlagNode& flag : root.flags) AppendFlag(out, flag);
  out += ".SH COMMANDS\n";
  for (const CommandNode* command : AllCommands(root)) {
    if (command != &root) AppendCommand(out, *command);
  }
  return out.append(kEnd);
}

}  // namespace products::cli
