// tracker_json_print.cpp: responses as JSON. Written by hand: six fixed shapes, one pass, one
// buffer.
#include <charconv>
#include <cstring>

#include "origin/tracker_json.hpp"

namespace skep::origin {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

/// Bytes before the first one that JSON wants escaped, eight at a time: session descriptions are
/// most of what a tracker prints.
std::size_t plain_run(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const auto zero_byte = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHigh;
    if ((below_space | zero_byte(word ^ (kOnes * '"')) | zero_byte(word ^ (kOnes * '\\'))) != 0)
      break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != '"' &&
         text[at] != '\\')
    ++at;
  return at;
}

struct Printer {
  std::string out;
  std::span<const std::string> ice_urls;

  void raw(std::string_view text) { out += text; }
  void number(std::uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
  }
  // One character below U+0080: controls, quote and backslash are escaped (RFC 8259 section 7).
  void ascii(char c) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      out += c;
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += "\\u00";
      out += kHexDigits[static_cast<unsigned char>(c) >> 4];
      out += kHexDigits[static_cast<unsigned char>(c) & 0xf];
    }
  }
  // Valid UTF-8; whatever is not ASCII stays as it is. Copied in runs up to the next escape.
  void text(std::string_view value) {
    out += '"';
    while (!value.empty()) {
      const std::size_t plain = plain_run(value);
      out.append(value.substr(0, plain));
      value.remove_prefix(plain);
      if (value.empty()) break;
      ascii(value.front());
      value.remove_prefix(1);
    }
    out += '"';
  }
  // Octets as U+0000-U+00FF.
  void binary(base::ByteView octets) {
    out += '"';
    for (const base::Byte octet : octets) {
      if (octet < 0x80) {
        ascii(static_cast<char>(octet));
      } else {
        out += static_cast<char>(0xc0 | (octet >> 6));
        out += static_cast<char>(0x80 | (octet & 0x3f));
      }
    }
    out += '"';
  }
  void announce_head(const crypto::ShortHash& info_hash) {
    raw(R"({"action":"announce","info_hash":)");
    binary(info_hash.view());
  }
  // Head of a relayed offer or answer: everything but the description.
  void relayed(const crypto::ShortHash& info_hash, const crypto::PeerId& from,
               const wire::OfferId& offer_id) {
    announce_head(info_hash);
    raw(R"(,"peer_id":)");
    binary(from.view());
    raw(R"(,"offer_id":)");
    binary(offer_id.view());
  }

  void operator()(const wire::AnnounceReply& m) {
    announce_head(m.info_hash);
    raw(R"(,"interval":)");
    number(m.interval_s);
    raw(R"(,"complete":)");
    number(m.complete);
    raw(R"(,"incomplete":)");
    number(m.incomplete);
    if (m.candidates) candidates(*m.candidates);
    raw("}");
  }
  void candidates(const std::vector<wire::Candidate>& list) {
    raw(R"(,"skep":{"candidates":[)");
    for (std::size_t i = 0; i < list.size(); ++i) {
      raw(i == 0 ? R"({"peer_id":)" : R"(,{"peer_id":)");
      binary(list[i].peer_id.view());
      raw(list[i].seeding ? R"(,"seeding":true})" : R"(,"seeding":false})");
    }
    raw("]");
    for (std::size_t i = 0; i < ice_urls.size(); ++i) {
      raw(i == 0 ? R"(,"ice":[)" : ",");
      text(ice_urls[i]);
    }
    raw(ice_urls.empty() ? "}" : "]}");
  }
  void operator()(const wire::OfferPush& m) {
    out.reserve(m.offer.sdp.size() + 512);
    relayed(m.info_hash, m.peer_id, m.offer.id);
    raw(R"(,"offer":{"type":"offer","sdp":)");
    text(m.offer.sdp);
    raw("}}");
  }
  void operator()(const wire::AnswerPush& m) {
    out.reserve(m.sdp.size() + 512);
    relayed(m.info_hash, m.peer_id, m.offer_id);
    raw(R"(,"answer":{"type":"answer","sdp":)");
    text(m.sdp);
    raw("}}");
  }
  void operator()(const wire::GonePush& m) {
    announce_head(m.info_hash);
    raw(R"(,"skep":{"gone":)");
    binary(m.peer_id.view());
    raw(R"(,"offer_id":)");
    binary(m.offer_id.view());
    raw("}}");
  }
  void operator()(const wire::ScrapeReply& m) {
    raw(R"({"action":"scrape","files":{)");
    for (std::size_t i = 0; i < m.swarms.size(); ++i) {
      if (i != 0) raw(",");
      binary(m.swarms[i].info_hash.view());
      raw(R"(:{"complete":)");
      number(m.swarms[i].complete);
      raw(R"(,"incomplete":)");
      number(m.swarms[i].incomplete);
      raw(R"(,"downloaded":)");
      number(m.swarms[i].downloaded);
      raw("}");
    }
    raw("}}");
  }
  void operator()(const wire::FailureReply& m) {
    raw(R"({"failure reason":)");
    text(m.reason);
    if (m.info_hash) {
      const bool scrape = m.action == wire::FailureReply::Action::scrape;
      raw(scrape ? R"(,"action":"scrape","info_hash":)" : R"(,"action":"announce","info_hash":)");
      binary(m.info_hash->view());
    }
    raw("}");
  }
};

}  // namespace

std::string print_tracker_response(const wire::TrackerResponse& response,
                                   std::span<const std::string> ice_urls) {
  Printer printer{{}, ice_urls};
  std::visit(printer, response);
  return std::move(printer.out);
}

}  // namespace skep::origin
