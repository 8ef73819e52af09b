#include "torrent/magnet.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "codec/hex.hpp"
#include "codec/url.hpp"
#include "torrent/metainfo.hpp"

namespace skep::torrent {

using base::Bytes;
using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

constexpr std::string_view kScheme = "magnet:?";
constexpr std::string_view kV1 = "urn:btih:";
constexpr std::string_view kV2 = "urn:btmh:";
/// Multihash: function 0x12 (SHA-256), 0x20 octets.
constexpr std::string_view kSha256Multihash = "1220";
constexpr std::size_t kBase32Size = 32;  ///< of 20 octets

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i)
    if (lower(text[i]) != prefix[i]) return false;
  return true;
}

/// RFC 4648 section 6, 32 digits without padding: how older links spell a v1 hash.
Result<Bytes> decode_base32(std::string_view text) {
  Bytes out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const char l = lower(c);
    const bool letter = l >= 'a' && l <= 'z';
    if (!letter && (l < '2' || l > '7'))
      return fail(Errc::bad_syntax, "magnet: a hash is neither hex nor base32");
    held = (held << 5) | static_cast<std::uint32_t>(letter ? l - 'a' : l - '2' + 26);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<base::Byte>(held >> bits));
  }
  return out;
}

template <class Hash>
Status keep_hash(std::optional<Hash>& slot, const Bytes& octets) {
  SKEP_TRY(const Hash hash, Hash::from(octets));
  if (slot && *slot != hash) return fail(Errc::duplicate, "magnet: two hashes of one kind");
  slot = hash;
  return base::ok();
}

Status take_topic(Magnet& out, std::string_view topic) {
  if (starts_with_ignoring_case(topic, kV1)) {
    topic.remove_prefix(kV1.size());
    SKEP_TRY(const Bytes octets,
             topic.size() == kBase32Size ? decode_base32(topic) : codec::decode_hex(topic));
    return keep_hash(out.v1, octets);
  }
  if (!starts_with_ignoring_case(topic, kV2)) return base::ok();  // another network's
  topic.remove_prefix(kV2.size());
  if (!topic.starts_with(kSha256Multihash))
    return fail(Errc::unsupported, "magnet: a multihash that is not SHA-256");
  SKEP_TRY(const Bytes octets, codec::decode_hex(topic.substr(kSha256Multihash.size())));
  return keep_hash(out.v2, octets);
}

Status take_url(std::vector<std::string>& urls, std::string url) {
  if (url.empty()) return base::ok();
  if (urls.size() == kUrlsMax || url.size() > kUrlSizeMax)
    return fail(Errc::limit_exceeded, "magnet: too many or too long URLs");
  urls.push_back(std::move(url));
  return base::ok();
}

void take_peer(std::vector<std::string>& peers, std::string text) {
  if (peers.size() < kUrlsMax && parse_peer_address(text)) peers.push_back(std::move(text));
}

/// "xt.1" counts as "xt": BEP 9 allows numbered parameters.
std::string_view name_of(std::string_view key) { return key.substr(0, key.find('.')); }

Status take_parameter(Magnet& out, std::string_view parameter) {
  const std::size_t equals = std::min(parameter.find('='), parameter.size());
  const std::string_view name = name_of(parameter.substr(0, equals));
  if (equals == parameter.size()) return base::ok();
  std::string raw(parameter.substr(equals + 1));
  for (char& c : raw)
    if (c == '+') c = ' ';  // as HTML forms write a space
  SKEP_TRY(std::string value, codec::percent_decode(raw));
  if (parameter.starts_with("x.pe=")) {
    take_peer(out.peers, std::move(value));
    return base::ok();
  }
  if (name == "xt") return take_topic(out, value);
  if (name == "tr") return take_url(out.trackers, std::move(value));
  if (name == "ws") return take_url(out.web_seeds, std::move(value));
  if (name == "dn" && out.name.empty()) out.name = value.substr(0, base::kPathComponentMax);
  return base::ok();
}

void print_parameter(std::string& out, std::string_view name, std::string_view value) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  out += out.size() > kScheme.size() ? "&" : "";
  out += name;
  out += '=';
  for (const char c : value) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto octet = static_cast<base::Byte>(c);
      out += '%' + codec::encode_hex(base::ByteView(&octet, 1));
    }
  }
}

}  // namespace

Result<PeerAddress> parse_peer_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(Errc::bad_syntax, "an address without a port");
  std::string_view host = text.substr(0, colon);
  const bool v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (v6) host = host.substr(1, host.size() - 2);
  if (host.size() > kHostSizeMax) return fail(Errc::limit_exceeded, "a host name that long");
  const auto allowed = [&](char c) {
    const char l = lower(c);
    const bool plain = (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.';
    return plain || (v6 ? c == ':' : c == '-' || c == '_');
  };
  if (host.empty() || !std::ranges::all_of(host, allowed))
    return fail(Errc::bad_syntax, "no host name or address");
  std::uint32_t port = 0;
  const std::string_view digits = text.substr(colon + 1);
  for (const char c : digits) {
    if (c < '0' || c > '9' || port > UINT16_MAX) return fail(Errc::bad_syntax, "no port");
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (port == 0 || port > UINT16_MAX) return fail(Errc::bad_syntax, "no port");
  return PeerAddress{std::string(host), static_cast<std::uint16_t>(port)};
}

std::string print_peer_address(const PeerAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<Magnet> parse_magnet(std::string_view text) {
  if (text.size() > kMagnetSizeMax) return fail(Errc::limit_exceeded, "magnet: link too long");
  if (!starts_with_ignoring_case(text, kScheme))
    return fail(Errc::bad_syntax, "magnet: does not begin with magnet:?");
  text.remove_prefix(kScheme.size());
  Magnet out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    SKEP_CHECK(take_parameter(out, text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!out.v1 && !out.v2) return fail(Errc::missing_field, "magnet: names no torrent");
  return out;
}

std::string print_magnet(const Magnet& magnet) {
  SKEP_ASSERT(magnet.v1 || magnet.v2);
  std::string out(kScheme);
  // ':' stands as it is in the topic: many clients compare the prefix before they decode.
  if (magnet.v1) out.append("xt=").append(kV1).append(codec::encode_hex(magnet.v1->view()));
  if (magnet.v2) {
    if (magnet.v1) out += '&';
    out.append("xt=").append(kV2).append(kSha256Multihash);
    out.append(codec::encode_hex(magnet.v2->view()));
  }
  if (!magnet.name.empty()) print_parameter(out, "dn", magnet.name);
  for (const std::string& url : magnet.trackers) print_parameter(out, "tr", url);
  for (const std::string& url : magnet.web_seeds) print_parameter(out, "ws", url);
  for (const std::string& peer : magnet.peers) print_parameter(out, "x.pe", peer);
  return out;
}

}  // namespace skep::torrent
