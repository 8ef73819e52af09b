#include "origin/labels_toml.hpp"

#include <fstream>
#include <iterator>

#include "net/http_fields.hpp"
#include "origin/toml.hpp"
#include "site/glob.hpp"

namespace skep::origin {
namespace {

[[noreturn]] void fail(const std::string& name, const toml::node& at, const std::string& why) {
  throw SettingsError(name + ", line " + std::to_string(at.source().begin.line) + ": " + why);
}

std::vector<std::string> read_globs(const std::string& name, const std::string& key,
                                    const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr)
    fail(name, node, "\"" + key + "\" must be a list of globs, as in [\"assets/**\"]");
  std::vector<std::string> out;
  for (const toml::node& item : *list) {
    const auto* text = item.as_string();
    if (text == nullptr) fail(name, item, "\"" + key + "\" must be a list of strings");
    const auto glob = site::Glob::parse(text->get());
    if (!glob.has_value())
      fail(name, item, "\"" + key + "\": \"" + text->get() + "\": " + glob.error().what);
    out.push_back(text->get());
  }
  return out;
}

void read_table(const std::string& name, const std::string& table, const toml::node& node,
                SiteSettings& out) {
  const toml::table* entries = node.as_table();
  if (entries == nullptr) fail(name, node, "\"" + table + "\" must be a table: [" + table + "]");
  for (const auto& [key_view, value] : *entries) {
    const std::string key(key_view.str());
    if (table == "labels" && key == "share")
      out.share = read_globs(name, key, value);
    else if (table == "labels" && key == "private")
      out.keep_private = read_globs(name, key, value);
    else if (table == "offline" && key == "pages")
      out.offline_pages = read_globs(name, key, value);
    else if (table == "precache" && key == "files")
      out.precache = read_globs(name, key, value);
    else
      fail(name, value,
           "unknown key \"" + key + "\" in [" + table + "] (known: " +
               (table == "labels"    ? "share, private"
                : table == "offline" ? "pages"
                                     : "files") +
               ")");
  }
}

/// [[cache]] paths = ["assets/**"] control = "public, max-age=3600"
void read_cache(const std::string& name, const toml::node& node, SiteSettings& out) {
  const toml::array* list = node.as_array();
  if (list == nullptr) fail(name, node, "\"cache\" must be written as [[cache]], once or more");
  for (const toml::node& item : *list) {
    const toml::table* entries = item.as_table();
    if (entries == nullptr) fail(name, item, "\"cache\" must be written as [[cache]]");
    CacheRule rule;
    for (const auto& [key_view, value] : *entries) {
      const std::string key(key_view.str());
      if (key == "paths") {
        for (const std::string& glob : read_globs(name, key, value))
          rule.paths.push_back(*site::Glob::parse(glob));
      } else if (key == "control") {
        const auto* text = value.as_string();
        if (text == nullptr || !is_cache_control(text->get()))
          fail(name, value, "\"control\" must be a Cache-Control value, as in \"max-age=3600\"");
        if (net::names_token(text->get(), "private") || net::names_token(text->get(), "no-store"))
          fail(
              name, value,
              "\"control\" is of shared files, and what is private or no-store must not be shared; "
              "name these paths in [labels] private");
        rule.control = text->get();
      } else {
        fail(name, value, "unknown key \"" + key + "\" in [[cache]] (known: paths, control)");
      }
    }
    if (rule.paths.empty() || rule.control.empty())
      fail(name, item, "[[cache]] needs \"paths\" and \"control\"");
    out.cache.push_back(std::move(rule));
  }
}

}  // namespace

SiteSettings parse_settings(std::string_view text, const std::string& name) {
  SiteSettings out;
  try {
    const toml::table root = toml::parse(text, name);
    for (const auto& [key_view, value] : root) {
      const std::string key(key_view.str());
      if (key != "labels" && key != "offline" && key != "cache" && key != "precache")
        fail(name, value,
             "unknown key \"" + key + "\" (known: [labels], [offline], [[cache]], [precache])");
      if (key == "cache")
        read_cache(name, value, out);
      else
        read_table(name, key, value, out);
    }
  } catch (const toml::parse_error& error) {
    throw SettingsError(name + ", line " + std::to_string(error.source().begin.line) + ": " +
                        std::string(error.description()));
  } catch (const std::logic_error& error) {
    throw SettingsError(name + ": " + error.what());
  }
  return out;
}

site::LabelRules label_rules(const SiteSettings& settings, const std::vector<std::string>& share) {
  site::LabelRules rules;
  const auto add = [&](const std::vector<std::string>& globs, auto member) {
    for (const std::string& glob : globs)
      if (const auto added = (rules.*member)(glob); !added.has_value())
        throw SettingsError("label \"" + glob + "\": " + added.error().what);
  };
  add(settings.share, &site::LabelRules::add_share);
  add(share, &site::LabelRules::add_share);
  add(settings.keep_private, &site::LabelRules::add_private);
  return rules;
}

SiteSettings read_settings(const std::filesystem::path& root) {
  const std::filesystem::path path = root / "skep.toml";
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return {};
  if (!std::filesystem::is_regular_file(path, none))
    throw SettingsError(path.string() + ": is not a file");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw SettingsError(path.string() + ": cannot be read");
  return parse_settings(text, path.string());
}

}  // namespace skep::origin
