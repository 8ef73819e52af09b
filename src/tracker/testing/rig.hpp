/// rig.hpp: a tracker with a handful of clients: requests in, what each one hears out.
/// CONTRACT  peers, swarms and offers are named by letters; client 'a' has connection 'a' and, by
///           default, peer id "aaaa…". Time stands still until advance().
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tracker/tracker.hpp"

namespace skep::tracker::testing {

crypto::ShortHash swarm(char letter);
crypto::PeerId peer(char letter);
wire::OfferId offer_id(char letter);
ConnectionId connection(char letter);

/// An announce of `who` in swarm 's', incomplete.
wire::AnnounceRequest announce(char who);
/// The same with offers, named by the letters of `offers`; each has its letter as its sdp.
wire::AnnounceRequest announce_offers(char who, const std::string& offers);
wire::AnnounceRequest announce_skep(char who, std::uint32_t candidates, bool seeding = false);
wire::TargetedOffer targeted(char from, char to, char offer);
wire::AnswerRequest answer(char from, char to, char offer);
wire::CandidateRequest candidate(char from, char to, char offer);

class Rig {
 public:
  /// Serves swarms 's' and 't'.
  explicit Rig(Config config = {});

  Tracker& tracker() { return tracker_; }
  base::Instant now() const { return now_; }
  void open(const std::string& letters);
  void close(char letter);
  /// Sends a request over connection `from`; opens it first if it is not.
  void say(char from, wire::TrackerRequest request, std::size_t size = 100);
  void input(Input input);
  /// Lets time pass, and a Tick come.
  void advance(base::Duration duration);

  /// What connection `who` heard since it was asked last.
  std::vector<wire::TrackerResponse> heard(char who);
  /// The only thing it heard; an empty T, and a line on stderr, when it is not that.
  template <class T>
  T heard_one(char who) {
    const auto all = heard(who);
    if (all.size() == 1 && std::holds_alternative<T>(all[0])) return std::get<T>(all[0]);
    complain(who, all.size());
    return T{};
  }
  /// Messages of one kind out of heard().
  template <class T>
  std::vector<T> heard_all(char who) {
    std::vector<T> out;
    for (auto& each : heard(who))
      if (auto* match = std::get_if<T>(&each)) out.push_back(std::move(*match));
    return out;
  }
  /// Forgets everything that was said so far.
  void hush() { inbox_.clear(); }
  /// Why a connection was closed; empty when it was not.
  std::string closed(char who) const;

 private:
  static void complain(char who, std::size_t count);
  void drain();

  Tracker tracker_;
  base::Instant now_{1'000'000};
  std::map<ConnectionId, bool> open_;
  std::map<ConnectionId, std::vector<wire::TrackerResponse>> inbox_;
  std::map<ConnectionId, std::string> closed_;
};

}  // namespace skep::tracker::testing
