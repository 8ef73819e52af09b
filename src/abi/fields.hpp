/// fields.hpp: the fields of every struct that crosses the border, as one table.
/// CONTRACT  apply(s, f) calls f with references to all fields of s in declaration order. A field
///           that is added, removed or not listed here fails to compile (the number of names in a
///           structured binding must be the number of members); an alternative without an entry
///           fails to compile where the variant is encoded. Names are those of the struct.
/// WHY       encoding, decoding, printing and the shape number all follow from this one list.
/// SPEC      docs/formats/frames.md
#pragma once

#include <string_view>
#include <type_traits>

#include "engine/config.hpp"
#include "engine/io.hpp"

namespace skep::abi {

/// Specialised for every struct with a flat form.
template <class T>
struct FieldsOf;

template <class T>
concept HasFields = requires { FieldsOf<T>::kName; };

// The kinds of field that are templates.
template <class T>
inline constexpr bool kIsList = false;
template <class Item>
inline constexpr bool kIsList<std::vector<Item>> = !std::is_same_v<Item, base::Byte>;
template <class T>
inline constexpr bool kIsStrongId = false;
template <class Tag, class Int>
inline constexpr bool kIsStrongId<base::StrongId<Tag, Int>> = true;
template <class T>
inline constexpr bool kIsFixedBytes = false;
template <class Tag, std::size_t Size>
inline constexpr bool kIsFixedBytes<crypto::FixedBytes<Tag, Size>> = true;

/// The number of values of an enumeration that crosses the border; they count from 0.
template <class Enum>
inline constexpr std::uint8_t kEnumCount = 0;
template <>
inline constexpr std::uint8_t kEnumCount<engine::Urgency> = 4;
template <>
inline constexpr std::uint8_t kEnumCount<base::Errc> = 20;
template <>
inline constexpr std::uint8_t kEnumCount<engine::Announce::Event> = 4;
template <>
inline constexpr std::uint8_t kEnumCount<engine::CloseReason> = 8;
template <>
inline constexpr std::uint8_t kEnumCount<engine::FetchFailed::Reason> = 7;

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define SKEP_FIELDS(Type, ...)                                               \
  template <>                                                                \
  struct FieldsOf<engine::Type> {                                            \
    static constexpr std::string_view kName = #Type;                         \
    static constexpr std::string_view kList = #__VA_ARGS__;                  \
    template <class Self, class Function>                                    \
    static constexpr decltype(auto) apply(Self& self, Function&& function) { \
      auto& [__VA_ARGS__] = self;                                            \
      return function(__VA_ARGS__);                                          \
    }                                                                        \
  };
#define SKEP_NO_FIELDS(Type)                                            \
  template <>                                                           \
  struct FieldsOf<engine::Type> {                                       \
    static constexpr std::string_view kName = #Type;                    \
    static constexpr std::string_view kList = "";                       \
    template <class Self, class Function>                               \
    static constexpr decltype(auto) apply(Self&, Function&& function) { \
      static_assert(std::is_empty_v<engine::Type>);                     \
      return function();                                                \
    }                                                                   \
  };

SKEP_NO_FIELDS(Tick)
SKEP_FIELDS(TorrentAdded, torrent, expected, metainfo, v1)
SKEP_FIELDS(TorrentRemoved, torrent)
SKEP_FIELDS(FileKept, torrent, file)
SKEP_FIELDS(FetchRequested, fetch, torrent, file, begin, end, urgency, deadline)
SKEP_FIELDS(FetchCancelled, fetch)
SKEP_FIELDS(TrackerChanged, up)
SKEP_FIELDS(AnnounceReply, torrent, interval_s, candidates)
SKEP_FIELDS(DialFailed, dial)
SKEP_FIELDS(LinkOpened, link, torrent, peer, dial)
SKEP_FIELDS(LinkBytes, link, bytes)
SKEP_FIELDS(LinkDrained, link, buffered_bytes)
SKEP_FIELDS(LinkClosed, link)
SKEP_FIELDS(HttpStarted, http, status, begin, size)
SKEP_FIELDS(HttpBytes, http, bytes)
SKEP_FIELDS(HttpEnded, http, ok)
SKEP_FIELDS(PieceLoaded, load, bytes)
SKEP_FIELDS(StoreFailed, torrent, file)
SKEP_FIELDS(PolicyChanged, use_peers, upload, upload_rate_bytes_per_s, upload_total_max,
            upload_ratio_percent)
SKEP_NO_FIELDS(StatsRequested)
SKEP_FIELDS(PieceFound, torrent, file, offset, bytes)

SKEP_FIELDS(SiteFile, url_path, media_type, cache_control, content_encoding, size, root, file)
SKEP_FIELDS(TorrentReady, torrent, name, piece_length, files)
SKEP_FIELDS(TorrentRefused, torrent, reason)
SKEP_FIELDS(Announce, torrent, event, uploaded, downloaded, left, want)
SKEP_FIELDS(Dial, dial, torrent, peer)
SKEP_FIELDS(LinkSend, link, bytes)
SKEP_FIELDS(LinkClose, link, peer, reason)
SKEP_FIELDS(HttpGet, http, torrent, file, begin, end, whole, urgency)
SKEP_FIELDS(HttpCancel, http)
SKEP_FIELDS(StoreWrite, torrent, file, offset, bytes)
SKEP_FIELDS(FileComplete, torrent, file)
SKEP_FIELDS(PieceLoad, load, torrent, file, offset, size)
SKEP_FIELDS(FetchProgress, fetch, ready_until)
SKEP_FIELDS(FetchDone, fetch, from_peers, from_http, from_store)
SKEP_FIELDS(FetchFailed, fetch, reason)
SKEP_FIELDS(PeerStats, link, peer, downloaded, uploaded, down_bytes_per_s, up_bytes_per_s, rtt_us,
            choked_by_peer, seeding)
SKEP_FIELDS(Stats, from_peers, from_http, from_store, uploaded, wasted, peers_banned, fetches_open,
            peers)

SKEP_FIELDS(Config, peer_id, seed, peer_grace, normal_deadline, floor_rate_bytes_per_s, claim_grace,
            links_max, upload_slots, unchoke_interval, pipeline_min_blocks, pipeline_max_blocks,
            request_timeout, keep_alive, link_silence_max, dial_timeout, http_parallel_max,
            http_parallel_prefetch, http_segment_bytes, upload_rate_bytes_per_s)
#undef SKEP_FIELDS
#undef SKEP_NO_FIELDS
// NOLINTEND(cppcoreguidelines-macro-usage)

/// The name of the field at the front of a kList ("a, b, c"), which is advanced past it.
constexpr std::string_view next_field_name(std::string_view& list) {
  const std::size_t comma = list.find(',');
  const std::string_view name = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size()
                                                     : list.find_first_not_of(", ", comma));
  return name;
}

}  // namespace skep::abi
