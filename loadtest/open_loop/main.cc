// Measures a server of products, or the device beneath it, at a rate that does not depend on how
// fast it answers, and prints one JSON object.
//
//   open_loop http --address 127.0.0.1:8080 --rate 1000 --post-share 0.1 --products 1000000
//   open_loop fdatasync --directory DIR --rate 1000
//   open_loop catalogue --products 1000000 --output FILE      writes products 1..N, one a line
//
// Flags of the first two, with their defaults: --arrivals poisson|fixed, --seconds 10, --seed 1; of
// http besides: --connections 64, --post-share 0, --warm-up-seconds 1, --products 1000.
//
// Status 0 when it came to its end, whatever "problems" says; 1 when not; 2 for wrong arguments.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/parse.h"
#include "core/base/result.h"
#include "loadtest/open_loop/http_load.h"
#include "loadtest/open_loop/product_body.h"
#include "loadtest/open_loop/report_json.h"
#include "loadtest/open_loop/sync_probe.h"

namespace products::open_loop {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int Complain(int status, const std::string& what, const std::string& detail = {}) {
  std::fprintf(stderr, "open_loop: %s%s%s\n", what.c_str(), detail.empty() ? "" : ": ",
               detail.c_str());
  return status;
}

int Complain(const Error& error) {
  return Complain(error.code == ErrorCode::kInvalidArgument ? kUsage : kFailed, error.message,
                  error.detail);
}

/// Flags and their values. What is asked for is taken out, and the first mistake is kept, so that
/// whoever asks looks for one once.
class Flags {
 public:
  explicit Flags(const std::vector<std::string_view>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
      if (i + 1 == arguments.size()) {
        Refuse(std::string(arguments[i]) + " takes a value");
      } else {
        values_[std::string(arguments[i])] = arguments[i + 1];
      }
    }
  }

  std::string Text(const std::string& flag, const std::string& absent) {
    const auto found = values_.extract(flag);
    return found.empty() ? absent : std::string(found.mapped());
  }

  std::string RequiredText(const std::string& flag) {
    const std::string text = Text(flag, "");
    if (text.empty()) Refuse(flag + " is missing");
    return text;
  }

  double Number(const std::string& flag, double least, double most, double absent) {
    const std::string text = Text(flag, "");
    if (text.empty()) return absent;
    const auto number = ParseDouble(text);
    if (number && *number >= least && *number <= most) return *number;
    Refuse(flag + " does not take " + text);
    return absent;
  }

  std::uint32_t Count(const std::string& flag, std::uint32_t most, std::uint32_t absent) {
    const std::string text = Text(flag, std::to_string(absent));
    const auto count = ParseUint64(text);
    if (count && *count >= 1 && *count <= most) return static_cast<std::uint32_t>(*count);
    Refuse(flag + " does not take " + text);
    return absent;
  }

  std::chrono::nanoseconds Seconds(const std::string& flag, double least, double absent) {
    constexpr double kMostSeconds = 3600;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(Number(flag, least, kMostSeconds, absent)));
  }

  void Refuse(const std::string& mistake) {
    if (!mistake_) mistake_ = mistake;
  }

  /// Once all flags have been asked for.
  std::optional<std::string> mistake() const {
    if (mistake_ || values_.empty()) return mistake_;
    return "unknown flag " + values_.begin()->first;
  }

 private:
  std::map<std::string, std::string_view> values_;
  std::optional<std::string> mistake_;
};

ScheduleOptions TakeSchedule(Flags& flags) {
  constexpr double kMostPerSecond = 1e6;
  ScheduleOptions schedule;
  const std::string arrivals = flags.Text("--arrivals", "poisson");
  if (arrivals != "poisson" && arrivals != "fixed") flags.Refuse("--arrivals is poisson or fixed");
  schedule.arrivals = arrivals == "fixed" ? Arrivals::kFixed : Arrivals::kPoisson;
  schedule.per_second = flags.Number("--rate", 0.001, kMostPerSecond, 1000);
  schedule.seed = flags.Count("--seed", std::numeric_limits<std::uint32_t>::max(), 1);
  return schedule;
}

std::uint32_t TakeProducts(Flags& flags) {
  return flags.Count("--products", std::numeric_limits<std::int32_t>::max(), 1000);
}

int LoadServer(Flags flags) {
  LoadOptions options;
  const std::string address = flags.RequiredText("--address");
  const std::size_t colon = std::min(address.rfind(':'), address.size());
  const auto port =
      ParseUint64(std::string_view(address).substr(std::min(colon + 1, address.size())));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) {
    flags.Refuse("--address is ADDRESS:PORT");
  }
  options.address = address.substr(0, colon);
  options.port = static_cast<std::uint16_t>(port.value_or(0));
  options.connections = flags.Count("--connections", 100'000, 64);
  options.schedule = TakeSchedule(flags);
  options.schedule.post_share = flags.Number("--post-share", 0, 1, 0);
  options.schedule.products = TakeProducts(flags);
  options.warm_up = flags.Seconds("--warm-up-seconds", 0, 1);
  options.duration = flags.Seconds("--seconds", 0.001, 10);
  if (const auto mistake = flags.mistake()) return Complain(kUsage, *mistake);

  const Result<LoadReport> report = RunLoad(options);
  if (!report.ok()) return Complain(report.error());
  std::fputs(RenderReport(options, *report).c_str(), stdout);
  return 0;
}

int ProbeDevice(Flags flags) {
  SyncProbeOptions options;
  options.directory = flags.RequiredText("--directory");
  options.schedule = TakeSchedule(flags);
  options.duration = flags.Seconds("--seconds", 0.001, 10);
  if (const auto mistake = flags.mistake()) return Complain(kUsage, *mistake);

  const Result<SyncProbeReport> report = RunSyncProbe(options);
  if (!report.ok()) return Complain(report.error());
  std::fputs(RenderReport(options, *report).c_str(), stdout);
  return 0;
}

int MakeCatalogue(Flags flags) {
  const std::uint32_t products = TakeProducts(flags);
  const std::string output = flags.RequiredText("--output");
  if (const auto mistake = flags.mistake()) return Complain(kUsage, *mistake);

  const Status written = WriteCatalogue(output, products);
  return written.ok() ? 0 : Complain(written.error());
}

int Run(const std::vector<std::string_view>& arguments) {
  const std::string_view verb = arguments.empty() ? std::string_view() : arguments[0];
  const auto flags = [&arguments] {
    return Flags(std::vector<std::string_view>(arguments.begin() + 1, arguments.end()));
  };
  if (verb == "http") return LoadServer(flags());
  if (verb == "fdatasync") return ProbeDevice(flags());
  if (verb == "catalogue") return MakeCatalogue(flags());
  return Complain(kUsage, "the first argument is http, fdatasync or catalogue");
}

}  // namespace
}  // namespace products::open_loop

int main(int argc, char** argv) { return products::open_loop::Run({argv + 1, argv + argc}); }
