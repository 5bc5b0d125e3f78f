#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace products {

struct Response;

/// Takes the body of one request as it comes, however long it is. Made by its route when the header
/// section is complete, and destroyed with its answer or with the connection: a client that leaves
/// midway is no event. All calls come from the worker's thread.
class BodyReceiver {
 public:
  enum class Next {
    kMore,    ///< The next piece, please.
    kTurn,    ///< The same, when the other connections of the worker have had their turn.
    kWait,    ///< Nothing more until OnResume; until then the client is not read from.
    kAnswer,  ///< `response` is the answer. The connection ends unless the body is through.
  };

  virtual ~BodyReceiver() = default;

  /// A piece of at most kMaxBodyPiece bytes, valid during the call. All of it is taken.
  virtual Next OnBody(std::string_view piece, Response& response) = 0;
  /// The body was complete: kWait or kAnswer.
  virtual Next OnEnd(Response& response) = 0;
  /// A Resumption was used. After OnEnd kWait or kAnswer; may also come when nobody waits.
  virtual Next OnResume(Response& response) = 0;
};

/// Small, so that a receiver can end its turn soon after what it can do in one.
inline constexpr std::size_t kMaxBodyPiece = 4096;

/// Makes the body of one response piece by piece. Destroyed after its last piece or with the
/// connection. All calls come from the worker's thread, each under the product table's read guard
/// of that wake-up: no view of a record may be kept from one to the next.
class BodySource {
 public:
  enum class Next {
    kMore,    ///< There is more to come.
    kEnd,     ///< That was all.
    kFailed,  ///< The rest cannot be made. The connection ends; only HTTP/1.1 clients see why.
  };

  virtual ~BodySource() = default;

  /// Appends the next piece, about 64 KiB, or nothing when a look for more took long enough. Called
  /// when the client has taken the last one, and once a turn of the connection.
  virtual Next AppendPiece(std::string& out) = 0;
};

}  // namespace products
