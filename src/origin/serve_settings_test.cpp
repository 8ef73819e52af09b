#include "origin/serve_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace skep::origin {
namespace {

using testing::HasSubstr;

std::string why_not(const std::string& text) {
  try {
    parse_serve_config(text, "serve.toml");
  } catch (const SettingsError& error) {
    return error.what();
  }
  return {};
}

TEST(ServeSettings, FlagsWinOverTheEnvironmentOverTheFileOverDefaults) {
  const std::map<std::string, const char*> variables = {
      {"SKEP_PORT", "2"}, {"SKEP_ADDRESS", "::1"}, {"SKEP_TRUSTED_PROXY", "10.0.0.1, 10.0.0.2"}};
  ServeSources sources;
  sources.file = parse_serve_config(
      "port = 1\naddress = \"0.0.0.0\"\nrate = 5\nice = [\"stun:a\", \"stun:b\"]\n", "serve.toml");
  sources.environment = serve_environment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second;
  });
  sources.flags = {{"port", {"3"}}};
  ServeOptions options;
  apply_settings(sources, options);
  EXPECT_EQ(options.port, 3);
  EXPECT_EQ(options.address, "::1");
  EXPECT_EQ(options.rate_mbit, 5);
  EXPECT_EQ(options.ice, (std::vector<std::string>{"stun:a", "stun:b"}));
  EXPECT_EQ(options.trusted_proxies, (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(options.log_format, "text");
  const std::string shown = print_serve_config(sources, options);
  EXPECT_THAT(shown, HasSubstr("port = 3 "));
  EXPECT_THAT(shown, HasSubstr("# flag: 0 takes a free one"));
  EXPECT_THAT(shown, HasSubstr("# environment: an IP address to listen on"));
  EXPECT_THAT(shown, HasSubstr("# file: Mbit/s"));
  ServeOptions again;
  apply_settings({{}, {}, parse_serve_config(shown, "shown"), "shown"}, again);
  EXPECT_EQ(print_serve_config(sources, again), shown) << "what is printed can be read";
}

TEST(ServeSettings, MistakesAreNamedWithTheirLine) {
  EXPECT_THAT(why_not("port = 1\n\nprot = 2\n"),
              HasSubstr("serve.toml, line 3: unknown key \"prot\""));
  EXPECT_THAT(why_not("port = \"80\""), HasSubstr("line 1: \"port\" must be a whole number"));
  EXPECT_THAT(why_not("port = 70000"), HasSubstr("from 0 to 65535"));
  EXPECT_THAT(why_not("[port]\n"), HasSubstr("line 1"));
  EXPECT_THAT(why_not("port = 1\nport = 2"), HasSubstr("line 2"));
  EXPECT_THAT(why_not("trusted-proxy = [\"nowhere\"]"), HasSubstr("\"nowhere\" is no address"));
  EXPECT_THAT(why_not("log-level = \"loud\""), HasSubstr("must be one of debug, info"));
  EXPECT_THAT(why_not("quiet = 1"), HasSubstr("must be true or false"));
  EXPECT_EQ(why_not(""), "");
  ServeOptions options;
  try {
    apply_settings({{{"port", {"x"}}}, {}, {}, {}}, options);
    ADD_FAILURE();
  } catch (const SettingsError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--port: must be a whole number"));
  }
}

TEST(ServeSettings, EveryNameIsADifferentOne) {
  std::map<std::string, int> names;
  for (const ServeSetting& setting : serve_settings()) EXPECT_EQ(++names[setting.name], 1);
  EXPECT_GT(names.size(), 15u);
}

}  // namespace
}  // namespace skep::origin
