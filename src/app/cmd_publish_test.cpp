// The commands as a person types them: key, publish, verify, show, pointer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/testing/command_line.hpp"
#include "origin/runtime_assets.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::app {
namespace {

namespace fs = std::filesystem;
using origin::testing::read;
using origin::testing::TempDirectory;
using origin::testing::write;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::run;

class Commands : public ::testing::Test {
 protected:
  void SetUp() override {
    origin::testing::write_small_site(directory / "site");
    ASSERT_EQ(run("key new -o " + key).code, 0);
  }
  Outcome publish(const std::string& more = "") const {
    return run("publish " + site + " -o " + out + " --key " + key + " " + more);
  }

  const TempDirectory directory;
  const std::string site = (directory / "site").string();
  const std::string out = (directory / "out").string();
  const std::string key = (directory / "key").string();
};

TEST_F(Commands, KeyShowPrintsThePublicHalfOnly) {
  const std::string secret = nlohmann::json::parse(read(key))["secret"];
  const std::string known = nlohmann::json::parse(read(key))["public"];
  for (const char* command : {"key show ", "key show --json ", "show ", "show --json "}) {
    const Outcome outcome = run(command + key);
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr(known)) << command;
    EXPECT_EQ(outcome.out.find(secret), std::string::npos) << command;
  }
  EXPECT_THAT(run("key new -o " + key).error, HasSubstr("never overwritten"));
}

TEST_F(Commands, PublishVerifyShowAndRenew) {
  const Outcome published = publish("--inject --json");
  if (origin::runtime_assets().empty()) {  // the web runtime was not built before this program
    EXPECT_EQ(published.code, 1);
    EXPECT_THAT(published.error, HasSubstr("./dev build"));
    return;
  }
  ASSERT_EQ(published.code, 0) << published.error;
  const auto report = nlohmann::json::parse(published.out);
  EXPECT_EQ(report["shared"]["files"], 8);
  EXPECT_EQ(report["injected_pages"], 2);
  EXPECT_THAT(publish("--inject --name another --share members/** --tracker wss://t/ -j 1").out,
              HasSubstr("shared     8 files"));
  const Outcome verified = run("verify " + out);
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_EQ(run("verify " + out + " --key " + report["key"].get<std::string>()).code, 0);
  EXPECT_EQ(run("verify " + out + " --key " + std::string(64, '0')).code, 1);
  EXPECT_EQ(run("pointer renew " + out + " --key " + key + " --days 3").code, 0);
  EXPECT_THAT(run("pointer off " + out + " --key " + key + " --forget").out,
              HasSubstr("delete what they keep"));
  EXPECT_THAT(run("pointer renew " + out + " --key " + key).out, HasSubstr("still switched off"));
  EXPECT_THAT(run("verify " + out).out, HasSubstr("switched off"));
  EXPECT_THAT(run("pointer on " + out + " --key " + key).out, HasSubstr("switched on until"));
  const auto shown = nlohmann::json::parse(run("show --json " + out).out);
  EXPECT_EQ(shown["torrents"][0]["name"], "another");
  EXPECT_EQ(shown["torrents"][0]["trackers"][0][0], "wss://t/");
  write(directory / "out/assets/one", "2");
  const Outcome damaged = run("verify " + out);
  EXPECT_EQ(damaged.code, 1);
  EXPECT_THAT(damaged.out, HasSubstr("assets/one: differs from what was published"));
}

TEST_F(Commands, PublishExplainsItsRulesWithoutAKey) {
  const Outcome told = run("publish " + site + " --explain assets/one .env index.html");
  EXPECT_EQ(told.code, 0) << told.error;
  EXPECT_THAT(told.out, HasSubstr("assets/one: shared: share rule \"assets/**\" (skep.toml)\n"));
  EXPECT_THAT(told.out, HasSubstr(".env: withheld: built in: "));
  EXPECT_THAT(told.out, HasSubstr("index.html: private: no rule matches"));
  const Outcome absent = run("publish " + site + " --json --explain assets/none");
  EXPECT_EQ(absent.code, 1);
  const auto json = nlohmann::json::parse(absent.out);
  EXPECT_EQ(json[0]["exists"], false);
  EXPECT_EQ(json[0]["label"], "shared");
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(Commands, MistakesAreOneClearLine) {
  EXPECT_EQ(run("publish " + site).code, 2);
  EXPECT_EQ(publish("--piece-length 999999999").code, 2);
  EXPECT_THAT(run("publish " + site + " -o " + out + " --key " + out).error,
              HasSubstr("skep key new"));
  for (const char* wrong :
       {"-j -1", "-j 100000", "--days 0", "--days nan", "--tracker here", "--tracker wss://",
        "--tracker ftp://a/", "--tracker wss://a:99999/", "--tracker udp://a:x",
        "--web-seed ws://a/", "--web-seed https://a/\xc3\xa9"}) {
    EXPECT_EQ(publish(wrong).code, 2) << wrong;
    EXPECT_FALSE(fs::exists(out)) << wrong;
  }
  EXPECT_EQ(publish("-j 2 --tracker wss://a.example/t --tracker udp://a.example:80 --web-seed "
                    "https://a.example/")
                .code,
            0);
  EXPECT_EQ(run("show " + site).code, 1);
  EXPECT_EQ(run("pointer renew " + site + " --key " + key).code, 1);
}

}  // namespace
}  // namespace skep::app
