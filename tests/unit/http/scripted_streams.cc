#include "tests/unit/http/scripted_streams.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>

namespace products::test {
namespace {

int living_streams = 0;
std::optional<Resumption> last_resumption;

class ScriptedReceiver final : public BodyReceiver {
 public:
  ScriptedReceiver() { ++living_streams; }
  ~ScriptedReceiver() override { --living_streams; }
  ScriptedReceiver(const ScriptedReceiver&) = delete;
  ScriptedReceiver& operator=(const ScriptedReceiver&) = delete;

  Next OnBody(std::string_view piece, Response& response) override {
    received_ += piece;
    Next next = Next::kMore;
    for (const char order : piece) {
      if (order == 'w') next = Next::kWait;
      if (order == 't') next = Next::kTurn;
      if (order == 'a') next = Answer(409, response);
      if (order == 'W') waits_at_end_ = true;
    }
    return next;
  }

  Next OnEnd(Response& response) override {
    at_end_ = true;
    return waits_at_end_ ? Next::kWait : Answer(200, response);
  }

  Next OnResume(Response& response) override {
    return at_end_ ? Answer(200, response) : Next::kMore;
  }

 private:
  Next Answer(int status, Response& response) const {
    response.status = status;
    response.owned_body = received_;
    return Next::kAnswer;
  }

  std::string received_;
  bool waits_at_end_ = false;
  bool at_end_ = false;
};

class ScriptedSource final : public BodySource {
 public:
  explicit ScriptedSource(std::string_view script) : script_(script) { ++living_streams; }
  ~ScriptedSource() override { --living_streams; }
  ScriptedSource(const ScriptedSource&) = delete;
  ScriptedSource& operator=(const ScriptedSource&) = delete;

  Next AppendPiece(std::string& out) override {
    if (next_ == script_.size()) return Next::kEnd;
    const char piece = script_[next_++];
    if (piece == 'p') out += "piece\n";
    if (piece == 'b') out.append(std::size_t{64} * 1024, 'b');
    if (piece == 'f') {
      out += "half a pie";
      return Next::kFailed;
    }
    return next_ == script_.size() ? Next::kEnd : Next::kMore;
  }

 private:
  const std::string script_;
  std::size_t next_ = 0;
};

std::unique_ptr<BodyReceiver> Receive(const Request&, HandlerContext& context, Response&) {
  last_resumption.emplace(context.MakeResumption());
  return std::make_unique<ScriptedReceiver>();
}

std::unique_ptr<BodyReceiver> RefuseBody(const Request&, HandlerContext&, Response& response) {
  response = ErrorResponse({ErrorCode::kOverloaded, "no room", {}});
  return nullptr;
}

Answer GetNothing(const Request&, HandlerContext&, Response&) { return Answer::kNow; }

Answer GetMade(const Request& request, HandlerContext&, Response& response) {
  response.content_type = "text/plain";
  response.source = std::make_unique<ScriptedSource>(request.query);
  return Answer::kNow;
}

Answer GetMadeLater(const Request& request, HandlerContext& context, Response&) {
  Response response;
  GetMade(request, context, response);
  context.MakeCompletion().Answer(std::move(response));
  return Answer::kLater;
}

constexpr std::array kScriptedRoutes = {
    Route{Method::kPost, "/received", Plane::kBoth, Needs::kCatalogue, Effect::kReads, nullptr,
          Receive},
    Route{Method::kPost, "/refused", Plane::kBoth, Needs::kCatalogue, Effect::kReads, nullptr,
          RefuseBody},
    Route{Method::kGet, "/nothing", Plane::kBoth, Needs::kNothing, Effect::kReads, GetNothing},
    Route{Method::kGet, "/made", Plane::kBoth, Needs::kNothing, Effect::kReads, GetMade},
    Route{Method::kGet, "/made-later", Plane::kBoth, Needs::kNothing, Effect::kReads, GetMadeLater},
};

}  // namespace

std::span<const Route> ScriptedRoutes() { return kScriptedRoutes; }

int LivingStreams() { return living_streams; }

void ResumeLastStream() { last_resumption->Resume(); }

std::string StreamText(std::string_view body) {
  return "POST /received HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace products::test
