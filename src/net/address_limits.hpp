/// address_limits.hpp: what all connections of one address may do together.
/// CONTRACT  pure: time is an argument. An Entry lives while somebody holds its handle, and until
///           its allowances have filled up again. When the table is full, further addresses share
///           one entry: strangers who come in crowds get less, the server never grows.
/// WHY       limits of one connection are worth nothing to who opens a thousand. They are generous,
///           since a school, a company or a mobile network is one address.
/// LIMITS    AddressLimits::entries_max
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/time.hpp"
#include "net/client_address.hpp"

namespace skep::net {

/// Zero means: no limit.
struct AddressLimitOptions {
  std::uint32_t connections = 1000;
  std::uint32_t websockets = 500;
  std::uint32_t requests_per_s = 1000;  ///< and five times as many at once
  std::uint32_t messages_per_s = 500;   ///< over all WebSockets; five times as many at once
  std::size_t entries_max = 65'536;     ///< about 150 bytes each
  /// Programs on this machine, and a proxy that nobody has declared, are one address that is many.
  bool loopback = false;
};

/// How often each limit was reached.
struct LimitedCounts {
  std::uint64_t connections = 0;
  std::uint64_t websockets = 0;
  std::uint64_t requests = 0;
  std::uint64_t messages = 0;
};

class AddressLimits {
 public:
  explicit AddressLimits(const AddressLimitOptions& options) : options_(options) {}

  /// A rate with five seconds of savings, in thousandths.
  class Allowance {
   public:
    bool take(std::uint32_t per_s, base::Instant now);
    bool full(std::uint32_t per_s, base::Instant now) const;

   private:
    std::uint64_t saved(std::uint32_t per_s, base::Instant now) const;
    std::uint64_t milli_ = UINT64_MAX;  ///< as much as there may be
    base::Instant at_;
  };
  struct Entry {
    std::uint32_t connections = 0;
    std::uint32_t websockets = 0;
    Allowance requests;
    Allowance messages;
  };
  using Handle = std::shared_ptr<Entry>;

  /// Null for addresses without limits.
  Handle find(const IpAddress& address, base::Instant now);

  // Each asks for one more; false when there is none, which is counted. Null is always allowed.
  bool connect(const Handle& entry);
  bool open_websocket(const Handle& entry);
  bool request(const Handle& entry, base::Instant now);
  bool message(const Handle& entry, base::Instant now);
  static void disconnect(const Handle& entry);
  static void close_websocket(const Handle& entry);

  const LimitedCounts& limited() const { return limited_; }
  std::size_t size() const { return entries_.size(); }

 private:
  void forget_idle(base::Instant now);

  const AddressLimitOptions options_;
  std::map<IpAddress, Handle> entries_;
  Handle others_ = std::make_shared<Entry>();
  LimitedCounts limited_;
  base::Instant cleaned_;
};

}  // namespace skep::net
