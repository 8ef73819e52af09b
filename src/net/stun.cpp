#include "net/stun.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <functional>
#include <random>

#include "net/http_url.hpp"

namespace skep::net {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using base::Byte;
using base::Errc;
using base::fail;
using ErrorCode = boost::system::error_code;

constexpr std::array<Byte, 4> kCookie = {0x21, 0x12, 0xA4, 0x42};
constexpr std::size_t kHeader = 20;
constexpr std::uint16_t kSuccess = 0x0101;
constexpr std::uint16_t kXorMappedAddress = 0x0020;
constexpr int kTries = 4;

std::uint16_t u16(base::ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// RFC 8489 section 14.2; `mask` is cookie and transaction id.
base::Result<std::string> address_of(base::ByteView value, base::ByteView mask) {
  if (value.size() < 4) return fail(Errc::truncated, "an address too short");
  const std::size_t size = value[1] == 1 ? 4 : value[1] == 2 ? 16 : 0;
  if (size == 0 || value.size() != 4 + size) return fail(Errc::bad_value, "no such address family");
  const auto port = static_cast<std::uint16_t>(u16(value, 2) ^ 0x2112);
  std::array<unsigned char, 16> octets{};
  for (std::size_t i = 0; i < size; ++i)
    octets[i] = static_cast<unsigned char>(value[4 + i] ^ mask[i]);
  if (size == 4) {
    asio::ip::address_v4::bytes_type four{octets[0], octets[1], octets[2], octets[3]};
    return asio::ip::address_v4(four).to_string() + ":" + std::to_string(port);
  }
  return "[" + asio::ip::address_v6(octets).to_string() + "]:" + std::to_string(port);
}

StunTransaction random_transaction() {
  StunTransaction out;
  std::random_device device;
  for (Byte& byte : out) byte = static_cast<Byte>(device());
  return out;
}

/// Sends and listens until an answer to this request came.
class Probe {
 public:
  Probe(const udp::endpoint& to, base::Duration timeout)
      : to_(to), socket_(context_, to.protocol()), timeout_(timeout) {}

  StunOutcome run() {
    listen();
    const auto step = std::chrono::microseconds(timeout_.us / kTries);
    const base::Bytes request = encode_stun_request(id_);
    for (int i = 0; i < kTries && out_.address.empty(); ++i) {
      ErrorCode error;
      socket_.send_to(asio::buffer(request.data(), request.size()), to_, 0, error);
      if (error) return {"", "UDP cannot be sent: " + error.message()};
      context_.restart();
      const auto until = std::chrono::steady_clock::now() + step;
      while (out_.address.empty() && context_.run_one_until(until) > 0) continue;
    }
    if (out_.address.empty() && out_.sentence.empty()) out_.sentence = "no answer over UDP";
    return out_;
  }

 private:
  void listen() {
    socket_.async_receive_from(
        asio::buffer(buffer_), from_, [this](ErrorCode error, std::size_t size) {
          if (!error && from_ == to_) {
            const auto address = decode_stun_response(base::ByteView(buffer_).first(size), id_);
            if (address) {
              out_.address = *address;
              return;
            }
            out_.sentence = std::string("not a STUN answer: ") + address.error().what;
          }
          if (!error || error == asio::error::connection_refused) listen();
        });
  }

  udp::endpoint to_;
  asio::io_context context_{1};
  udp::socket socket_;
  base::Duration timeout_;
  const StunTransaction id_ = random_transaction();
  udp::endpoint from_;
  std::array<Byte, kStunMessageMax> buffer_;
  StunOutcome out_;
};

}  // namespace

base::Bytes encode_stun_request(const StunTransaction& id) {
  base::Bytes out = {0x00, 0x01, 0x00, 0x00};
  out.insert(out.end(), kCookie.begin(), kCookie.end());
  out.insert(out.end(), id.begin(), id.end());
  return out;
}

base::Result<std::string> decode_stun_response(base::ByteView message, const StunTransaction& id) {
  if (message.size() < kHeader) return fail(Errc::truncated, "shorter than a header");
  if (!std::equal(kCookie.begin(), kCookie.end(), message.begin() + 4))
    return fail(Errc::bad_syntax, "no magic cookie");
  if (!std::equal(id.begin(), id.end(), message.begin() + 8))
    return fail(Errc::bad_value, "an answer to something else");
  if (u16(message, 0) != kSuccess) return fail(Errc::bad_value, "not a success response");
  if (u16(message, 2) != message.size() - kHeader || message.size() % 4 != 0)
    return fail(Errc::bad_syntax, "a wrong length");
  for (std::size_t at = kHeader; at + 4 <= message.size();) {
    const std::size_t size = u16(message, at + 2);
    if (size > message.size() - at - 4) return fail(Errc::truncated, "an attribute is cut");
    if (u16(message, at) == kXorMappedAddress)
      return address_of(message.subspan(at + 4, size), message.subspan(4, 16));
    at += 4 + (size + 3) / 4 * 4;
  }
  return fail(Errc::missing_field, "no mapped address");
}

base::Result<IceServer> parse_ice_url(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == url.npos) return fail(Errc::bad_syntax, "not an ICE URL");
  const std::string_view scheme = url.substr(0, colon);
  if (scheme != "stun" && scheme != "turn" && scheme != "turns" && scheme != "stuns")
    return fail(Errc::unsupported, "neither stun: nor turn:");
  const std::string_view rest = url.substr(colon + 1, url.find('?') - colon - 1);
  const bool has_port =
      rest.find("]:") != rest.npos || (rest.find(':') != rest.npos && rest.find('[') == rest.npos);
  const bool secure = scheme == "turns" || scheme == "stuns";
  SKEP_TRY(const HttpUrl read, parse_http_url("http://" + std::string(rest) +
                                              (has_port ? ""
                                               : secure ? ":5349"
                                                        : ":3478") +
                                              "/"));
  return IceServer{secure ? "turns" : std::string(scheme), read.host, read.port};
}

StunOutcome probe_stun(const IceServer& server, base::Duration timeout) {
  ErrorCode error;
  asio::io_context context(1);
  udp::resolver resolver(context);
  const auto found = resolver.resolve(server.host, std::to_string(server.port), error);
  if (error || found.empty()) return {"", server.host + ": " + error.message()};
  return Probe(*found.begin(), timeout).run();
}

}  // namespace skep::net
