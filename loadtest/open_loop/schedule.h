#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace products::open_loop {

/// When requests come, whatever has become of the earlier ones.
enum class Arrivals {
  kFixed,    ///< one every 1/rate seconds
  kPoisson,  ///< as many clients who know nothing of each other send them
};

enum class RequestKind { kGet, kPost };

struct Arrival {
  std::chrono::nanoseconds due;  ///< since the start of the run
  RequestKind kind;
  std::uint32_t product_id;
};

struct ScheduleOptions {
  Arrivals arrivals = Arrivals::kPoisson;
  double per_second = 1000;
  /// Part of the requests, 0..1, that are a POST.
  double post_share = 0;
  /// Ids are 1 to this, all as likely.
  std::uint32_t products = 1000;
  /// The same seed gives the same arrivals.
  std::uint64_t seed = 1;
};

/// An endless sequence of arrivals, in order. Of a Poisson schedule the GETs alone and the POSTs
/// alone are Poisson too, each with its part of the rate: adding POSTs does not change how GETs
/// come.
class Schedule {
 public:
  explicit Schedule(const ScheduleOptions& options);

  Arrival Next();

 private:
  const ScheduleOptions options_;
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_;
  std::bernoulli_distribution is_post_;
  std::uniform_int_distribution<std::uint32_t> product_id_;
  std::uint64_t count_ = 0;
  double seconds_ = 0;
};

}  // namespace products::open_loop
