#include "origin/tracker_json.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace skep::origin {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

// ------------------------------------------------------------------------------------- reading

Errc errc_of(simdjson::error_code code) {
  if (code == simdjson::DEPTH_ERROR) return Errc::depth_exceeded;
  if (code == simdjson::CAPACITY) return Errc::limit_exceeded;
  return Errc::bad_syntax;
}

// A key's value; a null counts as absent (JSON has no Infinity: stock clients send null).
std::optional<element> find(object from, std::string_view key) {
  element value;
  if (from.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

Result<element> require(object from, std::string_view key, const char* missing) {
  const auto value = find(from, key);
  if (!value) return fail(Errc::missing_field, missing);
  return *value;
}

Result<std::string_view> text_of(element value, const char* what) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return fail(Errc::wrong_type, what);
  return text;
}

Result<object> object_of(element value, const char* what) {
  object out;
  if (value.get(out) != simdjson::SUCCESS) return fail(Errc::wrong_type, what);
  return out;
}

// A number that is absent or null leaves `out` alone; one above its field's range is cut to it.
template <class Int>
base::Status read_number(object from, std::string_view key, Int& out) {
  const auto value = find(from, key);
  if (!value) return base::ok();
  std::uint64_t number = 0;
  const auto code = value->get(number);
  if (code == simdjson::NUMBER_OUT_OF_RANGE) return fail(Errc::out_of_range, "negative number");
  if (code != simdjson::SUCCESS) return fail(Errc::wrong_type, "not a whole number");
  out = static_cast<Int>(std::min<std::uint64_t>(number, std::numeric_limits<Int>::max()));
  return base::ok();
}

// `text` is valid UTF-8 (simdjson checked it). U+0080-U+00FF are the two-byte sequences that start
// with C2 or C3.
template <class Id>
Result<Id> binary(element value) {
  SKEP_TRY(const std::string_view text, text_of(value, "a hash or id is not a string"));
  Id id;
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i, ++count) {
    auto octet = static_cast<unsigned char>(text[i]);
    if (count == Id::kSize || octet > 0xc3)
      return fail(Errc::bad_value, "a hash or id is 20 characters up to U+00FF");
    if (octet >= 0xc2) {
      const auto low = static_cast<unsigned char>(text[++i]);
      octet = static_cast<unsigned char>(((octet & 0x03) << 6) | (low & 0x3f));
    }
    id.bytes[count] = octet;
  }
  if (count != Id::kSize)
    return fail(Errc::bad_value, "a hash or id is 20 characters up to U+00FF");
  return id;
}

template <class Id>
Result<Id> binary(object from, std::string_view key, const char* missing) {
  SKEP_TRY(const element value, require(from, key, missing));
  return binary<Id>(value);
}

// {"type": type, "sdp": …}
Result<std::string> session_description(element value, std::string_view type) {
  SKEP_TRY(const object description, object_of(value, "an offer or answer is not an object"));
  SKEP_TRY(const element type_value, require(description, "type", "offer or answer without type"));
  SKEP_TRY(const std::string_view type_text, text_of(type_value, "type is not a string"));
  if (type_text != type) return fail(Errc::bad_value, "not the right type of session description");
  SKEP_TRY(const element sdp_value, require(description, "sdp", "offer or answer without sdp"));
  SKEP_TRY(const std::string_view sdp, text_of(sdp_value, "sdp is not a string"));
  if (sdp.size() > wire::kSdpSizeMax) return fail(Errc::limit_exceeded, "sdp too long");
  return std::string(sdp);
}

// The members "offer" and "offer_id" of an announce, or of one entry of its `offers`.
Result<wire::Offer> read_offer(object from) {
  wire::Offer offer;
  SKEP_TRY(offer.id, binary<wire::OfferId>(from, "offer_id", "offer without offer_id"));
  SKEP_TRY(const element description, require(from, "offer", "offer_id without offer"));
  SKEP_TRY(offer.sdp, session_description(description, "offer"));
  return offer;
}

Result<std::vector<wire::Offer>> read_offers(element value) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return fail(Errc::wrong_type, "offers is not a list");
  std::vector<wire::Offer> offers;
  for (const element each : list) {
    if (offers.size() == wire::kOffersMax) break;
    SKEP_TRY(const object entry, object_of(each, "an entry of offers is not an object"));
    SKEP_TRY(wire::Offer offer, read_offer(entry));
    offers.push_back(std::move(offer));
  }
  return offers;
}

Result<wire::TrackerEvent> read_event(object from) {
  const auto value = find(from, "event");
  if (!value) return wire::TrackerEvent::none;
  SKEP_TRY(const std::string_view event, text_of(*value, "event is not a string"));
  if (event == "started") return wire::TrackerEvent::started;
  if (event == "completed") return wire::TrackerEvent::completed;
  if (event == "stopped") return wire::TrackerEvent::stopped;
  if (event == "update" || event == "paused" || event.empty()) return wire::TrackerEvent::none;
  return fail(Errc::bad_value, "unknown event");
}

Result<wire::TrackerRequest> read_plain_announce(object root, wire::AnnounceRequest out) {
  SKEP_CHECK(read_number(root, "uploaded", out.uploaded));
  SKEP_CHECK(read_number(root, "downloaded", out.downloaded));
  SKEP_CHECK(read_number(root, "left", out.left));
  if (find(root, "numwant")) SKEP_CHECK(read_number(root, "numwant", out.numwant.emplace()));
  SKEP_TRY(out.event, read_event(root));
  if (const auto offers = find(root, "offers")) {
    SKEP_TRY(out.offers, read_offers(*offers));
  }
  if (const auto ours = find(root, "skep")) {
    SKEP_TRY(const object skep, object_of(*ours, "skep is not an object"));
    SKEP_CHECK(read_number(skep, "candidates", out.candidates_wanted.emplace(0)));
  }
  return wire::TrackerRequest(std::move(out));
}

Result<wire::TrackerRequest> read_announce(object root) {
  wire::AnnounceRequest common;
  SKEP_TRY(common.info_hash, binary<crypto::ShortHash>(root, "info_hash", "no info_hash"));
  SKEP_TRY(common.peer_id, binary<crypto::PeerId>(root, "peer_id", "no peer_id"));
  const auto answer = find(root, "answer");
  if (!answer && !find(root, "to_peer_id")) return read_plain_announce(root, std::move(common));

  SKEP_TRY(const auto to, binary<crypto::PeerId>(root, "to_peer_id", "answer without to_peer_id"));
  if (!answer) {
    SKEP_TRY(wire::Offer offer, read_offer(root));
    return wire::TrackerRequest(
        wire::TargetedOffer{common.info_hash, common.peer_id, to, std::move(offer)});
  }
  SKEP_TRY(const auto id, binary<wire::OfferId>(root, "offer_id", "answer without offer_id"));
  SKEP_TRY(std::string sdp, session_description(*answer, "answer"));
  return wire::TrackerRequest(
      wire::AnswerRequest{common.info_hash, common.peer_id, to, id, std::move(sdp)});
}

Result<wire::TrackerRequest> read_scrape(object root) {
  wire::ScrapeRequest out;
  const auto value = find(root, "info_hash");
  if (!value) return wire::TrackerRequest(std::move(out));
  simdjson::dom::array list;
  if (value->get(list) != simdjson::SUCCESS) {
    SKEP_TRY(const auto one, binary<crypto::ShortHash>(*value));
    out.info_hashes.push_back(one);
    return wire::TrackerRequest(std::move(out));
  }
  for (const element each : list) {
    if (out.info_hashes.size() == wire::kScrapeHashesMax) break;
    SKEP_TRY(const auto one, binary<crypto::ShortHash>(each));
    out.info_hashes.push_back(one);
  }
  return wire::TrackerRequest(std::move(out));
}

}  // namespace

TrackerJsonParser::TrackerJsonParser() : parser_(wire::kTrackerMessageMax) {
  const auto code = parser_.allocate(wire::kTrackerMessageMax, wire::kTrackerDepthMax);
  SKEP_ASSERT(code == simdjson::SUCCESS);
}

Result<wire::TrackerRequest> TrackerJsonParser::parse(std::string_view text) {
  if (text.size() > wire::kTrackerMessageMax) return fail(Errc::limit_exceeded, "message too long");
  element document;
  const auto code = parser_.parse(text.data(), text.size()).get(document);
  if (code != simdjson::SUCCESS) {
    const Errc errc = errc_of(code);
    return fail(errc, errc == Errc::depth_exceeded ? "message too deeply nested" : "not JSON");
  }
  SKEP_TRY(const object root, object_of(document, "message is not an object"));
  SKEP_TRY(const element action_value, require(root, "action", "message without action"));
  SKEP_TRY(const std::string_view action, text_of(action_value, "action is not a string"));
  if (action == "announce") return read_announce(root);
  if (action == "scrape") return read_scrape(root);
  return fail(Errc::bad_value, "unknown action");
}

}  // namespace skep::origin
