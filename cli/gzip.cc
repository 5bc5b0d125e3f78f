#include "cli/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace products::cli {
namespace {

// The largest window, and the gzip header instead of zlib's own.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kEncodedPieceBytes = std::size_t{64} * 1024;

// The library takes input through a pointer to non-const, and leaves it as it is.
Bytef* InputOf(std::string_view text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

uInt Count(std::size_t bytes) {
  return static_cast<uInt>(std::min<std::size_t>(bytes, std::numeric_limits<uInt>::max()));
}

}  // namespace

bool IsGzip(std::string_view head) { return head.starts_with("\x1f\x8b"); }

class GzipDecoder::Stream {
 public:
  Stream() { inflateInit2(&zlib, kGzipWindowBits); }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
  bool is_between_members = false;
  bool has_pending_output = false;
};

GzipDecoder::GzipDecoder() : stream_(std::make_unique<Stream>()) {}
GzipDecoder::~GzipDecoder() = default;

Result<std::size_t> GzipDecoder::Decode(std::string_view& in, char* out, std::size_t capacity) {
  z_stream& zlib = stream_->zlib;
  std::size_t written = 0;
  while (written == 0 && (!in.empty() || stream_->has_pending_output)) {
    if (stream_->is_between_members) {
      inflateReset(&zlib);
      stream_->is_between_members = false;
    }
    zlib.next_in = InputOf(in);
    zlib.avail_in = Count(in.size());
    zlib.next_out = reinterpret_cast<Bytef*>(out);
    zlib.avail_out = Count(capacity);
    const uInt offered_in = zlib.avail_in;
    const uInt offered_out = zlib.avail_out;
    const int code = inflate(&zlib, Z_NO_FLUSH);
    in.remove_prefix(offered_in - zlib.avail_in);
    written = offered_out - zlib.avail_out;
    stream_->has_pending_output = zlib.avail_out == 0;
    if (code == Z_STREAM_END) {
      stream_->is_between_members = true;
      stream_->has_pending_output = false;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return Error{ErrorCode::kCorrupt, "the gzipped bytes are damaged",
                   zlib.msg == nullptr ? std::string() : zlib.msg};
    }
  }
  return written;
}

bool GzipDecoder::HasPendingOutput() const { return stream_->has_pending_output; }

bool GzipDecoder::IsAtEnd() const { return stream_->is_between_members; }

class GzipEncoder::Stream {
 public:
  Stream() {
    deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                 Z_DEFAULT_STRATEGY);
  }
  ~Stream() { deflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
};

GzipEncoder::GzipEncoder() : stream_(std::make_unique<Stream>()) {}
GzipEncoder::~GzipEncoder() = default;

void GzipEncoder::Encode(std::string_view text, Flush flush, std::string& out) {
  z_stream& zlib = stream_->zlib;
  while (true) {
    const uInt offered_in = Count(text.size());
    zlib.next_in = InputOf(text);
    zlib.avail_in = offered_in;
    const std::size_t kept = out.size();
    out.resize(kept + kEncodedPieceBytes);
    zlib.next_out = reinterpret_cast<Bytef*>(out.data() + kept);
    zlib.avail_out = kEncodedPieceBytes;
    const bool is_last = flush == Flush::kEnd && offered_in == text.size();
    const int code = deflate(&zlib, is_last ? Z_FINISH : Z_NO_FLUSH);
    text.remove_prefix(offered_in - zlib.avail_in);
    out.resize(kept + kEncodedPieceBytes - zlib.avail_out);
    if (is_last ? code == Z_STREAM_END : text.empty() && zlib.avail_out > 0) return;
  }
}

}  // namespace products::cli
