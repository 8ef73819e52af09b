/// audit.hpp: what a site's static files cost, and what better caching, compressing and sharing
///            would save (`skep audit`).
/// CONTRACT  judging is pure: an AuditedFile is what was observed, assess() says what it costs.
///           Compressibility is measured, not guessed; what visitors do is assumed, and the
///           assumptions are part of the result.
/// SPEC      docs/audit.md; RFC 9111 (caching)
/// LIMITS    AuditLimits
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "net/http_client.hpp"

namespace skep::origin {

/// How visitors behave. Every figure of savings follows from these.
struct AuditAssumptions {
  double price_per_gb = 0.08;     ///< of the origin's traffic; GB = 10^9 bytes
  std::uint64_t visits = 10'000;  ///< each loads every listed file once
  double returning = 0.5;         ///< share of the visits whose browser has been here before
  double peer_share = 0.8;        ///< of a shared file's bytes that peers deliver
};

/// What keeps a browser from using what it has.
enum class Caching : std::uint8_t {
  unknown,     ///< a directory has no headers
  cached,      ///< fresh for some time, or answered by 304
  not_cached,  ///< sent again at every visit
};

struct AuditedFile {
  std::string path;        ///< path and query, or the path below the directory
  std::string type;        ///< media type
  std::uint64_t size = 0;  ///< as sent
  std::uint64_t compressed =
      0;                ///< what compressing would make of it; `size` where it is not better
  bool page = false;    ///< HTML: neither cached for long nor shared
  bool shared = false;  ///< a signed torrent names it
  Caching caching = Caching::unknown;
  std::string caching_why;
  std::string compressing_why;
  std::string sharing_why;  ///< of a file that is not shared
  bool shareable = true;    ///< false: it must not be shared, so nothing is lost
};

enum class Waste : std::uint8_t { not_compressed, not_cached, not_shared };
/// "not-compressed", "not-cached", "not-shared".
std::string_view name_of(Waste waste);

struct AuditFinding {
  Waste waste = Waste::not_compressed;
  std::string path;
  std::string why;
  std::uint64_t saves_per_visit = 0;  ///< bytes, on average
  std::uint64_t saves = 0;            ///< bytes, for all visits
  double money = 0;
};

struct AuditReport {
  std::vector<AuditFinding> findings;  ///< the largest saving first
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;    ///< of one first visit
  std::uint64_t traffic = 0;  ///< of all visits, as things are
  std::uint64_t saves = 0;    ///< of that; the findings add up to it
  double money = 0;
  double saves_money = 0;
  std::vector<std::string> notes;  ///< what was not looked at, and why
  std::vector<AuditedFile> audited;
};

/// What the files cost and could save. Savings are counted one after the other (first compressed,
/// then cached, then shared), so that they add up.
AuditReport assess(std::vector<AuditedFile> files, const AuditAssumptions& assumptions);

struct AuditLimits {
  std::size_t pages_max = 20;
  std::size_t files_max = 500;
  std::size_t depth_max = 3;                       ///< links from the first page
  std::uint64_t bytes_max = 256ull * 1024 * 1024;  ///< of all bodies together
  std::size_t body_max = 8 * 1024 * 1024;          ///< of one; the rest is not asked for
  base::Duration pause = base::milliseconds(50);   ///< between requests, but on this machine
  base::Duration timeout = base::seconds(15);      ///< of one request
};

using AuditProgress = std::function<void(const std::string& what, std::size_t files)>;

struct AuditUrl {
  net::HttpUrl url;
  AuditLimits limits;
  std::string ca_file;
  AuditProgress progress;
};
struct Observed {
  std::vector<AuditedFile> files;
  std::vector<std::string> notes;
};

/// Walks a site from its page `url` along links and sub-resources of the same origin, one request
/// at a time. Throws std::runtime_error when the first page cannot be had.
Observed observe_url(const AuditUrl& options);

/// Looks at a publication, or at a site that could become one. Throws std::system_error,
/// SettingsError.
Observed observe_directory(const std::filesystem::path& directory);

}  // namespace skep::origin
