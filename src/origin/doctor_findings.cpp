#include "origin/doctor_findings.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/http_fields.hpp"
#include "origin/causes.hpp"

namespace skep::origin {

using net::equal_ignoring_case;

std::string_view name_of(Level level) {
  switch (level) {
    case Level::problem:
      return "problem";
    case Level::note:
      return "note";
    case Level::good:
      return "good";
  }
  return "";
}

bool DoctorReport::healthy() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& f) { return f.level == Level::problem; });
}

void Findings::add(std::string_view id, Level level, const std::string& detail) {
  const Cause& known = cause(id);
  // The same cause twice is one finding: the first says enough.
  for (const Finding& there : list_)
    if (there.id == id && there.level == level) return;
  list_.push_back(
      {std::string(id), level, std::string(known.text), std::string(known.advice), detail});
}

std::vector<Finding> Findings::take() {
  std::stable_sort(list_.begin(), list_.end(),
                   [](const Finding& a, const Finding& b) { return a.level < b.level; });
  return std::move(list_);
}

net::HttpAnswer look_at(const DoctorOptions& options, const net::HttpUrl& url, std::size_t body_max,
                        std::vector<std::pair<std::string, std::string>> fields) {
  net::HttpAsk ask;
  ask.body_max = body_max;
  ask.timeout = options.timeout;
  ask.ca_file = options.ca_file;
  ask.fields = std::move(fields);
  ask.fields.emplace_back("Accept-Encoding", "identity");
  return net::ask_http(url, ask);
}

std::string said(const net::HttpAnswer& answer) {
  const std::string what = answer.trouble == net::HttpTrouble::none
                               ? "HTTP status " + std::to_string(answer.status)
                               : answer.sentence;
  return answer.url.text() + ": " + what;
}

bool is_script_type(std::string_view content_type) {
  static constexpr std::array<std::string_view, 5> kTypes = {
      "text/javascript", "application/javascript", "application/x-javascript",
      "application/ecmascript", "text/ecmascript"};
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return std::any_of(kTypes.begin(), kTypes.end(),
                     [&](std::string_view known) { return equal_ignoring_case(known, type); });
}

std::int64_t freshness_of(const net::HttpAnswer& answer) {
  std::string cache = answer.field("cache-control");
  std::transform(cache.begin(), cache.end(), cache.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const char* never : {"no-store", "no-cache"})
    if (cache.find(never) != cache.npos) return 0;
  const std::size_t at = cache.find("max-age=");
  if (at != cache.npos) {
    std::int64_t seconds = 0;
    std::from_chars(cache.data() + at + 8, cache.data() + cache.size(), seconds);
    return std::max<std::int64_t>(seconds, 0);
  }
  if (const auto expires = net::parse_http_date(answer.field("expires"))) {
    const auto date = net::parse_http_date(answer.field("date"));
    return date ? std::max<std::int64_t>(*expires - *date, 0) : 0;
  }
  // RFC 9111 section 4.2.2: a tenth of the file's age is what caches take by themselves.
  const auto modified = net::parse_http_date(answer.field("last-modified"));
  const auto date = net::parse_http_date(answer.field("date"));
  return modified && date ? std::max<std::int64_t>((*date - *modified) / 10, 0) : 0;
}

}  // namespace skep::origin
