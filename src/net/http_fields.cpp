#include "net/http_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace skep::net {
namespace {

using base::Errc;
using base::fail;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the text up to `separator` (which goes, too) off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view out = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return out;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  // A number too large for us is still a number: larger than any file.
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  if (error != std::errc()) return std::nullopt;
  return value;
}

/// "q=0.5" in thousandths; nothing when it is malformed.
std::optional<int> parse_quality(std::string_view text) {
  if (text.size() < 3 || lower(text[0]) != 'q' || text[1] != '=') return std::nullopt;
  text.remove_prefix(2);
  if (text[0] != '0' && text[0] != '1') return std::nullopt;
  int value = (text[0] - '0') * 1000;
  if (text.size() == 1) return value;
  if (text[1] != '.' || text.size() > 5) return std::nullopt;
  int unit = 100;
  for (const char c : text.substr(2)) {
    if (!is_digit(c)) return std::nullopt;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value <= 1000 ? std::optional<int>(value) : std::nullopt;
}

constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kDaySeconds = 86'400;

/// Days since 1970-01-01 in the proleptic Gregorian calendar; month 1 to 12.
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (month <= 2) --year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

struct Civil {
  std::int64_t year, month, day;
};

Civil civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t doe = days - era * 146'097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1};
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Removes "http://authority" of an absolute-form target (RFC 9112 §3.2.2).
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() ||
        !equal_ignoring_case(target.substr(0, scheme.size()), scheme))
      continue;
    const std::size_t slash = target.find_first_of("/?", scheme.size());
    return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  return target;
}

base::Result<std::string> decode_segment(std::string_view raw, std::size_t at) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
      if (high < 0 || low < 0) return fail(Errc::bad_syntax, "bad percent-encoding", at + i);
      c = static_cast<char>(high * 16 + low);
      i += 2;
      if (c == '/') return fail(Errc::unsafe_path, "an encoded slash", at + i);
    }
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f || c == '\\')
      return fail(Errc::unsafe_path, "a byte that no path has", at + i);
    out.push_back(c);
  }
  if (out == "..") return fail(Errc::unsafe_path, "a path that climbs", at);
  return out;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool names_token(std::string_view list, std::string_view token) {
  while (!list.empty())
    if (equal_ignoring_case(trim(take_until(list, ',')), token)) return true;
  return false;
}

AcceptedCodings parse_accept_encoding(std::string_view value) {
  AcceptedCodings out;
  int star = -1, identity = -1, gzip = -1, brotli = -1;
  while (!value.empty()) {
    std::string_view item = take_until(value, ',');
    const std::string_view name = trim(take_until(item, ';'));
    const std::string_view parameter = trim(item);
    const std::optional<int> q = parameter.empty() ? 1000 : parse_quality(parameter);
    if (!q || name.empty()) continue;  // malformed: as if it were not there
    if (name == "*")
      star = *q;
    else if (equal_ignoring_case(name, "identity"))
      identity = *q;
    else if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip"))
      gzip = *q;
    else if (equal_ignoring_case(name, "br"))
      brotli = *q;
  }
  const int others = star < 0 ? 0 : star;
  out.gzip = gzip < 0 ? others : gzip;
  out.brotli = brotli < 0 ? others : brotli;
  // Identity is acceptable unless it is excluded by name, or by "*;q=0" without a name.
  out.identity = identity >= 0 ? identity : (star == 0 ? 0 : 1);
  return out;
}

bool names_etag(std::string_view list, std::string_view etag, bool weakly) {
  list = trim(list);
  if (list == "*") return true;
  while (!list.empty()) {
    bool weak = false;
    if (list.starts_with("W/")) {
      weak = true;
      list.remove_prefix(2);
    }
    if (list.empty() || list.front() != '"') return false;
    const std::size_t close = list.find('"', 1);
    if (close == std::string_view::npos) return false;
    if (list.substr(0, close + 1) == etag && (weakly || !weak)) return true;
    list = trim(list.substr(close + 1));
    if (!list.empty() && list.front() != ',') return false;
    if (!list.empty()) list = trim(list.substr(1));
  }
  return false;
}

std::string print_http_date(std::int64_t unix_s) {
  std::int64_t days = unix_s / kDaySeconds;
  std::int64_t rest = unix_s % kDaySeconds;
  if (rest < 0) {
    rest += kDaySeconds;
    --days;
  }
  const Civil date = civil_from_days(days);
  const auto weekday = static_cast<std::size_t>(((days + 3) % 7 + 7) % 7);  // 1970-01-01: Thursday
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[weekday].data(), static_cast<int>(date.day),
                                 kMonths[static_cast<std::size_t>(date.month - 1)].data(),
                                 static_cast<int>(date.year), static_cast<int>(rest / 3600),
                                 static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
  return {text.data(), static_cast<std::size_t>(size)};
}

namespace {

/// The two forms that nobody sends any more and everybody must read: "Sunday, 06-Nov-94 08:49:37
/// GMT" and "Sun Nov  6 08:49:37 1994". RETURNS the usual one, or the text as it was.
std::string modern_date(std::string_view text) {
  constexpr std::size_t kAfterComma = sizeof "06-Nov-94 08:49:37 GMT" - 1;
  const std::size_t comma = text.find(", ");
  if (comma != text.npos && comma > 3 && text.size() == comma + 2 + kAfterComma) {
    const std::string_view rest = text.substr(comma + 2);
    if (rest[2] != '-' || rest[6] != '-') return std::string(text);
    const char* century = rest[7] < '7' ? "20" : "19";  // no year is given: a pivot must do
    return std::string(text.substr(0, 3)) + ", " + std::string(rest.substr(0, 2)) + " " +
           std::string(rest.substr(3, 3)) + " " + century + std::string(rest.substr(7));
  }
  if (text.size() == 24 && comma == text.npos && text[3] == ' ' && text[7] == ' ') {
    std::string day(text.substr(8, 2));
    if (day[0] == ' ') day[0] = '0';
    return std::string(text.substr(0, 3)) + ", " + day + " " + std::string(text.substr(4, 3)) +
           " " + std::string(text.substr(20)) + " " + std::string(text.substr(11, 8)) + " GMT";
  }
  return std::string(text);
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view given) {
  // Sun, 06 Nov 1994 08:49:37 GMT
  const std::string text = modern_date(given);
  constexpr std::string_view kShape = "aaa, 00 aaa 0000 00:00:00 GMT";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !is_digit(text[i]) : (kShape[i] != 'a' && kShape[i] != text[i]))
      return std::nullopt;
  }
  const auto month =
      std::find(std::begin(kMonths), std::end(kMonths), std::string_view(text).substr(8, 3));
  if (month == std::end(kMonths)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t count) {
    return static_cast<std::int64_t>(
        parse_number(std::string_view(text).substr(at, count)).value_or(0));
  };
  const std::int64_t day = number(5, 2), hour = number(17, 2), minute = number(20, 2);
  if (day < 1 || day > 31 || hour > 23 || minute > 59 || number(23, 2) > 60) return std::nullopt;
  return days_from_civil(number(12, 4), month - std::begin(kMonths) + 1, day) * kDaySeconds +
         hour * 3600 + minute * 60 + number(23, 2);
}

base::Result<Target> parse_target(std::string_view target) {
  if (target.size() > kTargetSizeMax) return fail(Errc::limit_exceeded, "target too long");
  target = without_authority(target);
  Target out;
  target = target.substr(0, target.find('#'));
  if (const std::size_t mark = target.find('?'); mark != std::string_view::npos) {
    out.query = target.substr(mark);
    for (const char c : out.query)  // it may go into a Location field
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
        return fail(Errc::bad_syntax, "control byte in a query", mark);
    target = target.substr(0, mark);
  }
  if (target.empty() && !out.query.empty()) target = "/";
  if (target.empty() || target.front() != '/') return fail(Errc::bad_syntax, "not a path");
  std::size_t at = 1;
  while (at <= target.size()) {
    const std::size_t slash = std::min(target.find('/', at), target.size());
    SKEP_TRY(const std::string segment, decode_segment(target.substr(at, slash - at), at));
    const bool last = slash == target.size();
    if (!segment.empty() && segment != ".") {
      out.path += segment;
      if (!last) out.path += '/';
    }
    at = slash + 1;
  }
  return out;
}

std::string encode_segment(std::string_view segment) {
  constexpr std::string_view kPlain = "-._~!$&'()*+,;=@";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : segment) {
    const bool letter = (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c);
    if (letter || kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += {'%', kHex[octet >> 4], kHex[octet & 15]};
    }
  }
  return out;
}

}  // namespace skep::net
