/// serve_settings.hpp: what `skep serve` can be told, once: by a flag, by the environment, by a
///                     configuration file, else a default. In this order: the first one wins.
/// CONTRACT  one table describes every setting; flags (`--trusted-proxy`), variables
///           (`SKEP_TRUSTED_PROXY`) and keys (`trusted-proxy`) are made from its name. Strict: an
///           unknown key, a wrong type or an impossible value is a SettingsError that says where.
/// SPEC      docs/serve.md, "Configuration"
/// LIMITS    kConfigFileMax
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "origin/labels_toml.hpp"
#include "origin/serve.hpp"

namespace skep::origin {

inline constexpr std::size_t kConfigFileMax = 1024 * 1024;

enum class SettingKind : std::uint8_t { text, integer, number, flag, list };

struct ServeSetting {
  const char* name;
  const char* help;
  SettingKind kind;
  /// Sets it from text (of a list: all of its texts). RETURNS what is wrong, or nothing.
  std::string (*apply)(ServeOptions& to, const std::vector<std::string>& values);
  std::vector<std::string> (*show)(const ServeOptions& from);
};

std::span<const ServeSetting> serve_settings();

/// "127.0.0.1:9100", "[::1]:9100", ":9100" (this machine).
struct HostPort {
  std::string address = "localhost";
  std::uint16_t port = 0;
};
std::optional<HostPort> parse_host_port(const std::string& text);

/// name → texts.
using SettingValues = std::map<std::string, std::vector<std::string>>;

/// Reads a configuration file's text; `file` is for messages, which name file and line.
SettingValues parse_serve_config(std::string_view text, const std::string& file);
/// SKEP_… variables; lists are separated by commas or spaces.
SettingValues serve_environment(const std::function<const char*(const char*)>& getenv);

/// Where each value came from, for --print-config.
struct ServeSources {
  SettingValues flags;
  SettingValues environment;
  SettingValues file;
  std::string file_name;
};
/// Puts everything into `options`, which holds the defaults. Throws SettingsError.
void apply_settings(const ServeSources& sources, ServeOptions& options);
/// Values that contradict each other. Throws SettingsError.
void check_settings(const ServeOptions& options);
/// The settings in effect as a configuration file, with a comment that says where each is from.
std::string print_serve_config(const ServeSources& sources, const ServeOptions& options);

}  // namespace skep::origin
