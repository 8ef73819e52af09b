#include "origin/compress.hpp"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include "origin/publish_file.hpp"

namespace skep::origin {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::uint64_t kMiB = 1024 * 1024;
/// Above this size quality 9 and more take seconds for one file.
constexpr std::uint64_t kLargeFile = 4 * kMiB;
/// deflateInit2: window of 32 KiB, plus 16 for a gzip header.
constexpr int kGzipWindow = 15 + 16;

int brotli_quality(Effort effort, std::uint64_t size) {
  if (effort == Effort::quick || size > kLargeFile) return 5;
  return effort == Effort::best ? BROTLI_MAX_QUALITY : 9;
}

int gzip_level(Effort effort, std::uint64_t size) {
  return effort == Effort::quick || size > kLargeFile ? 6 : 9;
}

struct Free {
  void operator()(BrotliEncoderState* state) const { BrotliEncoderDestroyInstance(state); }
  void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

void brotli(const InputFile& in, OutputFile& out, int quality) {
  const std::unique_ptr<BrotliEncoderState, Free> state(
      BrotliEncoderCreateInstance(nullptr, nullptr, nullptr));
  if (!state) throw std::bad_alloc();
  BrotliEncoderSetParameter(state.get(), BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(quality));
  BrotliEncoderSetParameter(
      state.get(), BROTLI_PARAM_SIZE_HINT,
      static_cast<std::uint32_t>(std::min<std::uint64_t>(in.size(), 1U << 30)));
  std::vector<base::Byte> chunk(kChunk), made(kChunk);
  std::uint64_t at = 0;
  while (!BrotliEncoderIsFinished(state.get())) {
    std::size_t left = in.read(at, chunk);
    const base::Byte* next = chunk.data();
    at += left;
    const auto operation = left == 0 ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
    do {
      std::size_t room = made.size();
      base::Byte* to = made.data();
      if (!BrotliEncoderCompressStream(state.get(), operation, &left, &next, &room, &to, nullptr))
        throw std::runtime_error("brotli failed");
      out.write({made.data(), made.size() - room});
    } while (left > 0 || BrotliEncoderHasMoreOutput(state.get()));
  }
}

void gzip(const InputFile& in, OutputFile& out, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
  std::vector<base::Byte> chunk(kChunk), made(kChunk);
  std::uint64_t at = 0;
  for (int result = Z_OK; result != Z_STREAM_END;) {
    const std::size_t size = in.read(at, chunk);
    at += size;
    stream.next_in = chunk.data();
    stream.avail_in = static_cast<uInt>(size);
    do {
      stream.next_out = made.data();
      stream.avail_out = static_cast<uInt>(made.size());
      result = deflate(&stream, size == 0 ? Z_FINISH : Z_NO_FLUSH);
      if (result == Z_STREAM_ERROR) throw std::runtime_error("gzip failed");
      out.write({made.data(), made.size() - stream.avail_out});
    } while (stream.avail_out == 0);
  }
}

using Take = std::function<bool(base::ByteView)>;

bool unbrotli(const InputFile& in, const Take& take) {
  const std::unique_ptr<BrotliDecoderState, Free> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (!state) throw std::bad_alloc();
  std::vector<base::Byte> chunk(kChunk), made(kChunk);
  std::uint64_t at = 0;
  std::size_t left = 0;
  const base::Byte* next = nullptr;
  for (;;) {
    std::size_t room = made.size();
    base::Byte* to = made.data();
    const auto result =
        BrotliDecoderDecompressStream(state.get(), &left, &next, &room, &to, nullptr);
    if (room < made.size() && !take({made.data(), made.size() - room})) return false;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return left == 0 && at == in.size();
    if (result == BROTLI_DECODER_RESULT_ERROR) return false;
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) {
      left = in.read(at, chunk);
      next = chunk.data();
      at += left;
      if (left == 0) return false;
    }
  }
}

bool ungzip(const InputFile& in, const Take& take) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  std::vector<base::Byte> chunk(kChunk), made(kChunk);
  std::uint64_t at = 0;
  for (;;) {
    if (stream.avail_in == 0) {
      const std::size_t size = in.read(at, chunk);
      if (size == 0) return false;
      at += size;
      stream.next_in = chunk.data();
      stream.avail_in = static_cast<uInt>(size);
    }
    stream.next_out = made.data();
    stream.avail_out = static_cast<uInt>(made.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t size = made.size() - stream.avail_out;
    if (size > 0 && !take({made.data(), size})) return false;
    if (result == Z_STREAM_END) return stream.avail_in == 0 && at == in.size();
    if (result != Z_OK && result != Z_BUF_ERROR) return false;
  }
}

}  // namespace

std::string_view suffix_of(Encoding encoding) {
  return encoding == Encoding::brotli ? ".br" : ".gz";
}

Effort effort_for(std::uint64_t compressible_bytes) {
  if (compressible_bytes <= 8 * kMiB) return Effort::best;
  return compressible_bytes <= 128 * kMiB ? Effort::good : Effort::quick;
}

bool worth_keeping(std::uint64_t original, std::uint64_t compressed) {
  return compressed + 200 <= original &&
         compressed <= original / 100 * 95 + original % 100 * 95 / 100;
}

bool looks_compressible(const std::filesystem::path& path) {
  constexpr std::uint64_t kSamples = 8;
  constexpr std::size_t kSample = 8 * 1024;
  const InputFile in(path);
  if (in.size() < 4 * kSamples * kSample) return true;
  std::vector<base::Byte> sample(kSample);
  std::vector<base::Byte> made(compressBound(kSample));
  std::uint64_t before = 0, after = 0;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const std::size_t size = in.read(in.size() / kSamples * i, sample);
    uLongf packed = made.size();
    if (compress2(made.data(), &packed, sample.data(), size, 1) != Z_OK) return true;
    before += size;
    after += packed;
  }
  return worth_keeping(before, after);
}

std::optional<std::uint64_t> compress_file(const std::filesystem::path& from,
                                           const std::filesystem::path& to, Encoding encoding,
                                           Effort effort) {
  const InputFile in(from);
  OutputFile out(to);
  if (encoding == Encoding::brotli)
    brotli(in, out, brotli_quality(effort, in.size()));
  else
    gzip(in, out, gzip_level(effort, in.size()));
  out.close();
  if (worth_keeping(in.size(), out.written())) return out.written();
  std::filesystem::remove(to);
  return std::nullopt;
}

bool decompress_file(const std::filesystem::path& from, Encoding encoding,
                     const std::function<bool(base::ByteView)>& take) {
  const InputFile in(from);
  return encoding == Encoding::brotli ? unbrotli(in, take) : ungzip(in, take);
}

}  // namespace skep::origin
