/// doctor_findings.hpp: what the parts of the doctor share: the list of findings, and how to ask.
/// CONTRACT  internal to the doctor. Words come from causes.hpp.
#pragma once

#include <string>
#include <string_view>

#include "net/http_client.hpp"
#include "origin/doctor.hpp"

namespace skep::origin {

class Findings {
 public:
  void problem(std::string_view id, std::string detail) { add(id, Level::problem, detail); }
  void note(std::string_view id, std::string detail) { add(id, Level::note, detail); }
  /// `what` was looked at, and is fine.
  void good(std::string_view what, std::string text) {
    list_.push_back({std::string(what), Level::good, std::move(text), "", ""});
  }
  std::vector<Finding> take();

 private:
  void add(std::string_view id, Level level, const std::string& detail);
  std::vector<Finding> list_;
};

/// Asks as a browser would, with a bound.
net::HttpAnswer look_at(const DoctorOptions& options, const net::HttpUrl& url, std::size_t body_max,
                        std::vector<std::pair<std::string, std::string>> fields = {});

/// "https://… : 404", "https://… : no answer within 10 s"
std::string said(const net::HttpAnswer& answer);

/// Whether browsers run it: RFC 9239 and the older names.
bool is_script_type(std::string_view content_type);

/// Seconds that a cache may keep the answer without asking; 0: none.
std::int64_t freshness_of(const net::HttpAnswer& answer);

/// How the page asks for Skep.
struct ScriptTag {
  net::HttpUrl url;  ///< of skep.js
  std::string key;
  std::string tracker;
  std::string ice;
  std::string peers;
  net::HttpUrl base;  ///< the site's: where skep.js stands
};

/// The pointer and its torrents, and what may be learnt from the files they name.
/// RETURNS what the tracker needs, when there is a pointer to follow.
struct SwarmFacts {
  bool known = false;
  std::string pointer;    ///< the file
  std::string info_hash;  ///< 20 octets of the first torrent
  std::string announce;   ///< URL in the torrent, or empty
};
SwarmFacts examine_publication(const DoctorOptions& options, const ScriptTag& tag, Findings& to);

/// The tracker, and whether UDP reaches the ICE servers.
void examine_network(const DoctorOptions& options, const ScriptTag& tag, const SwarmFacts& swarm,
                     Findings& to);

}  // namespace skep::origin
