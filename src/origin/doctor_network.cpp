// The doctor's look at the tracker and at UDP.
#include <openssl/evp.h>

#include <nlohmann/json.hpp>
#include <random>

#include "net/stun.hpp"
#include "origin/doctor_findings.hpp"

namespace skep::origin {
namespace {

using nlohmann::json;

/// Binary strings of the tracker protocol: each octet is the code point of its value.
std::string as_code_points(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::string base64(const std::string& bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string random_peer_id() {
  std::string out = "-SK0100-";
  std::random_device device;
  while (out.size() < 20) out += static_cast<char>('a' + device() % 26);
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n,"), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

class Network {
 public:
  Network(const DoctorOptions& options, const ScriptTag& tag, const SwarmFacts& swarm, Findings& to)
      : options_(options), tag_(tag), swarm_(swarm), to_(to), ice_(words_of(tag.ice)) {}

  void run() {
    if (swarm_.known && !swarm_.info_hash.empty()) tracker();
    stun();
  }

 private:
  /// As the engine's worker chooses it.
  net::HttpUrl tracker_url() const {
    net::HttpUrl own =
        net::parse_reference(tag_.base, ".well-known/skep/tracker").value_or(tag_.base);
    own.scheme = own.tls() ? "wss" : "ws";
    for (const std::string& text : {tag_.tracker, swarm_.announce})
      if (const auto url = net::parse_http_url(text); url && url->scheme.starts_with("ws"))
        return *url;
    return own;
  }

  std::string announce() const {
    json message = {{"action", "announce"},
                    {"info_hash", as_code_points(swarm_.info_hash)},
                    {"peer_id", random_peer_id()},
                    {"numwant", 0},
                    {"left", 1},
                    {"event", "started"},
                    {"skep", {{"candidates", 1}, {"pointer", base64(swarm_.pointer)}}}};
    return message.dump();
  }

  void tracker() {
    const net::HttpUrl url = tracker_url();
    if (tag_.base.tls() && !url.tls() && !url.loopback())
      return to_.problem("tracker-insecure", url.text());
    net::WebSocketAsk ask;
    ask.send = {announce()};
    ask.timeout = options_.timeout;
    ask.ca_file = options_.ca_file;
    ask.origin = tag_.base.origin();
    json reply;
    ask.done = [&](std::string_view text) {
      json message = json::parse(text, nullptr, false);
      if (!message.is_object() || message.value("action", json()) != "announce") return false;
      if (!message.contains("interval") && !message.contains("failure reason")) return false;
      reply = std::move(message);
      return true;
    };
    const net::WebSocketAnswer answer = net::talk_websocket(url, ask);
    if (!answer.done)
      return to_.problem("tracker-unreachable", url.text() + ": " + answer.sentence);
    if (reply.contains("failure reason"))
      return to_.problem("tracker-refused",
                         url.text() + ": " +
                             reply["failure reason"]
                                 .dump(-1, ' ', false, json::error_handler_t::replace)
                                 .substr(0, 200));
    introduced(url, reply);
  }

  void introduced(const net::HttpUrl& url, const json& reply) {
    const auto number = [&](const char* key) {
      const auto found = reply.find(key);
      return found != reply.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
    };
    const std::uint64_t others = number("complete") + number("incomplete");
    if (others <= 1)  // ourselves
      to_.note("alone", url.text());
    else
      to_.good("tracker", "The tracker knows " + std::to_string(others - 1) + " other visitors.");
    const json skep = reply.value("skep", json::object());
    if (!skep.is_object() || !skep.contains("ice") || !skep["ice"].is_array()) return;
    for (const json& server : skep["ice"])
      if (server.is_string() && ice_.size() < 16) ice_.push_back(server.get<std::string>());
  }

  void stun() {
    std::string silent;
    std::size_t asked = 0;
    for (const std::string& text : ice_) {
      const auto server = net::parse_ice_url(text);
      if (!server || !server->udp() || asked == kDoctorStunMax) continue;
      ++asked;
      const net::StunOutcome outcome =
          net::probe_stun(*server, base::Duration{options_.timeout.us / 2});
      if (!outcome.address.empty())
        return to_.good("udp", text + " sees us at " + outcome.address + ".");
      silent += (silent.empty() ? "" : "; ") + text.substr(0, 200) + ": " + outcome.sentence;
    }
    if (asked > 0)
      to_.problem("udp-blocked", silent);
    else if (!tag_.base.loopback())
      to_.note("no-stun", "");
  }

  const DoctorOptions& options_;
  const ScriptTag& tag_;
  const SwarmFacts& swarm_;
  Findings& to_;
  std::vector<std::string> ice_;
};

}  // namespace

void examine_network(const DoctorOptions& options, const ScriptTag& tag, const SwarmFacts& swarm,
                     Findings& to) {
  Network(options, tag, swarm, to).run();
}

}  // namespace skep::origin
