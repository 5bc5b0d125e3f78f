#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/http/routes.h"

namespace products::test {

/// Routes whose streams do as the request says, for tests of the machinery.
///
/// POST /received streams its body, and each byte of it is an order: "w" waits to be resumed, "t"
/// lets the others have their turn, "a" answers with 409 at once; the last order of a piece counts.
/// Behind the end, "W" anywhere in the body waits once more. The answer is the body. POST /refused
/// takes none and answers 503.
///
/// GET /made streams its response, and each character of the query is a piece: "p" is "piece\n",
/// "b" 64 KiB of "b", "n" nothing yet, "f" a failure. GET /made-later is the same, answered by
/// mail.
std::span<const Route> ScriptedRoutes();

/// How many receivers and sources of these routes there are.
int LivingStreams();

/// Uses the Resumption of the receiver that was made last, which may be gone.
void ResumeLastStream();

/// A request to /received, and its head for chunks.
std::string StreamText(std::string_view body);
inline constexpr std::string_view kChunkedStreamHead =
    "POST /received HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace products::test
