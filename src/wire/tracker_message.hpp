/// tracker_message.hpp: what clients and the tracker say to each other, typed.
/// CONTRACT  values that own their text. No JSON here: the host translates (origin/tracker_json.hpp
///           natively, JSON.parse in the browser). Whoever makes one of these from a stranger's
///           bytes has enforced the limits below; the tracker core asserts nothing about them.
/// SPEC      docs/formats/tracker.md: WebTorrent's tracker protocol and the targeted extension.
/// LIMITS    kSdpSizeMax, kOffersMax, kCandidatesMax, kScrapeHashesMax, kTrackerMessageMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crypto/digest.hpp"

namespace skep::wire {

/// One WebSocket message: ten offers as browsers make them are under 60 KiB.
inline constexpr std::size_t kTrackerMessageMax = 128 * 1024;
/// JSON nesting: announce > offers > one > offer > sdp is four.
inline constexpr std::size_t kTrackerDepthMax = 8;
/// One session description: browsers' data-channel offers are 400 bytes to 4 KiB.
inline constexpr std::size_t kSdpSizeMax = 16 * 1024;
/// Offers relayed for one announce; stock clients send at most five. Others are left out.
inline constexpr std::size_t kOffersMax = 10;
/// Candidates in one reply: more than twice the links of a browser's engine.
inline constexpr std::size_t kCandidatesMax = 50;
/// Swarms in one scrape; the first ones are answered.
inline constexpr std::size_t kScrapeHashesMax = 64;

using OfferId = crypto::FixedBytes<struct OfferIdTag, 20>;  ///< chosen by who offers

struct Offer {
  OfferId id;
  std::string sdp;  ///< whatever its host makes of it: the tracker only carries it
  friend bool operator==(const Offer&, const Offer&) = default;
};

// ------------------------------------------------------------------------------ client → tracker

enum class TrackerEvent : std::uint8_t { none, started, completed, stopped };

/// `left` of a client that does not know the size yet.
inline constexpr std::uint64_t kLeftUnknown = UINT64_MAX;

/// "I am in this swarm." Offers go to random peers, one each (stock); or candidates are asked for.
struct AnnounceRequest {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;
  std::uint64_t uploaded = 0;
  std::uint64_t downloaded = 0;
  std::uint64_t left = kLeftUnknown;
  TrackerEvent event = TrackerEvent::none;
  std::optional<std::uint32_t> numwant;  ///< caps the offers that are relayed
  std::vector<Offer> offers;
  /// Set when the message has a `skep` object: its sender takes targeted offers.
  std::optional<std::uint32_t> candidates_wanted;
  friend bool operator==(const AnnounceRequest&, const AnnounceRequest&) = default;
};

/// Signalling only: changes nothing in the swarm, and has no reply when it can be relayed.
struct TargetedOffer {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;
  crypto::PeerId to_peer_id;
  Offer offer;
  friend bool operator==(const TargetedOffer&, const TargetedOffer&) = default;
};
/// To an offer of either kind. Signalling only, never replied to.
struct AnswerRequest {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;
  crypto::PeerId to_peer_id;
  OfferId offer_id;
  std::string sdp;  ///< whatever its host makes of it: the tracker only carries it
  friend bool operator==(const AnswerRequest&, const AnswerRequest&) = default;
};

/// ICE candidates of one side of a targeted offer, sent after its session description (RFC 8838).
/// Signalling only, never replied to.
struct CandidateRequest {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;
  crypto::PeerId to_peer_id;
  OfferId offer_id;
  std::string sdp;  ///< candidate attributes (RFC 8839 section 5.1): the tracker only carries it
  friend bool operator==(const CandidateRequest&, const CandidateRequest&) = default;
};

struct ScrapeRequest {
  std::vector<crypto::ShortHash> info_hashes;  ///< empty: every swarm served here
  friend bool operator==(const ScrapeRequest&, const ScrapeRequest&) = default;
};

using TrackerRequest =
    std::variant<AnnounceRequest, TargetedOffer, AnswerRequest, CandidateRequest, ScrapeRequest>;

// ------------------------------------------------------------------------------ tracker → client

struct Candidate {
  crypto::PeerId peer_id;
  bool seeding = false;  ///< has everything
  friend bool operator==(const Candidate&, const Candidate&) = default;
};
struct AnnounceReply {
  crypto::ShortHash info_hash;
  std::uint32_t interval_s = 0;
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::optional<std::vector<Candidate>> candidates;  ///< best first; set when they were asked for
  friend bool operator==(const AnnounceReply&, const AnnounceReply&) = default;
};
/// Somebody's offer, stock or targeted: both look the same to who receives it.
struct OfferPush {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;  ///< who offers
  Offer offer;
  friend bool operator==(const OfferPush&, const OfferPush&) = default;
};
struct AnswerPush {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;  ///< who answers
  OfferId offer_id;
  std::string sdp;  ///< whatever its host makes of it: the tracker only carries it
  friend bool operator==(const AnswerPush&, const AnswerPush&) = default;
};
struct CandidatePush {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;  ///< whose candidates
  OfferId offer_id;
  std::string sdp;
  friend bool operator==(const CandidatePush&, const CandidatePush&) = default;
};
/// A targeted offer could not be relayed: that peer is not there (any more) or takes no more.
struct GonePush {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;  ///< whom the offer was meant for
  OfferId offer_id;
  friend bool operator==(const GonePush&, const GonePush&) = default;
};
struct ScrapedSwarm {
  crypto::ShortHash info_hash;
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::uint64_t downloaded = 0;
  friend bool operator==(const ScrapedSwarm&, const ScrapedSwarm&) = default;
};
struct ScrapeReply {
  std::vector<ScrapedSwarm> swarms;
  friend bool operator==(const ScrapeReply&, const ScrapeReply&) = default;
};
/// A request that was understood and refused; the connection stays.
struct FailureReply {
  enum class Action : std::uint8_t { announce, scrape };
  Action action = Action::announce;
  std::optional<crypto::ShortHash> info_hash;
  std::string reason;
  friend bool operator==(const FailureReply&, const FailureReply&) = default;
};

using TrackerResponse = std::variant<AnnounceReply, OfferPush, AnswerPush, CandidatePush, GonePush,
                                     ScrapeReply, FailureReply>;

}  // namespace skep::wire
