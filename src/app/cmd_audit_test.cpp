// `skep audit` and `skep doctor` as a person types them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/testing/command_line.hpp"
#include "origin/testing/live_site.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::app {
namespace {

using origin::testing::LiveSite;
using origin::testing::TempDirectory;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::run;

class Outside : public ::testing::Test {
 protected:
  void SetUp() override {
    origin::testing::write_small_site(directory / "site");
    origin::testing::write(directory / "site/members/page.css", std::string(100'000, 'a'));
    origin::PublishOptions options =
        origin::testing::options_for(directory / "site", directory / "out");
    options.inject = true;
    origin::publish(options);
  }

  const TempDirectory directory;
};

TEST_F(Outside, AuditSaysWhatAFileCosts) {
  const std::string site = (directory / "site").string();
  const Outcome text = run("audit " + site + " --visits 1000 --price 0.5");
  EXPECT_EQ(text.code, 0) << text.error;
  EXPECT_THAT(text.out, HasSubstr("assuming   1000 visits"));
  EXPECT_THAT(text.out, HasSubstr("not-compressed  members/page.css"));
  const auto json =
      nlohmann::json::parse(run("audit --json --visits 1000 --price 0.5 " + site).out);
  const auto& worst = json["findings"][0];
  EXPECT_EQ(worst["path"], "members/page.css");
  EXPECT_GT(worst["saves_bytes"], 49'000'000);  // half of the visits find it kept
  EXPECT_NEAR(worst["saves_money"].get<double>(), worst["saves_bytes"].get<double>() / 1e9 * 0.5,
              1e-9);
}

TEST_F(Outside, NumbersThatAreNoneAreRefused) {
  const std::string audit = "audit " + (directory / "site").string();
  for (const char* wrong : {"--visits -5", "--visits 1e3", "--visits 99999999999999999999",
                            "--price nan", "--price -1", "--price inf", "--price 1x",
                            "--returning nan", "--peer-share 1.1", "--pages 0", "--files -1"}) {
    const Outcome outcome = run(audit + " " + wrong);
    EXPECT_EQ(outcome.code, 2) << wrong;
    EXPECT_THAT(outcome.error, HasSubstr("must be a")) << wrong;
  }
  EXPECT_EQ(run(audit + " --visits 1000000000000 --price 1e-3 --returning 1").code, 0);
  EXPECT_EQ(run("doctor http://localhost/ --timeout nan").code, 2);
}

TEST_F(Outside, AuditLooksAtRunningSites) {
  const LiveSite live(directory / "out");
  const Outcome outcome = run("audit -q --json " + live.url().text());
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["files"], 1);  // the page links to nothing
  EXPECT_EQ(run("audit " + live.url("/nothing").text()).code, 1);
  EXPECT_EQ(run("audit ftp://x/").code, 2);
  EXPECT_EQ(run("audit /no/such/directory").code, 2);
  EXPECT_EQ(run("audit --returning 2 " + directory.path().string()).code, 2);
}

TEST_F(Outside, DoctorEndsWithOneWhenThereAreProblems) {
  const LiveSite live(directory / "out");
  const Outcome well = run("doctor --verbose --path assets/one " + live.url().text());
  EXPECT_EQ(well.code, 0) << well.out;
  EXPECT_THAT(well.out, HasSubstr("Peers can be used."));
  EXPECT_THAT(well.out, HasSubstr("assets/one is shared."));
  const Outcome ill = run("doctor --json --path members/page.css " + live.url().text());
  EXPECT_EQ(ill.code, 1);
  const auto json = nlohmann::json::parse(ill.out);
  EXPECT_EQ(json["healthy"], false);
  EXPECT_EQ(json["findings"][0]["id"], "label-private");
  EXPECT_EQ(json["findings"][0]["detail"], "members/page.css");
  EXPECT_EQ(run("doctor").code, 2);
  EXPECT_EQ(run("doctor ftp://a/").code, 2);
}

TEST_F(Outside, ServersDoNotWriteOnTheTerminal) {
  const LiveSite live("", {{"/", [](const net::HttpRequest&) {
                              return origin::testing::reply_with(
                                  200, "", "<script src='skep.js?\x1b[31m'></script>");
                            }}});
  const Outcome outcome = run("doctor " + live.url().text());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace skep::app
