#include "net/address_limits.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace skep::net {
namespace {

constexpr std::uint64_t kSavedSeconds = 5;
/// Looking for entries to forget costs a walk over all of them.
constexpr base::Duration kCleanPeriod = base::seconds(5);

}  // namespace

std::uint64_t AddressLimits::Allowance::saved(std::uint32_t per_s, base::Instant now) const {
  const std::uint64_t most = std::uint64_t{per_s} * 1000 * kSavedSeconds;
  if (milli_ >= most) return most;
  const std::int64_t elapsed_us = std::clamp<std::int64_t>(now.us - at_.us, 0, 10'000'000);
  return std::min(most, milli_ + static_cast<std::uint64_t>(elapsed_us) * per_s / 1000);
}

bool AddressLimits::Allowance::take(std::uint32_t per_s, base::Instant now) {
  const std::uint64_t have = saved(per_s, now);
  // Below a thousandth nothing was earned yet: that time is not lost, it counts at the next call.
  if (have < 1000) return false;
  milli_ = have - 1000;
  at_ = now;
  return true;
}

bool AddressLimits::Allowance::full(std::uint32_t per_s, base::Instant now) const {
  return saved(per_s, now) == std::uint64_t{per_s} * 1000 * kSavedSeconds;
}

void AddressLimits::forget_idle(base::Instant now) {
  cleaned_ = now;
  std::erase_if(entries_, [&](const auto& each) {
    const Handle& entry = each.second;
    return entry.use_count() == 1 && entry->requests.full(options_.requests_per_s, now) &&
           entry->messages.full(options_.messages_per_s, now);
  });
}

AddressLimits::Handle AddressLimits::find(const IpAddress& address, base::Instant now) {
  if (!options_.loopback && address.is_loopback()) return nullptr;
  if (now - cleaned_ > kCleanPeriod) forget_idle(now);
  const IpAddress key = limit_key(address);
  const auto known = entries_.find(key);
  if (known != entries_.end()) return known->second;
  if (entries_.size() >= options_.entries_max) return others_;
  return entries_.emplace(key, std::make_shared<Entry>()).first->second;
}

bool AddressLimits::connect(const Handle& entry) {
  if (entry == nullptr) return true;
  if (options_.connections != 0 && entry->connections >= options_.connections) {
    ++limited_.connections;
    return false;
  }
  ++entry->connections;
  return true;
}

bool AddressLimits::open_websocket(const Handle& entry) {
  if (entry == nullptr) return true;
  if (options_.websockets != 0 && entry->websockets >= options_.websockets) {
    ++limited_.websockets;
    return false;
  }
  ++entry->websockets;
  return true;
}

bool AddressLimits::request(const Handle& entry, base::Instant now) {
  if (entry == nullptr || options_.requests_per_s == 0) return true;
  if (entry->requests.take(options_.requests_per_s, now)) return true;
  ++limited_.requests;
  return false;
}

bool AddressLimits::message(const Handle& entry, base::Instant now) {
  if (entry == nullptr || options_.messages_per_s == 0) return true;
  if (entry->messages.take(options_.messages_per_s, now)) return true;
  ++limited_.messages;
  return false;
}

void AddressLimits::disconnect(const Handle& entry) {
  if (entry == nullptr) return;
  SKEP_ASSERT(entry->connections > 0);
  --entry->connections;
}

void AddressLimits::close_websocket(const Handle& entry) {
  if (entry == nullptr) return;
  SKEP_ASSERT(entry->websockets > 0);
  --entry->websockets;
}

}  // namespace skep::net
