/// network.hpp: how near two addresses are, as far as their prefixes tell.
/// CONTRACT  a Network keeps a prefix only: nothing here can name a visitor, and nothing of it is
///           told to anybody. Unknown addresses, and those of two families, are far apart.
/// WHY       /24 and /48 are what a household, an office or a street's access node shares; /16 and
///           /32 are usually one provider's. Better data (AS numbers) would need a data base.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace skep::tracker {

enum class Nearness : std::uint8_t { far = 0, provider = 1, neighbour = 2 };

class Network {
 public:
  Network() = default;
  /// REQUIRES 4 or 16 octets; anything else is an unknown network.
  explicit Network(base::ByteView address)
      : known_(address.size() == 4    ? 3
               : address.size() == 16 ? 6
                                      : 0) {
    std::copy_n(address.begin(), known_, prefix_.begin());
  }

  Nearness to(const Network& other) const {
    if (known_ == 0 || known_ != other.known_) return Nearness::far;
    const auto differs =
        std::mismatch(prefix_.begin(), prefix_.begin() + known_, other.prefix_.begin()).first;
    const auto same = differs - prefix_.begin();
    if (same == known_) return Nearness::neighbour;
    return same >= (known_ == 3 ? 2 : 4) ? Nearness::provider : Nearness::far;
  }

 private:
  std::array<base::Byte, 6> prefix_{};
  std::uint8_t known_ = 0;  ///< octets of it: 3 (IPv4 /24), 6 (IPv6 /48) or none
};

}  // namespace skep::tracker
