/// serve.hpp: `skep serve`: a publication, its tracker and what belongs to them, on one port.
/// CONTRACT  serve() returns after a graceful stop (SIGINT, SIGTERM). It throws std::exception with
///           one clear sentence when it cannot start.
/// SPEC      docs/serve.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/address_limits.hpp"

namespace skep::origin {

struct ServeOptions {
  std::string version;
  std::string root;  ///< a publication, or a site to publish on the fly; empty: a tracker only
  std::string address = "localhost";
  std::uint16_t port = 8080;
  double rate_mbit = 0;          ///< 10^6 bits per second of all answers together; 0: no limit
  std::vector<std::string> ice;  ///< stun: and turn: URLs for browsers
  std::vector<std::string> allow_keys;  ///< public keys (hex) whose swarms the tracker serves, too
  std::string key_file;                 ///< set: renew the pointer with this key
  std::string access_log;               ///< a file, "-" for standard output, "" for none
  std::size_t connections_max = 10'000;
  std::string admin_token_file;  ///< set: the admin page is there, behind this file's token
  bool admin = false;            ///< it is there, behind a token that is made and printed at start
  bool quiet = false;
  std::string tls_cert;  ///< PEM files; both or none
  std::string tls_key;
  std::uint16_t redirect_port = 0;  ///< 0: none
  std::string metrics_address;      ///< "127.0.0.1:9100"; empty: /metrics on the main port, for us
  std::vector<std::string> trusted_proxies;  ///< addresses and networks
  std::string log_format = "text";
  std::string log_level = "info";
  net::AddressLimitOptions limits;
  std::uint32_t tracker_quota = 1;  ///< times what one tracker connection may do
};

void serve(const ServeOptions& options);

}  // namespace skep::origin
