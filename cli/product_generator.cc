#include "cli/product_generator.h"

#include <array>
#include <string_view>

#include "cli/splitmix.h"

namespace products::cli {
namespace {

// Invented words: a sample catalogue must not attribute anything to a company that exists.
constexpr std::array<std::string_view, 24> kFirstWords = {
    "Abrento", "Brunolt", "Caldrix", "Dorvane", "Elmstro", "Farnolo", "Grellit", "Hundava",
    "Isperan", "Jolvert", "Kestrum", "Lumbrax", "Mordeno", "Nivello", "Orbanti", "Pellusk",
    "Quaveri", "Rondalk", "Stelvaq", "Tormino", "Ulvenda", "Vortelo", "Wexmoor", "Zandrup"};
constexpr std::array<std::string_view, 12> kSecondWords = {
    "Tools",   "Foods",  "Textiles", "Instruments", "Garden",  "Paper",
    "Kitchen", "Optics", "Outdoor",  "Electric",    "Ceramic", "Workshop"};
constexpr std::array<std::string_view, 6> kLegalForms = {" Ltd",  " GmbH",   " Inc",
                                                         " S.A.", " & Sons", " Co"};
// Without I and O, which are read as digits.
constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

void AppendLetters(std::string& out, std::string_view alphabet, SplitMix64& random) {
  for (int i = 0; i < 3; ++i) {
    out += alphabet[random.Below(static_cast<std::uint32_t>(alphabet.size()))];
  }
}

template <std::size_t N>
std::string_view Pick(const std::array<std::string_view, N>& words, SplitMix64& random) {
  return words[random.Below(static_cast<std::uint32_t>(N))];
}

}  // namespace

void ProductGenerator::Generate(ProductId id, Product& product) const {
  SplitMix64 random(
      SplitMix64((std::uint64_t{seed_} << 32) + static_cast<std::uint32_t>(id)).Next());
  product.product_id = id;

  product.sku.clear();
  AppendLetters(product.sku, kLetters, random);
  product.sku += '-';
  AppendLetters(product.sku, kDigits, random);
  product.sku += '-';
  AppendLetters(product.sku, kLetters, random);

  product.manufacturer = Pick(kFirstWords, random);
  product.manufacturer += ' ';
  product.manufacturer += Pick(kSecondWords, random);
  product.manufacturer += Pick(kLegalForms, random);

  product.category_id = static_cast<std::int32_t>(1 + random.Below(500));
  // The smaller of two draws: a catalogue has more small things than large ones.
  const std::uint32_t first = random.Below(29'990);
  const std::uint32_t second = random.Below(29'990);
  product.weight = static_cast<std::int32_t>(10 + (first < second ? first : second));
  product.some_other_id = static_cast<std::int32_t>(1 + random.Below(1'000'000));
}

}  // namespace products::cli
