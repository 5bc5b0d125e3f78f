#pragma once

#include <sys/types.h>
#include <termios.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace products::cli {

/// A program with a terminal of its own, as in a window: a pseudo-terminal whose line discipline
/// turns Ctrl-C into SIGINT, and a screen that understands what a full-screen program sends.
class TerminalSession {
 public:
  TerminalSession(const std::string& program, const std::vector<std::string>& arguments,
                  const std::map<std::string, std::string>& environment, int columns, int rows);
  ~TerminalSession();
  TerminalSession(const TerminalSession&) = delete;
  TerminalSession& operator=(const TerminalSession&) = delete;

  void Type(const std::string& keys) const;
  void Signal(int signal) const;
  void Resize(int columns, int rows);
  /// Reads until `condition` holds; false when the program ends or patience does first.
  bool ReadUntil(const std::function<bool()>& condition);
  bool ReadUntilShows(const std::string& text);
  /// Reads to the end; the exit code, 128 + signal when one ended it. Once.
  int Wait();

  /// The lines as they are on the screen now, spaces at their ends left out.
  std::string Screen() const;
  bool is_alternate() const { return is_alternate_; }
  bool has_cursor() const { return has_cursor_; }
  /// Whether the terminal echoes and takes lines, as a shell left it.
  bool IsAsBefore() const;
  /// All bytes that came.
  const std::string& received() const { return received_; }

 private:
  // False at the end.
  bool ReadSome();
  void Show(const std::string& bytes);
  void Obey(const std::string& parameters, char command);
  void Put(const std::string& character);

  pid_t pid_ = -1;
  int master_ = -1;
  int slave_ = -1;  // kept open, so that the terminal's mode can be asked for at the end
  termios before_{};
  int columns_;
  int rows_;
  int column_ = 0;
  int row_ = 0;
  std::vector<std::vector<std::string>> cells_;
  std::string pending_;  // the beginning of a sequence
  std::string received_;
  bool is_alternate_ = false;
  bool has_cursor_ = true;
};

}  // namespace products::cli
