#pragma once

#include <cstddef>
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

}  // namespace products
