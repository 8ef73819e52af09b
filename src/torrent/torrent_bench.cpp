// How fast files are hashed, and how long a large site's metainfo takes to read.
#include <benchmark/benchmark.h>

#include "codec/bencode.hpp"
#include "crypto/sha256_kernels.hpp"
#include "torrent/builder.hpp"
#include "torrent/merkle.hpp"
#include "torrent/metainfo.hpp"

namespace {

using namespace skep;

const base::Bytes& content() {
  static const base::Bytes bytes(8 * 1024 * 1024, 0x5a);
  return bytes;
}

void set_rate(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void hash_file(benchmark::State& state) {
  for (auto _ : state) {
    torrent::FileHasher hasher(base::kPieceLengthDefault);
    for (std::size_t at = 0; at < content().size(); at += 256 * 1024)
      hasher.update(base::ByteView(content()).subspan(at, 256 * 1024));
    benchmark::DoNotOptimize(hasher.finish());
  }
  set_rate(state, content().size());
}
BENCHMARK(hash_file);

void check_piece(benchmark::State& state) {
  const base::ByteView piece = base::ByteView(content()).first(base::kPieceLengthDefault);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        torrent::piece_hash(piece, base::kPieceLengthDefault, content().size()));
  set_rate(state, piece.size());
}
BENCHMARK(check_piece);

void kernel_scalar(benchmark::State& state) {
  crypto::Sha256State hash = crypto::kSha256Start;
  for (auto _ : state) crypto::compress_scalar(hash, content().data(), 1024);
  benchmark::DoNotOptimize(hash);
  set_rate(state, 65536);
}
BENCHMARK(kernel_scalar);

void kernel_four_lanes(benchmark::State& state) {
  std::array<crypto::Sha256State, 4> hash{};
  const base::Byte* at = content().data();
  for (auto _ : state) crypto::compress_lanes(hash, {at, at + 16384, at + 32768, at + 49152}, 256);
  benchmark::DoNotOptimize(hash);
  set_rate(state, 65536);
}
BENCHMARK(kernel_four_lanes);

void kernel_sha_ni(benchmark::State& state) {
  if (!crypto::has_sha_ni()) return state.SkipWithError("this processor has no SHA extensions");
  crypto::Sha256State hash = crypto::kSha256Start;
  for (auto _ : state) crypto::compress_sha_ni(hash, content().data(), 1024);
  benchmark::DoNotOptimize(hash);
  set_rate(state, 65536);
}
BENCHMARK(kernel_sha_ni);

void kernel_sha_ni_x2(benchmark::State& state) {
  if (!crypto::has_sha_ni()) return state.SkipWithError("this processor has no SHA extensions");
  crypto::Sha256State a = crypto::kSha256Start;
  crypto::Sha256State b = crypto::kSha256Start;
  const base::Byte* at = content().data();
  for (auto _ : state) crypto::compress_sha_ni_x2({&a, &b}, {at, at + 32768}, 512);
  benchmark::DoNotOptimize(a);
  set_rate(state, 65536);
}
BENCHMARK(kernel_sha_ni_x2);

base::Bytes large_site() {
  torrent::TorrentPlan plan;
  plan.name = "site";
  for (int i = 0; i < 10'000; ++i) {
    torrent::HashedFile file;
    file.size = 1000;
    file.root.bytes[0] = 1;
    plan.files.push_back(
        {"assets/" + std::to_string(i % 50) + "/file" + std::to_string(i) + ".png", file});
  }
  torrent::sort_tree_order(plan.files);
  return torrent::build_torrent(plan)->metainfo;
}

void read_metainfo_of_10000_files(benchmark::State& state) {
  const base::Bytes metainfo = large_site();
  for (auto _ : state) benchmark::DoNotOptimize(torrent::parse_metainfo(metainfo));
  set_rate(state, metainfo.size());
}
BENCHMARK(read_metainfo_of_10000_files)->Unit(benchmark::kMillisecond);

void decode_bencode_of_10000_files(benchmark::State& state) {
  const base::Bytes metainfo = large_site();
  for (auto _ : state) benchmark::DoNotOptimize(codec::decode_bencode(metainfo));
  state.counters["tokens"] = static_cast<double>(codec::decode_bencode(metainfo)->token_count());
  set_rate(state, metainfo.size());
}
BENCHMARK(decode_bencode_of_10000_files)->Unit(benchmark::kMillisecond);

}  // namespace
