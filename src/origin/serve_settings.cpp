#include "origin/serve_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "codec/hex.hpp"
#include "origin/toml.hpp"

namespace skep::origin {
namespace {

using Values = std::vector<std::string>;

template <class Int>
std::string read_integer(const std::string& text, Int least, Int most, Int& out) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < least ||
      value > most)
    return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  out = value;
  return {};
}

std::string read_choice(const std::string& text, std::initializer_list<const char*> choices,
                        std::string& out) {
  std::string known;
  for (const char* choice : choices) {
    if (text == choice) {
      out = text;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string(choice);
  }
  return "must be one of " + known;
}

std::string read_rate(const std::string& text, double& out) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= 0 && value <= 1e9))
    return "must be a number of Mbit/s, 0 for no limit";
  out = value;
  return {};
}

std::string read_address(const std::string& text, std::string& out) {
  const std::size_t dot = text.find('.'), colon = text.find(':');
  const bool with_port = text.starts_with('[') || (colon != text.npos && colon > dot);
  if (text != "localhost" && (with_port || !net::parse_ip_address(text)))
    return "must be an IP address (0.0.0.0 or :: for all) or localhost";
  out = text;
  return {};
}

std::string read_ice(const Values& values, std::vector<std::string>& out) {
  for (const std::string& value : values) {
    const std::size_t colon = value.find(':');
    const std::string scheme = value.substr(0, colon);
    if ((scheme != "stun" && scheme != "stuns" && scheme != "turn" && scheme != "turns") ||
        colon + 1 >= value.size() || value[colon + 1] == '/')
      return "\"" + value + "\" is no STUN or TURN URL (stun:HOST:PORT, turn:HOST:PORT)";
  }
  out = values;
  return {};
}

std::string read_keys(const Values& values, std::vector<std::string>& out) {
  for (const std::string& value : values)
    if (value.size() != 64 || !codec::decode_hex(value))
      return "\"" + value + "\" is no public key: it has 64 hex digits (skep key show FILE)";
  out = values;
  return {};
}

std::string read_networks(const Values& values, std::vector<std::string>& out) {
  for (const std::string& value : values)
    if (!net::parse_network(value))
      return "\"" + value + "\" is no address or network (10.0.0.0/8, 2001:db8::/32, 127.0.0.1)";
  out = values;
  return {};
}

// A setting that is one text, or one list, as it is.
template <std::string ServeOptions::* Member>
std::string set_text(ServeOptions& to, const Values& values) {
  to.*Member = values.front();
  return {};
}
template <std::string ServeOptions::* Member>
Values show_text(const ServeOptions& from) {
  return {from.*Member};
}
template <std::vector<std::string> ServeOptions::* Member>
Values show_list(const ServeOptions& from) {
  return from.*Member;
}
template <bool ServeOptions::* Member>
std::string set_flag(ServeOptions& to, const Values& values) {
  to.*Member = values[0] == "true";
  return values[0] == "true" || values[0] == "false" ? "" : "must be true or false";
}
template <bool ServeOptions::* Member>
Values show_flag(const ServeOptions& from) {
  return {from.*Member ? "true" : "false"};
}
template <std::uint32_t net::AddressLimitOptions::* Member>
std::string set_limit(ServeOptions& to, const Values& values) {
  return read_integer<std::uint32_t>(values.front(), 0, 1'000'000, to.limits.*Member);
}
template <std::uint32_t net::AddressLimitOptions::* Member>
Values show_limit(const ServeOptions& from) {
  return {std::to_string(from.limits.*Member)};
}

constexpr ServeSetting kSettings[] = {
    {"root", "a publication, or a site to publish on the fly; without it: a tracker only",
     SettingKind::text, set_text<&ServeOptions::root>, show_text<&ServeOptions::root>},
    {"port", "0 takes a free one", SettingKind::integer,
     [](ServeOptions& to, const Values& v) {
       return read_integer<std::uint16_t>(v[0], 0, 65535, to.port);
     },
     [](const ServeOptions& from) { return Values{std::to_string(from.port)}; }},
    {"address", "an IP address to listen on; 0.0.0.0 or :: for all", SettingKind::text,
     [](ServeOptions& to, const Values& v) { return read_address(v[0], to.address); },
     show_text<&ServeOptions::address>},
    {"rate", "Mbit/s of all answers together; 0: no limit", SettingKind::number,
     [](ServeOptions& to, const Values& v) { return read_rate(v[0], to.rate_mbit); },
     [](const ServeOptions& from) {
       char text[32];
       std::snprintf(text, sizeof text, "%.10g", from.rate_mbit);
       return Values{text};
     }},
    {"ice", "stun: or turn: URL for browsers (repeatable)", SettingKind::list,
     [](ServeOptions& to, const Values& v) { return read_ice(v, to.ice); },
     show_list<&ServeOptions::ice>},
    {"allow-key", "public key (64 hex digits) whose swarms the tracker serves, too (repeatable)",
     SettingKind::list,
     [](ServeOptions& to, const Values& v) { return read_keys(v, to.allow_keys); },
     show_list<&ServeOptions::allow_keys>},
    {"key", "renew the pointer with this key file", SettingKind::text,
     set_text<&ServeOptions::key_file>, show_text<&ServeOptions::key_file>},
    {"tls-cert", "PEM file with the certificate and its chain: serve https", SettingKind::text,
     set_text<&ServeOptions::tls_cert>, show_text<&ServeOptions::tls_cert>},
    {"tls-key", "PEM file with the certificate's key", SettingKind::text,
     set_text<&ServeOptions::tls_key>, show_text<&ServeOptions::tls_key>},
    {"redirect-port", "with TLS: answer http on this port with a redirect to https; 0: do not",
     SettingKind::integer,
     [](ServeOptions& to, const Values& v) {
       return read_integer<std::uint16_t>(v[0], 0, 65535, to.redirect_port);
     },
     [](const ServeOptions& from) { return Values{std::to_string(from.redirect_port)}; }},
    {"metrics-address", "serve /metrics at this address:port, and nowhere else", SettingKind::text,
     [](ServeOptions& to, const Values& v) -> std::string {
       if (!v[0].empty() && !parse_host_port(v[0]))
         return "must be address:port, as in 127.0.0.1:9100";
       to.metrics_address = v[0];
       return {};
     },
     show_text<&ServeOptions::metrics_address>},
    {"trusted-proxy", "address or network whose X-Forwarded-For is believed (repeatable)",
     SettingKind::list,
     [](ServeOptions& to, const Values& v) { return read_networks(v, to.trusted_proxies); },
     show_list<&ServeOptions::trusted_proxies>},
    {"access-log", "one JSON object per request and line; - is standard output", SettingKind::text,
     set_text<&ServeOptions::access_log>, show_text<&ServeOptions::access_log>},
    {"log-format", "text or json, of the messages on standard error", SettingKind::text,
     [](ServeOptions& to, const Values& v) {
       return read_choice(v[0], {"text", "json"}, to.log_format);
     },
     show_text<&ServeOptions::log_format>},
    {"log-level", "debug, info, warning, error or off", SettingKind::text,
     [](ServeOptions& to, const Values& v) {
       return read_choice(v[0], {"debug", "info", "warning", "error", "off"}, to.log_level);
     },
     show_text<&ServeOptions::log_level>},
    {"max-connections", "in all", SettingKind::integer,
     [](ServeOptions& to, const Values& v) {
       return read_integer<std::size_t>(v[0], 1, 1'000'000, to.connections_max);
     },
     [](const ServeOptions& from) { return Values{std::to_string(from.connections_max)}; }},
    {"limit-connections", "of one address (an IPv6 /64); 0: no limit", SettingKind::integer,
     set_limit<&net::AddressLimitOptions::connections>,
     show_limit<&net::AddressLimitOptions::connections>},
    {"limit-websockets", "of one address", SettingKind::integer,
     set_limit<&net::AddressLimitOptions::websockets>,
     show_limit<&net::AddressLimitOptions::websockets>},
    {"limit-requests", "a second, of one address", SettingKind::integer,
     set_limit<&net::AddressLimitOptions::requests_per_s>,
     show_limit<&net::AddressLimitOptions::requests_per_s>},
    {"limit-messages", "to the tracker a second, of one address", SettingKind::integer,
     set_limit<&net::AddressLimitOptions::messages_per_s>,
     show_limit<&net::AddressLimitOptions::messages_per_s>},
    {"admin-token-file", "switch the admin page on, behind the token in this file",
     SettingKind::text, set_text<&ServeOptions::admin_token_file>,
     show_text<&ServeOptions::admin_token_file>},
    {"admin", "the same, with a token that is made and printed at every start", SettingKind::flag,
     set_flag<&ServeOptions::admin>, show_flag<&ServeOptions::admin>},
    {"tracker-quota", "times what one connection may ask of the tracker; for gateways and tests",
     SettingKind::integer,
     [](ServeOptions& to, const Values& v) {
       return read_integer<std::uint32_t>(v[0], 1, 1'000'000, to.tracker_quota);
     },
     [](const ServeOptions& from) { return Values{std::to_string(from.tracker_quota)}; }},
    {"quiet", "print nothing but errors", SettingKind::flag, set_flag<&ServeOptions::quiet>,
     show_flag<&ServeOptions::quiet>},
};

const ServeSetting* find_setting(std::string_view name) {
  const auto found = std::find_if(std::begin(kSettings), std::end(kSettings),
                                  [&](const ServeSetting& each) { return name == each.name; });
  return found == std::end(kSettings) ? nullptr : found;
}

std::string variable_of(std::string_view name) {
  std::string out = "SKEP_";
  for (const char c : name)
    out += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

[[noreturn]] void fail(const std::string& file, const toml::node& at, const std::string& why) {
  throw SettingsError(file + ", line " + std::to_string(at.source().begin.line) + ": " + why);
}

/// A scalar as text, if it is of the setting's kind.
std::string scalar(const std::string& file, const ServeSetting& setting, const toml::node& node) {
  switch (setting.kind) {
    case SettingKind::text:
    case SettingKind::list:
      if (const auto* text = node.as_string()) {
        if (text->get().find('\0') == std::string::npos) return text->get();
        fail(file, node, "\"" + std::string(setting.name) + "\" has a NUL in it");
      }
      fail(file, node, "\"" + std::string(setting.name) + "\" must be a text in quotes");
    case SettingKind::integer:
      if (const auto* value = node.as_integer()) return std::to_string(value->get());
      fail(file, node, "\"" + std::string(setting.name) + "\" must be a whole number");
    case SettingKind::number:
      if (const auto* value = node.as_integer()) return std::to_string(value->get());
      if (const auto* value = node.as_floating_point()) return std::to_string(value->get());
      fail(file, node, "\"" + std::string(setting.name) + "\" must be a number");
    case SettingKind::flag:
      if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
      fail(file, node, "\"" + std::string(setting.name) + "\" must be true or false");
  }
  return {};
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      out += escape;
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// What no setting can tell by itself.
std::string contradiction(const ServeOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty())
    return "tls-cert and tls-key belong together";
  if (options.redirect_port != 0 && options.tls_cert.empty())
    return "redirect-port needs tls-cert and tls-key";
  if (options.redirect_port != 0 && options.redirect_port == options.port)
    return "redirect-port and port are the same";
  if (options.admin && options.quiet && options.admin_token_file.empty())
    return "admin prints its token, and quiet forbids that: name one by admin-token-file";
  return {};
}

}  // namespace

std::span<const ServeSetting> serve_settings() { return kSettings; }

std::optional<HostPort> parse_host_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostPort out;
  if (!read_integer<std::uint16_t>(text.substr(colon + 1), 0, 65535, out.port).empty())
    return std::nullopt;
  std::string address = text.substr(0, colon);
  if (address.empty()) return out;
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  else if (address.find(':') != std::string::npos)
    return std::nullopt;  // IPv6 without brackets: where would the port begin?
  if (!read_address(address, out.address).empty()) return std::nullopt;
  return out;
}

SettingValues parse_serve_config(std::string_view text, const std::string& file) {
  SettingValues out;
  if (text.size() > kConfigFileMax) throw SettingsError(file + ": larger than 1 MiB");
  try {
    const toml::table root = toml::parse(text, file);
    for (const auto& [key, node] : root) {
      const std::string name(key.str());
      const ServeSetting* setting = find_setting(name);
      if (setting == nullptr) fail(file, node, "unknown key \"" + name + "\"");
      Values values;
      if (const toml::array* list = node.as_array(); setting->kind == SettingKind::list && list)
        for (const toml::node& each : *list) values.push_back(scalar(file, *setting, each));
      else
        values.push_back(scalar(file, *setting, node));
      ServeOptions probe;
      if (!values.empty())
        if (const std::string wrong = setting->apply(probe, values); !wrong.empty())
          fail(file, node, "\"" + name + "\" " + wrong);
      out[name] = std::move(values);
    }
  } catch (const toml::parse_error& error) {
    throw SettingsError(file + ", line " + std::to_string(error.source().begin.line) + ": " +
                        std::string(error.description()));
  } catch (const std::logic_error& error) {
    throw SettingsError(file + ": " + error.what());
  }
  return out;
}

SettingValues serve_environment(const std::function<const char*(const char*)>& getenv) {
  SettingValues out;
  for (const ServeSetting& setting : kSettings) {
    const char* text = getenv(variable_of(setting.name).c_str());
    if (text == nullptr) continue;
    Values values;
    std::string_view rest(text);
    while (setting.kind == SettingKind::list && !rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of(", "), rest.size());
      if (end > 0) values.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (setting.kind != SettingKind::list) values.emplace_back(text);
    out[setting.name] = std::move(values);
  }
  return out;
}

void apply_settings(const ServeSources& sources, ServeOptions& options) {
  for (const ServeSetting& setting : kSettings) {
    const struct {
      const SettingValues& values;
      std::string where;
    } layers[] = {{sources.flags, "--" + std::string(setting.name)},
                  {sources.environment, variable_of(setting.name)},
                  {sources.file, sources.file_name + ", \"" + setting.name + "\""}};
    for (const auto& layer : layers) {
      const auto given = layer.values.find(setting.name);
      if (given == layer.values.end()) continue;
      if (given->second.empty()) break;  // an empty list: the default is one, too
      const std::string wrong = setting.apply(options, given->second);
      if (!wrong.empty()) throw SettingsError(layer.where + ": " + wrong);
      break;
    }
  }
}

void check_settings(const ServeOptions& options) {
  const std::string wrong = contradiction(options);
  if (!wrong.empty()) throw SettingsError("serve: " + wrong);
}

std::string print_serve_config(const ServeSources& sources, const ServeOptions& options) {
  std::string out;
  for (const ServeSetting& setting : kSettings) {
    const Values values = setting.show(options);
    std::string text;
    if (setting.kind == SettingKind::list) {
      for (const std::string& value : values) text += (text.empty() ? "" : ", ") + quoted(value);
      text = "[" + text + "]";
    } else {
      text = setting.kind == SettingKind::text ? quoted(values.front()) : values.front();
    }
    const char* from = sources.flags.contains(setting.name)         ? "flag"
                       : sources.environment.contains(setting.name) ? "environment"
                       : sources.file.contains(setting.name)        ? "file"
                                                                    : "default";
    std::string line = std::string(setting.name) + " = " + text;
    if (line.size() < 40) line.append(40 - line.size(), ' ');
    out += line + "  # " + from + ": " + setting.help + "\n";
  }
  return out;
}

}  // namespace skep::origin
