#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/product/product.h"

namespace products::cli {

/// The JSON that productctl reads, apart from the product itself: what servers answer, and what
/// people write. Nesting of any depth is survived.
///
/// The small objects of answers are absent when `body` is not such an object; unknown keys are
/// ignored.

/// {"error":"NOT_FOUND","message":"..."}
struct ErrorAnswer {
  std::string code;
  std::string message;
};
std::optional<ErrorAnswer> ParseErrorAnswer(std::string_view body);

/// {"status":"ok"}
std::optional<std::string> ParseStatusAnswer(std::string_view body);

/// {"version":"...","commit":"..."}; the commit may be missing.
struct VersionAnswer {
  std::string version;
  std::string commit;
};
std::optional<VersionAnswer> ParseVersionAnswer(std::string_view body);

/// {"file":"...","products":1000,"bytes":65536,"seconds":0.652}
struct BackupAnswer {
  std::string file;
  std::int64_t products = 0;
  std::int64_t bytes = 0;
  double seconds = 0.0;
};
std::optional<BackupAnswer> ParseBackupAnswer(std::string_view body);

/// The product_id of {"product_id":7,...}, if it is an integer.
std::optional<std::int64_t> ParseProductIdOf(std::string_view object);

/// A part of the catalogue, ids ascending.
struct CatalogPage {
  std::vector<Product> products;
  /// Where the next page begins; absent on the last one.
  std::optional<ProductId> next_after;
};

/// {"products":[...],"next_after":7}. kCorrupt, with what is wrong, when `body` is not such an
/// object or one of its products breaks a rule; unknown keys are ignored.
Result<CatalogPage> ParseCatalogPage(std::string_view body);

/// A member of an object that somebody wrote, and where it stands.
struct JsonMember {
  /// Neither a text nor an integer of 64 bits: true, 1.5, a list ...
  struct Other {};
  struct Null {};

  std::string key;
  std::size_t key_offset = 0;
  std::variant<Null, std::string, std::int64_t, Other> value;
  std::size_t value_offset = 0;
};

/// Why a text is not one JSON object.
struct JsonFault {
  enum class Kind { kSyntax, kNotAnObject, kArray, kMoreThanOne };
  Kind kind = Kind::kSyntax;
  std::string what;  ///< of kSyntax, in words
  std::size_t offset = 0;
};

/// The members of the object that `text` (UTF-8) is, in its order, double keys included.
std::variant<std::vector<JsonMember>, JsonFault> ParseJsonMembers(std::string_view text);

/// {"stored":N,"rejected":M,"errors":[{"line":3,"error":"...","message":"..."}]}; the errors may be
/// fewer than M.
struct BatchAnswer {
  struct LineError {
    std::uint64_t line = 0;
    std::string code;
    std::string message;
  };
  std::uint64_t stored = 0;
  std::uint64_t rejected = 0;
  std::vector<LineError> errors;
};
std::optional<BatchAnswer> ParseBatchAnswer(std::string_view body);

}  // namespace products::cli
