#include "origin/tracker_json.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace skep::origin {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

base::Error not_json() { return fail(Errc::bad_syntax, "not JSON"); }

/// What simdjson says about a value that was expected to be of another type, or is no JSON.
base::Error error_of(simdjson::error_code code, const char* type_sentence) {
  if (code == simdjson::INCORRECT_TYPE) return fail(Errc::wrong_type, type_sentence);
  return not_json();
}

/// A member's key. Nearly none has an escape, and the others need no copy.
simdjson::simdjson_result<std::string_view> key_of(simdjson::ondemand::field& member) {
  const char* begin = member.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;  // the quote is there: the first pass found it
  if (*end == '"') return std::string_view(begin, static_cast<std::size_t>(end - begin));
  return member.unescaped_key();
}

/// Calls `each(key, value)` for every member that is not null (a null counts as absent: JSON has no
/// Infinity, stock clients send null). `each` uses the value up.
template <class Each>
base::Status for_members(object from, Each&& each) {
  for (auto member : from) {
    simdjson::ondemand::field field;
    std::string_view key;
    bool null = false;
    auto code = std::move(member).get(field);
    if (!code) code = key_of(field).get(key);
    if (!code) code = field.value().is_null().get(null);
    if (code) return not_json();
    if (!null) SKEP_CHECK(each(key, field.value()));
  }
  return base::ok();
}

/// Nobody asked for this value, but it has to be JSON, and not too deep. `depth`: levels above it.
base::Status skip(value from, std::size_t depth) {
  const auto judge = [](auto result) -> base::Status {
    if (result.error()) return not_json();
    return base::ok();
  };
  json_type type{};
  if (from.type().get(type)) return not_json();
  switch (type) {
    case json_type::string:
      return judge(from.get_string());
    case json_type::number:
      return judge(from.get_number());
    case json_type::boolean:
      return judge(from.get_bool());
    case json_type::null:
      return not_json();  // a real one was seen in for_members()
    case json_type::array:
    case json_type::object:
      break;
  }
  if (depth == wire::kTrackerDepthMax)
    return fail(Errc::depth_exceeded, "message too deeply nested");
  if (type == json_type::object) {
    object members;
    if (from.get_object().get(members)) return not_json();
    return for_members(members,
                       [depth](std::string_view, value each) { return skip(each, depth + 1); });
  }
  simdjson::ondemand::array list;
  if (from.get_array().get(list)) return not_json();
  for (auto element : list) {
    value each;
    bool null = false;
    auto code = element.get(each);
    if (!code) code = each.is_null().get(null);
    if (code) return not_json();
    if (!null) SKEP_CHECK(skip(each, depth + 1));
  }
  return base::ok();
}

Result<std::string_view> text_of(value from, const char* what) {
  std::string_view text;
  if (const auto code = from.get_string().get(text)) return error_of(code, what);
  return text;
}

Result<object> object_of(value from, const char* what) {
  object out;
  if (const auto code = from.get_object().get(out)) return error_of(code, what);
  return out;
}

/// A number above its field's range is cut to it.
template <class Int>
base::Status read_number(value from, Int& out) {
  json_type type{};
  if (from.type().get(type)) return not_json();
  if (type != json_type::number) return fail(Errc::wrong_type, "not a number");
  simdjson::ondemand::number number;
  if (from.get_number().get(number)) return not_json();
  if (number.is_double()) return fail(Errc::wrong_type, "not a whole number");
  if (number.is_int64() && number.get_int64() < 0)
    return fail(Errc::out_of_range, "negative number");
  const std::uint64_t whole =
      number.is_int64() ? static_cast<std::uint64_t>(number.get_int64()) : number.get_uint64();
  out = static_cast<Int>(std::min<std::uint64_t>(whole, std::numeric_limits<Int>::max()));
  return base::ok();
}

/// `text` is valid UTF-8 (simdjson checked it). U+0080-U+00FF are the two-byte sequences that start
/// with C2 or C3.
template <class Id>
Result<Id> binary(value from) {
  SKEP_TRY(const std::string_view text, text_of(from, "a hash or id is not a string"));
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

/// The escapes in the text of a JSON string; nothing when there are others than those of one
/// letter (RFC 8259 section 7).
std::optional<std::size_t> count_plain_escapes(std::string_view raw) {
  std::size_t count = 0;
  for (std::size_t at = raw.find('\\'); at < raw.size(); ++count) {
    switch (at + 1 < raw.size() ? raw[at + 1] : '\0') {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        break;
      default:
        return std::nullopt;
    }
    at += 2;
    if (at < raw.size() && raw[at] != '\\') at = raw.find('\\', at);  // "\r\n": two in a row
  }
  return count;
}

/// A string as it is written. One with \u escapes is decoded and written again: only then is it
/// known that they make sense.
Result<std::string> raw_text(value from) {
  std::string_view raw = from.raw_json_token();
  raw = raw.substr(0, raw.find_last_not_of(" \t\r\n") + 1);
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"')
    return fail(Errc::wrong_type, "sdp is not a string");
  raw = raw.substr(1, raw.size() - 2);
  std::string out;
  if (const auto escapes = count_plain_escapes(raw)) {
    simdjson::ondemand::raw_json_string used_up;
    if (from.get_raw_json_string().get(used_up)) return not_json();
    if (raw.size() - *escapes > wire::kSdpSizeMax)
      return fail(Errc::limit_exceeded, "sdp too long");
    out = raw;
    return out;
  }
  SKEP_TRY(const std::string_view text, text_of(from, "sdp is not a string"));
  if (text.size() > wire::kSdpSizeMax) return fail(Errc::limit_exceeded, "sdp too long");
  print_json_text(out, text);
  return out;
}

/// {"type": type, "sdp": …}
Result<std::string> session_description(value from, std::string_view type, std::size_t depth) {
  SKEP_TRY(const object description, object_of(from, "an offer or answer is not an object"));
  std::optional<std::string_view> type_text;
  std::optional<std::string> sdp;
  SKEP_CHECK(for_members(description, [&](std::string_view key, value each) -> base::Status {
    if (key == "type") {
      SKEP_TRY(type_text, text_of(each, "type is not a string"));
    } else if (key == "sdp") {
      SKEP_TRY(sdp, raw_text(each));
    } else {
      return skip(each, depth + 1);
    }
    return base::ok();
  }));
  if (!type_text) return fail(Errc::missing_field, "offer or answer without type");
  if (*type_text != type) return fail(Errc::bad_value, "not the right type of session description");
  if (!sdp) return fail(Errc::missing_field, "offer or answer without sdp");
  return std::move(*sdp);
}

/// Everything that any message may say.
struct Message {
  std::optional<std::string_view> action;
  std::optional<crypto::ShortHash> info_hash;
  std::optional<std::vector<crypto::ShortHash>> info_hashes;  ///< when it is a list
  std::optional<crypto::PeerId> peer_id;
  std::optional<crypto::PeerId> to_peer_id;
  std::optional<wire::OfferId> offer_id;
  std::optional<std::string> offer;
  std::optional<std::string> answer;
  std::optional<std::string> candidate;
  wire::AnnounceRequest announce;
  std::string_view pointer;

  base::Status read(std::string_view key, value from);
  base::Status read_hashes(value from);
  base::Status read_event(value from);
  base::Status read_offers(value from);
  base::Status read_skep(value from);

  Result<wire::TrackerRequest> as_announce() &&;
  Result<wire::TrackerRequest> as_request() &&;
};

base::Status Message::read_hashes(value from) {
  json_type type{};
  if (from.type().get(type)) return not_json();
  info_hash.reset();
  info_hashes.reset();
  if (type != json_type::array) {
    SKEP_TRY(info_hash, binary<crypto::ShortHash>(from));
    return base::ok();
  }
  info_hashes.emplace();
  simdjson::ondemand::array list;
  if (from.get_array().get(list)) return not_json();
  for (auto element : list) {
    value each;
    if (element.get(each)) return not_json();
    SKEP_TRY(const auto one, binary<crypto::ShortHash>(each));
    if (info_hashes->size() < wire::kScrapeHashesMax) info_hashes->push_back(one);
  }
  return base::ok();
}

base::Status Message::read_event(value from) {
  SKEP_TRY(const std::string_view event, text_of(from, "event is not a string"));
  announce.event = wire::TrackerEvent::none;
  if (event == "started")
    announce.event = wire::TrackerEvent::started;
  else if (event == "completed")
    announce.event = wire::TrackerEvent::completed;
  else if (event == "stopped")
    announce.event = wire::TrackerEvent::stopped;
  else if (event != "update" && event != "paused" && !event.empty())
    return fail(Errc::bad_value, "unknown event");
  return base::ok();
}

base::Status Message::read_offers(value from) {
  simdjson::ondemand::array list;
  if (const auto code = from.get_array().get(list)) return error_of(code, "offers is not a list");
  announce.offers.clear();
  for (auto element : list) {
    value each;
    if (element.get(each)) return not_json();
    SKEP_TRY(const object entry, object_of(each, "an entry of offers is not an object"));
    std::optional<wire::OfferId> id;
    std::optional<std::string> sdp;
    SKEP_CHECK(for_members(entry, [&](std::string_view key, value member) -> base::Status {
      if (key == "offer") {
        SKEP_TRY(sdp, session_description(member, "offer", 3));
      } else if (key == "offer_id") {
        SKEP_TRY(id, binary<wire::OfferId>(member));
      } else {
        return skip(member, 3);
      }
      return base::ok();
    }));
    if (!id) return fail(Errc::missing_field, "offer without offer_id");
    if (!sdp) return fail(Errc::missing_field, "offer_id without offer");
    if (announce.offers.empty()) announce.offers.reserve(wire::kOffersMax);
    if (announce.offers.size() < wire::kOffersMax)
      announce.offers.push_back({*id, std::move(*sdp)});
  }
  return base::ok();
}

base::Status Message::read_skep(value from) {
  SKEP_TRY(const object skep, object_of(from, "skep is not an object"));
  announce.candidates_wanted.emplace(0);
  pointer = {};
  return for_members(skep, [&](std::string_view key, value each) -> base::Status {
    if (key == "candidates") return read_number(each, *announce.candidates_wanted);
    json_type type{};
    if (each.type().get(type)) return not_json();
    if (key != "pointer" || type != json_type::string) return skip(each, 2);
    SKEP_TRY(pointer, text_of(each, "pointer is not a string"));
    return base::ok();
  });
}

/// Keys in the order in which clients write them. Of one that comes twice the last counts.
base::Status Message::read(std::string_view key, value from) {
  if (key == "action") {
    SKEP_TRY(action, text_of(from, "action is not a string"));
  } else if (key == "info_hash") {
    return read_hashes(from);
  } else if (key == "peer_id") {
    SKEP_TRY(peer_id, binary<crypto::PeerId>(from));
  } else if (key == "to_peer_id") {
    SKEP_TRY(to_peer_id, binary<crypto::PeerId>(from));
  } else if (key == "offer_id") {
    SKEP_TRY(offer_id, binary<wire::OfferId>(from));
  } else if (key == "offer") {
    SKEP_TRY(offer, session_description(from, "offer", 1));
  } else if (key == "answer") {
    SKEP_TRY(answer, session_description(from, "answer", 1));
  } else if (key == "candidate") {
    SKEP_TRY(candidate, session_description(from, "candidate", 1));
  } else if (key == "numwant") {
    return read_number(from, announce.numwant.emplace());
  } else if (key == "uploaded") {
    return read_number(from, announce.uploaded);
  } else if (key == "downloaded") {
    return read_number(from, announce.downloaded);
  } else if (key == "left") {
    return read_number(from, announce.left);
  } else if (key == "event") {
    return read_event(from);
  } else if (key == "offers") {
    return read_offers(from);
  } else if (key == "skep") {
    return read_skep(from);
  } else {
    return skip(from, 1);
  }
  return base::ok();
}

Result<wire::TrackerRequest> Message::as_announce() && {
  if (info_hashes) return fail(Errc::wrong_type, "a hash or id is not a string");
  if (!info_hash) return fail(Errc::missing_field, "no info_hash");
  if (!peer_id) return fail(Errc::missing_field, "no peer_id");
  if (!answer && !candidate && !to_peer_id) {
    announce.info_hash = *info_hash;
    announce.peer_id = *peer_id;
    return wire::TrackerRequest(std::move(announce));
  }
  if (!to_peer_id) return fail(Errc::missing_field, "answer or candidate without to_peer_id");
  if (!offer_id) return fail(Errc::missing_field, "offer or answer without offer_id");
  if (answer)
    return wire::TrackerRequest(
        wire::AnswerRequest{*info_hash, *peer_id, *to_peer_id, *offer_id, std::move(*answer)});
  if (candidate)
    return wire::TrackerRequest(wire::CandidateRequest{*info_hash, *peer_id, *to_peer_id, *offer_id,
                                                       std::move(*candidate)});
  if (!offer) return fail(Errc::missing_field, "offer_id without offer");
  return wire::TrackerRequest(
      wire::TargetedOffer{*info_hash, *peer_id, *to_peer_id, {*offer_id, std::move(*offer)}});
}

Result<wire::TrackerRequest> Message::as_request() && {
  if (!action) return fail(Errc::missing_field, "message without action");
  if (*action == "announce") return std::move(*this).as_announce();
  if (*action != "scrape") return fail(Errc::bad_value, "unknown action");
  wire::ScrapeRequest out;
  if (info_hash) out.info_hashes.push_back(*info_hash);
  if (info_hashes) out.info_hashes = std::move(*info_hashes);
  return wire::TrackerRequest(std::move(out));
}

}  // namespace

TrackerJsonParser::TrackerJsonParser()
    : parser_(wire::kTrackerMessageMax),
      padded_(wire::kTrackerMessageMax + simdjson::SIMDJSON_PADDING, '\0') {
  const auto code = parser_.allocate(wire::kTrackerMessageMax);
  SKEP_ASSERT(code == simdjson::SUCCESS);
}

Result<wire::TrackerRequest> TrackerJsonParser::parse(std::string_view text) {
  pointer_ = {};
  if (text.size() > wire::kTrackerMessageMax) return fail(Errc::limit_exceeded, "message too long");
  std::copy(text.begin(), text.end(), padded_.begin());
  simdjson::ondemand::document document;
  object root;
  if (parser_.iterate(padded_.data(), text.size(), padded_.size()).get(document)) return not_json();
  if (const auto code = document.get_object().get(root))
    return error_of(code, "message is not an object");
  Message message;
  SKEP_CHECK(for_members(
      root, [&message](std::string_view key, value each) { return message.read(key, each); }));
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return not_json();  // something follows
  pointer_ = message.pointer;
  return std::move(message).as_request();
}

}  // namespace skep::origin
