// Whatever parses can be used: every piece has an expected hash, every path is safe, the piece map
// adds up, and a bare info parses to the same.
#include <algorithm>

#include "codec/bencode.hpp"
#include "crypto/sha256.hpp"
#include "torrent/metainfo.hpp"
#include "torrent/piece_map.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep;
  using namespace skep::torrent;
  const base::ByteView input(data, size);
  static_cast<void>(parse_info(input));
  const auto parsed = parse_metainfo(input);
  if (!parsed.has_value()) return 0;
  const Info& info = parsed->info;
  SKEP_ASSERT(info.hash == crypto::sha256(info.raw));
  const PieceMap map(info.files, info.piece_length);
  SKEP_ASSERT(map.piece_count() == info.pieces);
  for (std::size_t i = 0; i < info.files.size(); ++i) {
    SKEP_ASSERT(check_path(info.files[i].path).has_value());
    SKEP_ASSERT(i == 0 || tree_less(info.files[i - 1].path, info.files[i].path));
  }
  for (std::uint32_t i = 0; i < std::min(map.piece_count(), 1000U); ++i) {
    const FilePiece at = map.locate(GlobalPiece(i));
    static_cast<void>(parsed->expected_hash(at.file, at.piece));
  }
  if (!info.skep().empty()) SKEP_ASSERT(codec::decode_bencode(info.skep()).has_value());
  const auto bare = parse_info(info.raw);
  SKEP_ASSERT(bare.has_value() && bare->files == info.files && bare->hash == info.hash);
  return 0;
}
