// A site's skep.toml with any bytes: settings whose globs all work, or a sentence.
#include <string>

#include "base/assert.hpp"
#include "origin/labels_toml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep;
  origin::SiteSettings settings;
  try {
    settings = origin::parse_settings(base::as_text(base::ByteView(data, size)), "skep.toml");
  } catch (const origin::SettingsError& error) {
    SKEP_ASSERT(std::string(error.what()).starts_with("skep.toml"));
    return 0;
  }
  const site::LabelRules rules = origin::label_rules(settings, {});
  static_cast<void>(rules.decide("assets/a.js"));
  for (const auto& globs : {settings.offline_pages, settings.precache})
    for (const std::string& each : globs) SKEP_ASSERT(site::Glob::parse(each).has_value());
  for (const origin::CacheRule& rule : settings.cache)
    SKEP_ASSERT(!rule.paths.empty() && origin::is_cache_control(rule.control));
  static_cast<void>(origin::cache_control_for(settings.cache, "assets/a.js"));
  return 0;
}
