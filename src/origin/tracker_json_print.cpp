// tracker_json_print.cpp: responses as JSON. Written by hand: six fixed shapes, one pass, one
// buffer.
#include <array>
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

/// Each octet as it stands in a JSON string: U+0000-U+00FF in UTF-8, escaped where it must be.
struct PrintedOctet {
  std::array<char, 7> text{};
  std::uint8_t size = 0;
};
constexpr auto kPrintedOctets = [] {
  std::array<PrintedOctet, 256> out{};
  for (unsigned octet = 0; octet < 256; ++octet) {
    PrintedOctet& to = out[octet];
    const auto put = [&to](unsigned c) { to.text[to.size++] = static_cast<char>(c); };
    if (octet >= 0x80) {
      put(0xc0 | (octet >> 6));
      put(0x80 | (octet & 0x3f));
    } else if (octet == '"' || octet == '\\') {
      put('\\');
      put(octet);
    } else if (octet == '\r' || octet == '\n') {
      put('\\');
      put(octet == '\r' ? 'r' : 'n');
    } else if (octet < 0x20) {
      for (const char c : {'\\', 'u', '0', '0'}) put(static_cast<unsigned char>(c));
      put(static_cast<unsigned char>(kHexDigits[octet >> 4]));
      put(static_cast<unsigned char>(kHexDigits[octet & 0xf]));
    } else {
      put(octet);
    }
  }
  return out;
}();
constexpr std::size_t kPrintedOctetMax = 6;

struct Printer {
  std::string& out;
  std::span<const std::string> ice_urls;

  void raw(std::string_view text) { out += text; }
  void number(std::uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
  }
  /// Valid UTF-8, to be escaped.
  void text(std::string_view value) {
    out += '"';
    print_json_text(out, value);
    out += '"';
  }
  /// A session description, as it was read.
  void description(std::string_view type, std::string_view sdp) {
    raw(R"({"type":")");
    raw(type);
    raw(R"(","sdp":")");
    raw(sdp);
    raw(R"("}})");
  }
  /// Octets as U+0000-U+00FF.
  template <std::size_t Size>
  void binary(std::span<const base::Byte, Size> octets) {
    std::array<char, Size * kPrintedOctetMax + sizeof(PrintedOctet) + 2> text;
    char* at = text.data();
    *at++ = '"';
    for (const base::Byte octet : octets) {
      const PrintedOctet& printed = kPrintedOctets[octet];
      std::memcpy(at, printed.text.data(), printed.text.size());
      at += printed.size;
    }
    *at++ = '"';
    out.append(text.data(), at);
  }
  template <class Id>
  void id(const Id& value) {
    binary(std::span<const base::Byte, Id::kSize>(value.bytes));
  }
  void announce_head(const crypto::ShortHash& info_hash) {
    raw(R"({"action":"announce","info_hash":)");
    id(info_hash);
  }
  // Head of what is relayed: everything but the description.
  void relayed(const crypto::ShortHash& info_hash, const crypto::PeerId& from,
               const wire::OfferId& offer_id) {
    announce_head(info_hash);
    raw(R"(,"peer_id":)");
    id(from);
    raw(R"(,"offer_id":)");
    id(offer_id);
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
      id(list[i].peer_id);
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
    relayed(m.info_hash, m.peer_id, m.offer.id);
    raw(R"(,"offer":)");
    description("offer", m.offer.sdp);
  }
  void operator()(const wire::AnswerPush& m) {
    relayed(m.info_hash, m.peer_id, m.offer_id);
    raw(R"(,"answer":)");
    description("answer", m.sdp);
  }
  void operator()(const wire::CandidatePush& m) {
    relayed(m.info_hash, m.peer_id, m.offer_id);
    raw(R"(,"candidate":)");
    description("candidate", m.sdp);
  }
  void operator()(const wire::GonePush& m) {
    announce_head(m.info_hash);
    raw(R"(,"skep":{"gone":)");
    id(m.peer_id);
    raw(R"(,"offer_id":)");
    id(m.offer_id);
    raw("}}");
  }
  void operator()(const wire::ScrapeReply& m) {
    raw(R"({"action":"scrape","files":{)");
    for (std::size_t i = 0; i < m.swarms.size(); ++i) {
      if (i != 0) raw(",");
      id(m.swarms[i].info_hash);
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
      id(*m.info_hash);
    }
    raw("}");
  }
};

}  // namespace

/// Copied in runs up to the next character that JSON wants escaped (RFC 8259 section 7).
void print_json_text(std::string& to, std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = plain_run(text);
    to.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const PrintedOctet& printed = kPrintedOctets[static_cast<unsigned char>(text.front())];
    to.append(printed.text.data(), printed.size);
    text.remove_prefix(1);
  }
}

void print_tracker_response(std::string& to, const wire::TrackerResponse& response,
                            std::span<const std::string> ice_urls) {
  std::visit(Printer{to, ice_urls}, response);
}

}  // namespace skep::origin
