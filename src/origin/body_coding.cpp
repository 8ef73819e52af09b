#include "origin/body_coding.hpp"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace skep::origin {
namespace {

constexpr std::size_t kStep = 64 * 1024;

/// `window`: zlib's windowBits; 15 + 32 finds out whether it is gzip or zlib.
std::optional<std::string> inflate_body(std::string_view body, std::size_t size_max, int window) {
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return std::nullopt;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  std::string out;
  std::array<char, kStep> buffer;
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = buffer.size() - stream.avail_out;
    if (out.size() + made > size_max) return std::nullopt;
    out.append(buffer.data(), made);
    if (result == Z_STREAM_END) return out;
    if (result != Z_OK || made == 0) return std::nullopt;
  }
}

std::optional<std::string> unbrotli_body(std::string_view body, std::size_t size_max) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (!state) return std::nullopt;
  const auto* in = reinterpret_cast<const std::uint8_t*>(body.data());
  std::size_t in_size = body.size();
  std::string out;
  std::array<char, kStep> buffer;
  for (;;) {
    auto* to = reinterpret_cast<std::uint8_t*>(buffer.data());
    std::size_t room = buffer.size();
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state.get(), &in_size, &in, &room, &to, nullptr);
    const std::size_t made = buffer.size() - room;
    if (out.size() + made > size_max) return std::nullopt;
    out.append(buffer.data(), made);
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return out;
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return std::nullopt;
  }
}

std::uint64_t gzip_size(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return body.size();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  std::array<char, kStep> buffer;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    result = deflate(&stream, Z_FINISH);
  }
  return stream.total_out;
}

std::uint64_t brotli_size(std::string_view body) {
  std::string out(BrotliEncoderMaxCompressedSize(body.size()) + 16, '\0');
  std::size_t size = out.size();
  const bool made =
      BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, body.size(),
                            reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                            reinterpret_cast<std::uint8_t*>(out.data()));
  return made ? size : body.size();
}

/// A quarter of the sample from each of four places.
std::string sample_of(std::string_view body) {
  if (body.size() <= kSampleSize) return std::string(body);
  std::string out;
  for (std::size_t i = 0; i < 4; ++i)
    out += body.substr((body.size() - kSampleSize / 4) / 3 * i, kSampleSize / 4);
  return out;
}

}  // namespace

std::optional<std::string> decode_body(std::string_view coding, std::string_view body,
                                       std::size_t size_max) {
  if (coding.empty() || coding == "identity")
    return body.size() <= size_max ? std::optional(std::string(body)) : std::nullopt;
  if (coding == "gzip" || coding == "x-gzip") return inflate_body(body, size_max, 15 + 16);
  if (coding == "deflate") return inflate_body(body, size_max, 15);
  if (coding == "br") return unbrotli_body(body, size_max);
  return std::nullopt;
}

Compressed measure_compression(std::string_view body, std::uint64_t size) {
  const std::string sample = sample_of(body);
  if (sample.empty()) return {};
  const auto scaled = [&](std::uint64_t compressed) {
    if (size == sample.size()) return compressed;
    const double ratio = static_cast<double>(compressed) / static_cast<double>(sample.size());
    return static_cast<std::uint64_t>(ratio * static_cast<double>(size));
  };
  return {scaled(gzip_size(sample)), scaled(brotli_size(sample))};
}

}  // namespace skep::origin
