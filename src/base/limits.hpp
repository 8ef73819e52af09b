/// limits.hpp: every maximum that more than one folder relies on, each with its reason.
/// CONTRACT  a decoder or table used by one file only keeps its limit beside itself; a limit that
///           crosses a folder stands here. Nothing in Skep grows without one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skep::base {

/// BEP 52: the leaf of a file's Merkle tree, and the unit of a request.
inline constexpr std::uint32_t kBlockSize = 16 * 1024;
/// Default piece: four blocks. Small, so that bytes from HTTP are checked soon and without leaf
/// hashes; its layer costs 32 bytes in 65,536 (0.05 %).
inline constexpr std::uint32_t kPieceLengthDefault = 64 * 1024;
/// Largest piece we accept: a piece is held in memory while it is checked.
inline constexpr std::uint32_t kPieceLengthMax = 16 * 1024 * 1024;
/// A SHA-256 digest.
inline constexpr std::size_t kDigestSize = 32;
/// A 20-byte info-hash as trackers and handshakes carry it (v2 ones truncated, BEP 52).
inline constexpr std::size_t kShortHashSize = 20;
/// BitTorrent peer ids.
inline constexpr std::size_t kPeerIdSize = 20;

/// A .torrent we are willing to read: 256 MiB of piece layers would describe 512 TiB.
inline constexpr std::size_t kMetainfoSizeMax = 32 * 1024 * 1024;
/// Files in one torrent: a million entries is beyond any site we serve from one bundle.
inline constexpr std::size_t kFilesMax = 1'000'000;
/// Longest file path (and URL path) in bytes; file systems stop at 4,096.
inline constexpr std::size_t kPathSizeMax = 1024;
/// Longest path component; file systems stop at 255.
inline constexpr std::size_t kPathComponentMax = 255;
/// Bencode nesting: a file tree is as deep as its paths, and a path component costs at least two
/// bytes of kPathSizeMax; real sites stay under 20.
inline constexpr std::size_t kBencodeDepthMax = 64;
/// Bencode tokens: about 12 for each of a million files.
inline constexpr std::size_t kBencodeTokensMax = 16'000'000;

/// BEP 44: the value of a mutable item.
inline constexpr std::size_t kPointerValueMax = 1000;
/// The whole pointer file: value, key, signature, framing.
inline constexpr std::size_t kPointerFileMax = 2048;

/// A peer message: a block with its header, or a bitfield of four million pieces.
inline constexpr std::size_t kPeerMessageMax = 512 * 1024;
/// Links one engine keeps open: a browser tab pays about 70 KB and some CPU for each.
inline constexpr std::size_t kLinksMax = 64;
/// Blocks in a row that two Skep peers ask for, and send, in one message: a piece of the default
/// size. More would delay a choke, a cancel or a more urgent block behind it.
inline constexpr std::uint32_t kRunMax = 4 * kBlockSize;
/// Requests a peer may have waiting with us (BEP 3 has no bound; libtorrent uses 2,000 by default).
inline constexpr std::size_t kPeerRequestsQueuedMax = 512;
/// Bytes we let wait in a link's send buffer; above 1–2 MiB browsers stop reporting low water.
inline constexpr std::size_t kLinkSendBufferMax = 1024 * 1024;
/// Fetches the page may have open at once; more are refused and go to plain HTTP.
inline constexpr std::size_t kFetchesMax = 4096;

static_assert(kPieceLengthDefault % kBlockSize == 0);
static_assert(kPeerMessageMax > kBlockSize + 64);

}  // namespace skep::base
