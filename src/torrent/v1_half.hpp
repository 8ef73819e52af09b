/// v1_half.hpp: the half of a hybrid torrent that clients of the first protocol version read.
/// CONTRACT  both halves describe the same files in the same order, each starting on a piece
///           boundary, so that a piece has one number in both. What stands between the end of a
///           file and the next boundary is a pad file of zeros. A torrent of one file has none.
/// SPEC      BEP 3 "info dictionary", BEP 47 (attr "p", path ".pad/N"), BEP 52 "upgrade path".
/// LIMITS    those of metainfo.hpp.
///
///   piece length 64 KiB     a: 100 KiB       b: 0     c: 1 byte
///   files                   a  .pad/31072    b        c  .pad/65535
///   pieces (SHA-1)          a0  a1+zeros              c+zeros
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "codec/bencode.hpp"
#include "codec/bencode_writer.hpp"
#include "crypto/digest.hpp"
#include "torrent/metainfo.hpp"

namespace skep::torrent {

struct TorrentPlan;

/// Writes "files" or "length". REQUIRES files in tree order.
void write_v1_files(codec::BencodeWriter& writer, const TorrentPlan& plan);
/// The value of "pieces". REQUIRES files that were hashed for it (FileHasher's `hybrid`).
base::Bytes v1_pieces(const TorrentPlan& plan);

/// How v1 clients name a hybrid: the SHA-1 of its info dictionary. REQUIRES info.hybrid.
crypto::ShortHash v1_info_hash(const Info& info);

/// The hashes of "pieces", one for each piece of the torrent, when the v1 half of a hybrid's info
/// dictionary says what its v2 half does.
/// ERRORS missing_field, wrong_type; bad_value (halves that differ, or that need no such padding).
base::Result<std::vector<crypto::ShortHash>> read_v1_half(const codec::BencodeNode& node,
                                                          const Info& info);
/// The same of an Info alone. REQUIRES info.hybrid.
base::Result<std::vector<crypto::ShortHash>> read_v1_half(const Info& info);

}  // namespace skep::torrent
