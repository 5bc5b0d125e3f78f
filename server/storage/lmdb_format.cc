#include "server/storage/lmdb_format.h"

#include <array>
#include <bit>
#include <cstring>

#include "server/storage/checksum.h"

namespace products {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

constexpr std::string_view kMagic = "productd";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kTotalsBytes = 3 * sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::size_t kHeaderBytes = 8 + sizeof kFormatVersion + kTotalsBytes;
constexpr std::size_t kPlainBytes = sizeof(std::uint32_t) + 1;
// Far above any product; what a damaged page says of a length must not be believed.
constexpr std::size_t kMaxValueBytes = 1 << 20;

template <typename Number>
char* Append(char* place, Number number) {
  std::memcpy(place, &number, sizeof number);
  return place + sizeof number;
}

template <typename Number>
Number Take(std::string_view& bytes) {
  Number number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

char* AppendTotals(char* place, const StoredTotals& totals) {
  char* end = Append(place, totals.commit);
  end = Append(end, totals.products);
  end = Append(end, totals.checksum_sum);
  return Append(end, Crc32c({place, static_cast<std::size_t>(end - place)}));
}

// Absent when they are damaged. `bytes` has kTotalsBytes and loses them.
std::optional<StoredTotals> TakeTotals(std::string_view& bytes) {
  const std::uint32_t checksum = Crc32c(bytes.substr(0, kTotalsBytes - sizeof(std::uint32_t)));
  StoredTotals totals;
  totals.commit = Take<std::uint64_t>(bytes);
  totals.products = Take<std::uint64_t>(bytes);
  totals.checksum_sum = Take<std::uint64_t>(bytes);
  if (Take<std::uint32_t>(bytes) != checksum) return std::nullopt;
  return totals;
}

}  // namespace

std::string RenderHeader(const StoredTotals& totals) {
  std::string header(kMagic);
  header.resize(kHeaderBytes);
  AppendTotals(Append(header.data() + kMagic.size(), kFormatVersion), totals);
  return header;
}

Result<StoredTotals> ParseHeader(std::string_view value, const std::string& file) {
  if (value.size() != kHeaderBytes || !value.starts_with(kMagic)) {
    return Error{ErrorCode::kCorrupt, file + " is damaged: its header is missing", {}};
  }
  value.remove_prefix(kMagic.size());
  const auto version = Take<std::uint32_t>(value);
  if (version != kFormatVersion) {
    return Error{ErrorCode::kInvalidArgument,
                 file + " has format " + std::to_string(version) +
                     "; this version of productd reads format " + std::to_string(kFormatVersion),
                 {}};
  }
  const std::optional<StoredTotals> totals = TakeTotals(value);
  if (totals) return *totals;
  return Error{ErrorCode::kCorrupt, file + " is damaged: its header is not whole", {}};
}

std::uint32_t ProductChecksum(std::uint32_t id, std::string_view body) {
  return Crc32c(body, Crc32c({reinterpret_cast<const char*>(&id), sizeof id}));
}

std::size_t StoredSize(std::string_view body, bool with_totals) {
  return kPlainBytes + (with_totals ? kTotalsBytes : 0) + body.size();
}

void RenderProductAt(char* place, std::string_view body, std::uint32_t checksum,
                     const StoredTotals* totals) {
  place = Append(place, checksum);
  place = Append(place, static_cast<char>(totals == nullptr ? 0 : 1));
  if (totals != nullptr) place = AppendTotals(place, *totals);
  std::memcpy(place, body.data(), body.size());
}

StoredProduct ParseStoredProduct(std::string_view key, std::string_view value) {
  StoredProduct product;
  if (key.size() != sizeof product.id) return product;
  product.id = Take<std::uint32_t>(key);
  if (product.id > static_cast<std::uint32_t>(kMaxProductId)) return product;
  if (value.size() <= kPlainBytes || value.size() > kMaxValueBytes) return product;
  product.checksum = Take<std::uint32_t>(value);
  const auto has_totals = Take<char>(value);
  if (has_totals != 0) {
    if (has_totals != 1 || value.size() <= kTotalsBytes) return product;
    product.totals = TakeTotals(value);
    if (!product.totals) return product;
  }
  product.body = value;
  product.is_whole = ProductChecksum(product.id, value) == product.checksum;
  return product;
}

}  // namespace products
