/// doctor.hpp: why a site's visitors use no peers, as seen from outside (`skep doctor URL`).
/// CONTRACT  examine() asks the site what a browser would ask, once, and judges every answer with
///           the limits of a stranger's: nothing that a server says can make it grow, hang or
///           crash. Blocks for a few round trips; at most about a minute when all are silent. The
///           tracker sees one visitor that leaves at once.
/// SPEC      docs/diagnostics.md
/// LIMITS    kDoctorPageMax, kDoctorScriptMax, those of net::ask_http and of each format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "net/http_url.hpp"

namespace skep::origin {

/// Of a page: the script tag stands in its head.
inline constexpr std::size_t kDoctorPageMax = 4 * 1024 * 1024;
/// Of a script or a part of the runtime.
inline constexpr std::size_t kDoctorScriptMax = 1024 * 1024;
/// STUN servers that are asked.
inline constexpr std::size_t kDoctorStunMax = 4;

enum class Level : std::uint8_t { problem, note, good };
/// "problem", "note", "good".
std::string_view name_of(Level level);

struct Finding {
  std::string id;
  Level level = Level::good;
  std::string text;
  std::string advice;
  std::string detail;
};

struct DoctorOptions {
  net::HttpUrl url;                            ///< a page of the site
  std::vector<std::string> paths;              ///< URL paths of files that should be shared
  std::int64_t now_s = 0;                      ///< Unix time in seconds
  std::string ca_file;                         ///< PEM; besides the system's authorities
  base::Duration timeout = base::seconds(10);  ///< of each question
};

struct DoctorReport {
  std::vector<Finding> findings;  ///< problems, then notes, then what is good
  bool healthy() const;
};

/// Throws std::runtime_error when `ca_file` is none.
DoctorReport examine(const DoctorOptions& options);

}  // namespace skep::origin
