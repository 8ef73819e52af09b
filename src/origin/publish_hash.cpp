#include "origin/publish_hash.hpp"

#include <algorithm>
#include <stdexcept>

#include "origin/publish_file.hpp"
#include "torrent/merkle.hpp"

namespace skep::origin {
namespace {

using torrent::Digest256;
using torrent::HashedFile;

/// One read: stays in the second-level cache between the kernel's copy and the hash.
constexpr std::size_t kReadSize = 256 * 1024;
/// Bytes of one unit of work: long enough to be read in sequence, short enough to balance threads.
constexpr std::uint64_t kRunSize = 8 * 1024 * 1024;

struct Run {
  std::size_t file = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Reads bytes [begin, end) of a file in parts. `buffer` is a multiple of 16 KiB.
template <class Take>
void read_run(const InputFile& file, const Run& run, base::Bytes& buffer,
              const std::filesystem::path& path, const Take& take) {
  for (std::uint64_t at = run.begin; at < run.end;) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(run.end - at, buffer.size()));
    const base::ByteSpan part = base::ByteSpan(buffer).first(wanted);
    if (file.read(at, part) != wanted)
      throw std::runtime_error(path.string() + ": became shorter while it was read");
    take(base::ByteView(part));
    at += wanted;
  }
}

/// Puts what one run says about the v1 half where it belongs.
void keep_v1(const Run& run, std::uint32_t piece_length, torrent::V1PieceHasher& hasher,
             std::vector<crypto::ShortHash>& pieces, HashedFile& out) {
  const crypto::ShortHash tail = hasher.finish(pieces);
  if (run.end == out.size) out.v1_tail = tail;
  std::copy(pieces.begin(), pieces.end(),
            out.v1_pieces.begin() + static_cast<std::ptrdiff_t>(run.begin / piece_length));
}

/// Hashes one run: a small file's root, or the entries of the piece layer it covers.
void hash_run(const Run& run, const std::filesystem::path& path, const HashOptions& options,
              base::Bytes& buffer, HashedFile& out) {
  const std::uint32_t piece_length = options.piece_length;
  const InputFile file(path);
  if (file.size() != out.size)
    throw std::runtime_error(path.string() + ": changed while it was read");
  std::vector<Digest256> leaves;
  leaves.reserve(static_cast<std::size_t>((run.end - run.begin) / base::kBlockSize + 1));
  torrent::V1PieceHasher v1(piece_length);
  std::vector<crypto::ShortHash> v1_pieces;
  read_run(file, run, buffer, path, [&](base::ByteView part) {
    torrent::append_block_hashes(leaves, part);
    if (options.hybrid) v1.update(part, v1_pieces);
  });
  if (options.hybrid) keep_v1(run, piece_length, v1, v1_pieces, out);
  if (out.size <= piece_length) {
    out.root = torrent::merkle_root(leaves, 0, torrent::TreeShape::of(out.size).root_layer);
    return;
  }
  const unsigned layer = torrent::piece_layer_of(piece_length);
  const std::size_t step = piece_length / base::kBlockSize;
  auto piece = static_cast<std::size_t>(run.begin / piece_length);
  for (std::size_t i = 0; i < leaves.size(); i += step)
    out.piece_layer[piece++] = torrent::merkle_root(
        std::span(leaves).subspan(i, std::min(step, leaves.size() - i)), 0, layer);
}

}  // namespace

std::vector<HashedFile> hash_files(const std::filesystem::path& root,
                                   const std::vector<std::string>& paths,
                                   const HashOptions& options, StageProgress& progress) {
  const std::uint32_t piece_length = options.piece_length;
  std::vector<HashedFile> out(paths.size());
  std::vector<Run> runs;
  const std::uint64_t run_size = std::max<std::uint64_t>(kRunSize, piece_length);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    HashedFile& file = out[i];
    file.size = stamp_of(root / paths[i]).size;
    if (file.size > torrent::kFileSizeMax) throw std::runtime_error(paths[i] + ": file too large");
    if (file.size > piece_length)
      file.piece_layer.resize(static_cast<std::size_t>((file.size - 1) / piece_length + 1));
    if (options.hybrid && file.size > 0)
      file.v1_pieces.resize(static_cast<std::size_t>((file.size - 1) / piece_length + 1));
    for (std::uint64_t at = 0; at < file.size; at += run_size)
      runs.push_back({i, at, std::min(at + run_size, file.size)});
  }
  std::vector<base::Bytes> buffers(std::max(1U, options.threads), base::Bytes(kReadSize));
  run_parallel(runs.size(), options.threads, [&](std::size_t index, unsigned worker) {
    const Run& run = runs[index];
    hash_run(run, root / paths[run.file], options, buffers[worker], out[run.file]);
    progress.add(run.end - run.begin);
  });
  for (HashedFile& file : out)
    if (!file.piece_layer.empty())
      file.root = torrent::merkle_root(file.piece_layer, torrent::piece_layer_of(piece_length),
                                       torrent::TreeShape::of(file.size).root_layer);
  return out;
}

}  // namespace skep::origin
