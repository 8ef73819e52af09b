#include "net/client_address.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace skep::net {
namespace {

IpAddress ip(std::string_view text) { return *parse_ip_address(text); }

TEST(ClientAddress, ReadsAddressesWithBracketsAndPorts) {
  EXPECT_EQ(print_ip_address(ip("192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(print_ip_address(ip(" 192.0.2.1:8080 ")), "192.0.2.1");
  EXPECT_EQ(print_ip_address(ip("[2001:db8::1]:443")), "2001:db8::1");
  EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
  EXPECT_TRUE(ip("127.9.9.9").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("2001::1").is_loopback());
  for (const char* bad :
       {"", "unknown", "1.2.3", "1.2.3.4.5", "[::1", "_hidden", "1.2.3.4,5.6.7.8"})
    EXPECT_FALSE(parse_ip_address(bad)) << bad;
}

TEST(ClientAddress, NetworksContainWhatTheyShould) {
  struct Row {
    const char* network;
    const char* address;
    bool inside;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.1.2.3", "10.1.2.3", true},
      {"10.1.2.3", "10.1.2.4", false},
      {"192.0.2.128/25", "192.0.2.129", true},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"2001:db8::/32", "2001:db8:5::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::/0", "203.0.113.9", true},
  };
  for (const Row& row : rows)
    EXPECT_EQ(parse_network(row.network)->contains(ip(row.address)), row.inside)
        << row.network << " " << row.address;
  for (const char* bad :
       {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "x/8", "1.2.3.4/8x"})
    EXPECT_FALSE(parse_network(bad)) << bad;
}

TEST(ClientAddress, OnlyWhatATrustedProxySaysCounts) {
  const std::vector<Network> trusted = {*parse_network("127.0.0.1"), *parse_network("10.0.0.0/8")};
  struct Row {
    const char* peer;
    const char* forwarded;
    const char* client;
  };
  const Row rows[] = {
      {"198.51.100.1", "203.0.113.9", "198.51.100.1"},  // a stranger may write what it likes
      {"127.0.0.1", "", "127.0.0.1"},
      {"127.0.0.1", "203.0.113.9", "203.0.113.9"},
      {"127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"},  // the left one is the client's own lie
      {"127.0.0.1", "203.0.113.9, 10.2.3.4", "203.0.113.9"},
      {"127.0.0.1", "203.0.113.9,10.2.3.4 , 10.9.9.9", "203.0.113.9"},
      {"127.0.0.1", "10.2.3.4", "10.2.3.4"},
      {"127.0.0.1", "unknown", "127.0.0.1"},
      {"127.0.0.1", "203.0.113.9, unknown", "127.0.0.1"},
      {"127.0.0.1", "[2001:db8::7]:5000", "2001:db8::7"},
      {"127.0.0.1", ",,", "127.0.0.1"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(print_ip_address(client_of(ip(row.peer), row.forwarded, trusted)), row.client)
        << row.peer << " [" << row.forwarded << "]";
  std::string chain = "203.0.113.9";
  for (std::size_t i = 0; i < kForwardedHopsMax + 10; ++i) chain += ", 10.0.0.1";
  EXPECT_EQ(print_ip_address(client_of(ip("127.0.0.1"), chain, trusted)), "10.0.0.1") << "bounded";
}

TEST(ClientAddress, LimitsAreForOneV4AddressAndForOneV6Network) {
  EXPECT_EQ(limit_key(ip("2001:db8:1:2::3")), limit_key(ip("2001:db8:1:2:ffff::9")));
  EXPECT_NE(limit_key(ip("2001:db8:1:2::3")), limit_key(ip("2001:db8:1:3::3")));
  EXPECT_NE(limit_key(ip("192.0.2.1")), limit_key(ip("192.0.2.2")));
}

}  // namespace
}  // namespace skep::net
