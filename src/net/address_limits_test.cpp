#include "net/address_limits.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace skep::net {
namespace {

IpAddress ip(std::string_view text) { return *parse_ip_address(text); }
constexpr base::Instant kStart{1'000'000'000};

TEST(AddressLimits, CountsConnectionsOfAnAddressTogether) {
  AddressLimits limits({.connections = 2, .websockets = 1});
  const auto one = limits.find(ip("192.0.2.1"), kStart);
  EXPECT_TRUE(limits.connect(one));
  EXPECT_TRUE(limits.connect(limits.find(ip("192.0.2.1"), kStart)));
  EXPECT_FALSE(limits.connect(one));
  EXPECT_TRUE(limits.connect(limits.find(ip("192.0.2.2"), kStart))) << "another address";
  AddressLimits::disconnect(one);
  EXPECT_TRUE(limits.connect(one));
  EXPECT_TRUE(limits.open_websocket(one));
  EXPECT_FALSE(limits.open_websocket(one));
  AddressLimits::close_websocket(one);
  EXPECT_TRUE(limits.open_websocket(one));
  EXPECT_EQ(limits.limited().connections, 1u);
  EXPECT_EQ(limits.limited().websockets, 1u);
}

TEST(AddressLimits, RatesHaveFiveSecondsOfSavings) {
  AddressLimits limits({.requests_per_s = 10});
  const auto one = limits.find(ip("2001:db8::1"), kStart);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(limits.request(one, kStart));
  EXPECT_FALSE(limits.request(limits.find(ip("2001:db8::2"), kStart), kStart)) << "the same /64";
  const base::Instant later = kStart + base::seconds(1);
  int allowed = 0;
  for (int i = 0; i < 50; ++i) allowed += limits.request(one, later) ? 1 : 0;
  EXPECT_EQ(allowed, 10);
  // Who keeps asking does not starve: time between refusals is not lost.
  int slowly = 0;
  for (int i = 1; i <= 1000; ++i)
    slowly += limits.request(one, later + base::milliseconds(i)) ? 1 : 0;
  EXPECT_EQ(slowly, 10);
}

TEST(AddressLimits, LoopbackHasNoneUnlessAskedFor) {
  AddressLimits limits({.connections = 1});
  EXPECT_EQ(limits.find(ip("127.0.0.1"), kStart), nullptr);
  EXPECT_TRUE(limits.connect(nullptr));
  AddressLimits strict({.connections = 1, .loopback = true});
  EXPECT_NE(strict.find(ip("::1"), kStart), nullptr);
}

TEST(AddressLimits, TheTableIsBoundedAndForgets) {
  AddressLimits limits({.connections = 3, .entries_max = 100});
  std::vector<AddressLimits::Handle> held;
  for (int i = 0; i < 100; ++i)
    held.push_back(limits.find(ip("10.0.0." + std::to_string(i)), kStart));
  const auto crowd = limits.find(ip("10.1.0.1"), kStart);
  EXPECT_EQ(limits.find(ip("10.1.0.2"), kStart), crowd) << "all others share";
  EXPECT_EQ(limits.size(), 100u);
  for (int i = 0; i < 99; ++i) held.pop_back();
  EXPECT_NE(limits.find(ip("10.1.0.3"), kStart + base::seconds(20)), crowd);
  EXPECT_EQ(limits.size(), 2u) << "the one that is held, and the new one";
}

}  // namespace
}  // namespace skep::net
