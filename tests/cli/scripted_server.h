#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace products::cli {

/// What a server does with one request, right or wrong.
struct Reply {
  enum class Then {
    kKeepOpen,  ///< waits for the next request
    kClose,
    kReset,  ///< closes with an RST: what is under way is lost
    kHang,   ///< says nothing more until the client leaves
    kDrip,   ///< repeats the last byte, slowly, until the client leaves
    kFlood,  ///< repeats the last byte, fast, until the client leaves
  };

  std::string bytes;
  Then then = Then::kKeepOpen;
};

/// A way in which a server goes wrong, and how productctl is to end.
struct WrongAnswer {
  std::string note;
  Reply reply;
  int exit_code;
};

/// A --timeout for who gets this reply: short where nothing else ends the wait, else so long that a
/// busy machine does not decide what the client sees.
const char* PatienceWith(const Reply& reply);

/// A whole answer with a correct Content-Length; each of `header_lines` ends with "\r\n".
Reply JsonReply(int status, const std::string& body, const std::string& header_lines = {});
/// "204 No Content".
Reply NoContentReply();
/// The contract's error body.
Reply ErrorReply(int status, const std::string& code, const std::string& message);
/// Metrics in the Prometheus text format.
Reply MetricsReply(const std::string& text);

/// A TCP server on a free port of 127.0.0.1 whose every word is the test's: `script` sees one whole
/// request (head and body) and decides. Each connection has a thread of its own, which calls
/// `script`, so that it must be thread-safe when the client opens several.
class ScriptedServer {
 public:
  using Script = std::function<Reply(const std::string& request)>;

  explicit ScriptedServer(Script script);
  /// Cuts every connection.
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  /// "http://127.0.0.1:PORT".
  std::string endpoint() const;
  int connections() const { return connections_; }
  int requests() const { return requests_; }

 private:
  void Accept();
  void Serve(int descriptor);
  void Send(int descriptor, const Reply& reply);

  const Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> requests_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards descriptors_ and threads_
  std::vector<int> descriptors_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A port of 127.0.0.1 on which nothing listens.
int FindClosedPort();

}  // namespace products::cli
