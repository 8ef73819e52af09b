/// config.hpp: what can be tuned in an engine, with units, defaults and the reason for each.
/// CONTRACT  plain values, fixed for the life of an engine; of a page's it chooses the first few
///           (docs/formats/frames.md).
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "crypto/digest.hpp"

namespace skep::engine {

struct Config {
  crypto::PeerId peer_id;  ///< ours, random per engine, chosen by the host
  std::uint64_t seed = 1;  ///< of every random choice

  /// A fetch that is not urgent waits this long for a first useful peer while one is connecting.
  /// ICE takes 160–550 ms between browsers on one machine.
  base::Duration peer_grace = base::milliseconds(800);
  /// Default deadline of a normal fetch: this, plus its size at floor_rate.
  base::Duration normal_deadline = base::seconds(4);
  std::uint64_t floor_rate_bytes_per_s = 1'000'000;
  /// How long to wait for another visitor to claim an HTTP range before fetching it ourselves.
  base::Duration claim_grace = base::milliseconds(300);

  std::uint32_t links_max = 24;    ///< of these, half at most are dialled by us
  std::uint32_t upload_slots = 3;  ///< plus one optimistic
  /// A visit is short: with BEP 3's ten seconds most of it is over when it is known who gives.
  base::Duration unchoke_interval = base::seconds(2);
  std::uint32_t pipeline_min_blocks = 2;
  std::uint32_t pipeline_max_blocks = 256;            ///< 4 MiB in flight: 80 ms at 50 MB/s
  base::Duration request_timeout = base::seconds(4);  ///< a stalled peer's requests move
  base::Duration keep_alive = base::seconds(60);
  base::Duration link_silence_max = base::seconds(150);
  base::Duration dial_timeout = base::seconds(12);
  std::uint32_t http_parallel_max = 6;  ///< browsers open six connections to an HTTP/1.1 host
  std::uint32_t http_parallel_prefetch =
      2;  ///< background requests while the page may need the rest
  std::uint64_t http_segment_bytes = 512 * 1024;  ///< unit in which visitors divide a file's HTTP
  std::uint64_t upload_rate_bytes_per_s = 0;      ///< 0: no cap
};

}  // namespace skep::engine
