#include "loadtest/open_loop/product_body.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace products::open_loop {
namespace {

constexpr std::size_t kWriteBytes = 1 << 20;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

void AppendProduct(std::string& text, std::uint32_t id, std::uint32_t weight) {
  std::array<char, 16> sku_number{};
  std::snprintf(sku_number.data(), sku_number.size(), "%08u", id);
  text.append("{\"product_id\":").append(std::to_string(id));
  text.append(",\"sku\":\"SKU-").append(sku_number.data());
  text.append("\",\"manufacturer\":\"Acme Corporation\",\"category_id\":");
  text.append(std::to_string(id % 1000 + 1));
  text.append(",\"weight\":").append(std::to_string(weight));
  text.append(",\"some_other_id\":").append(std::to_string(id % 100000 + 1)).append("}\n");
}

Status WriteCatalogue(const std::string& file, std::uint32_t count) {
  const auto fail = [&file] {
    return ErrnoError(ErrorCode::kUnavailable, "cannot write " + file, errno);
  };
  // "x": what is there stays.
  std::FILE* const opened = std::fopen(file.c_str(), "wx");
  if (opened == nullptr) return fail();
  std::unique_ptr<std::FILE, FileCloser> closer(opened);
  std::setvbuf(opened, nullptr, _IONBF, 0);
  std::string text;
  for (std::uint32_t id = 1; id <= count; ++id) {
    AppendProduct(text, id, CatalogueWeight(id));
    if (text.size() < kWriteBytes && id < count) continue;
    if (std::fwrite(text.data(), 1, text.size(), opened) != text.size()) return fail();
    text.clear();
  }
  if (std::fclose(closer.release()) != 0) return fail();
  return {};
}

}  // namespace products::open_loop
