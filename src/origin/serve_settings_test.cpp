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
  EXPECT_THAT(why_not("\naddress = \"everywhere\""),
              HasSubstr("serve.toml, line 2: \"address\" must be an IP address"));
  for (const char* wrong : {"127.0.0.1:80", "[::1]", "localhost:80", "example.org", ""})
    EXPECT_THAT(why_not("address = \"" + std::string(wrong) + "\""), HasSubstr("IP address"));
  for (const char* right : {"localhost", "0.0.0.0", "::", "::1", "2001:db8::7", "::ffff:10.0.0.1"})
    EXPECT_EQ(why_not("address = \"" + std::string(right) + "\""), "");
  for (const char* wrong : {"http://a", "stun:", "a", "turn://a"})
    EXPECT_THAT(why_not("ice = \"" + std::string(wrong) + "\""), HasSubstr("no STUN or TURN"));
  EXPECT_EQ(why_not("ice = [\"turns:a.example:443?transport=tcp\"]"), "");
  EXPECT_THAT(why_not("allow-key = \"12\""), HasSubstr("\"12\" is no public key"));
  EXPECT_THAT(why_not("allow-key = \"" + std::string(64, 'g') + "\""), HasSubstr("no public key"));
  EXPECT_EQ(why_not("allow-key = \"" + std::string(64, 'a') + "\""), "");
  for (const char* wrong : {"9100", "127.0.0.1", "127.0.0.1:", "::1:9100", "h:9100", "[::1]"})
    EXPECT_THAT(why_not("metrics-address = \"" + std::string(wrong) + "\""),
                HasSubstr("address:port"))
        << wrong;
  for (const char* right : {"127.0.0.1:9100", "[::1]:9100", ":9100", "localhost:0", ""})
    EXPECT_EQ(why_not("metrics-address = \"" + std::string(right) + "\""), "") << right;
  EXPECT_THAT(why_not("root = \"a\\u0000b\""), HasSubstr("line 1: \"root\" has a NUL"));
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

TEST(ServeSettings, ValuesThatContradictEachOtherAreRefused) {
  const auto refused = [](SettingValues flags) -> std::string {
    ServeOptions options;
    try {
      apply_settings({std::move(flags), {}, {}, {}}, options);
      check_settings(options);
    } catch (const SettingsError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(refused({{"tls-cert", {"a"}}}), HasSubstr("belong together"));
  EXPECT_THAT(refused({{"redirect-port", {"80"}}}), HasSubstr("needs tls-cert"));
  SettingValues tls = {{"tls-cert", {"a"}}, {"tls-key", {"b"}}, {"redirect-port", {"8080"}}};
  EXPECT_THAT(refused(tls), HasSubstr("the same"));
  tls["redirect-port"] = {"80"};
  EXPECT_EQ(refused(tls), "");
  EXPECT_THAT(refused({{"admin", {"true"}}, {"quiet", {"true"}}}), HasSubstr("admin-token-file"));
}

TEST(ServeSettings, WhatIsPrintedCanBeReadWhateverIsInIt) {
  ServeSources sources;
  sources.flags = {{"root", {"a\"b\\c\nd\te\x7f\u00e9"}}, {"rate", {"0.25"}}};
  ServeOptions options;
  apply_settings(sources, options);
  const std::string shown = print_serve_config(sources, options);
  EXPECT_THAT(shown, HasSubstr("rate = 0.25 "));
  ServeOptions again;
  apply_settings({{}, {}, parse_serve_config(shown, "shown"), "shown"}, again);
  EXPECT_EQ(again.root, options.root);
  EXPECT_EQ(again.rate_mbit, 0.25);
}

TEST(ServeSettings, EveryNameIsADifferentOne) {
  std::map<std::string, int> names;
  for (const ServeSetting& setting : serve_settings()) EXPECT_EQ(++names[setting.name], 1);
  EXPECT_GT(names.size(), 15u);
}

}  // namespace
}  // namespace skep::origin
