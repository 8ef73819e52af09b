// Any text: refused with a reason, or a request within the limits. What is relayed of it prints as
// JSON, which another parser (DOM, the strictest one) takes and ours reads back to the same.
#include <string>

#include "base/assert.hpp"
#include "origin/tracker_json.hpp"

namespace {

using namespace skep;

// Escapes may take six times the room of what they stand for.
void check(const std::string& sdp) { SKEP_ASSERT(sdp.size() <= 6 * wire::kSdpSizeMax); }

void check_json(const std::string& text) {
  static simdjson::dom::parser parser;
  SKEP_ASSERT(parser.parse(text).error() == simdjson::SUCCESS);
}

struct Checker {
  origin::TrackerJsonParser& parser;

  // An offer push has the keys of a targeted offer but to_peer_id: put one in front.
  void round_trip(const crypto::ShortHash& info_hash, const crypto::PeerId& peer_id,
                  const wire::Offer& offer) const {
    std::string text;
    origin::print_tracker_response(text, wire::OfferPush{info_hash, peer_id, offer});
    check_json(text);
    text.insert(1, R"("to_peer_id":"tttttttttttttttttttt",)");
    const auto back = parser.parse(text);
    if (text.size() > wire::kTrackerMessageMax) return;  // escapes may take more room than before
    SKEP_ASSERT(back.has_value());
    const auto& again = std::get<wire::TargetedOffer>(*back);
    SKEP_ASSERT(again.info_hash == info_hash && again.peer_id == peer_id && again.offer == offer);
  }
  void operator()(const wire::AnnounceRequest& m) const {
    SKEP_ASSERT(m.offers.size() <= wire::kOffersMax);
    for (const wire::Offer& offer : m.offers) {
      check(offer.sdp);
      round_trip(m.info_hash, m.peer_id, offer);
    }
  }
  void operator()(const wire::TargetedOffer& m) const {
    check(m.offer.sdp);
    round_trip(m.info_hash, m.peer_id, m.offer);
  }
  void operator()(const wire::AnswerRequest& m) const { check(m.sdp); }
  void operator()(const wire::CandidateRequest& m) const { check(m.sdp); }
  void operator()(const wire::ScrapeRequest& m) const {
    SKEP_ASSERT(m.info_hashes.size() <= wire::kScrapeHashesMax);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static origin::TrackerJsonParser parser;
  const auto request = parser.parse({reinterpret_cast<const char*>(data), size});
  if (request.has_value()) {
    check_json({reinterpret_cast<const char*>(data), size});
    const wire::TrackerRequest kept = *request;
    std::visit(Checker{parser}, kept);
  } else {
    SKEP_ASSERT(request.error().what[0] != '\0');
  }
  return 0;
}
