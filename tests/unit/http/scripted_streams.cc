#include "tests/unit/http/scripted_streams.h"

#include <array>
#include <memory>
#include <optional>

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

std::unique_ptr<BodyReceiver> Receive(const Request&, HandlerContext& context, Response&) {
  last_resumption.emplace(context.MakeResumption());
  return std::make_unique<ScriptedReceiver>();
}

std::unique_ptr<BodyReceiver> RefuseBody(const Request&, HandlerContext&, Response& response) {
  response = ErrorResponse({ErrorCode::kOverloaded, "no room", {}});
  return nullptr;
}

Answer GetNothing(const Request&, HandlerContext&, Response&) { return Answer::kNow; }

constexpr std::array kScriptedRoutes = {
    Route{Method::kPost, "/received", Plane::kBoth, Needs::kCatalogue, nullptr, Receive},
    Route{Method::kPost, "/refused", Plane::kBoth, Needs::kCatalogue, nullptr, RefuseBody},
    Route{Method::kGet, "/nothing", Plane::kBoth, Needs::kNothing, GetNothing},
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
