#include "origin/admin_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "origin/runtime_assets.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kToken = "0123456789abcdefgh";

class AdminPageTest : public ::testing::Test {
 protected:
  net::HttpReply get(const std::string& name, const std::string& authorization = "",
                     std::string_view method = "GET") {
    net::HttpRequest request;
    request.method = method;
    request.remote = remote;
    request.authorization = authorization;
    auto reply = page.answer(request, std::string(kAdminPath) + name, now);
    EXPECT_TRUE(reply.has_value()) << name;
    return reply ? std::move(*reply) : net::HttpReply();
  }

  std::string pointer;
  std::string remote = "192.0.2.1";
  base::Instant now{1'000'000};
  AdminPage page{kToken, [] { return "{\"version\":\"x\"}"; }, [this] { return pointer; }};
};

TEST_F(AdminPageTest, TheNumbersNeedTheToken) {
  EXPECT_EQ(get("api/metrics").status, 401);
  EXPECT_EQ(get("api/metrics", "Bearer wrong").status, 401);
  EXPECT_EQ(get("api/metrics", kToken).status, 401);
  EXPECT_EQ(get("api/metrics", std::string("Basic ") + kToken).status, 401);
  const net::HttpReply reply = get("api/metrics", std::string("Bearer ") + kToken);
  ASSERT_EQ(reply.status, 200);
  const auto json = nlohmann::json::parse(reply.text);
  EXPECT_EQ(json["metrics"]["version"], "x");
  EXPECT_TRUE(json["site"].is_null());
  EXPECT_THAT(reply.fields, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(reply.fields, Not(HasSubstr("Access-Control-Allow-Origin")));
  EXPECT_THAT(reply.fields, HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(get("api/metrics", std::string("Bearer ") + kToken, "POST").status, 405);
}

TEST_F(AdminPageTest, TellsWhatTheSiteSigned) {
  const auto key = testing::test_key();
  crypto::Digest256 hash;
  const base::Bytes file = site::encode_pointer(sign_pointer(key, 7, 99, {hash}));
  pointer.assign(file.begin(), file.end());
  const auto json = nlohmann::json::parse(get("api/metrics", std::string("Bearer ") + kToken).text);
  EXPECT_EQ(json["site"]["seq"], 7);
  EXPECT_EQ(json["site"]["expires"], 99);
  EXPECT_EQ(json["site"]["info_hashes"][0], std::string(64, '0'));
}

TEST_F(AdminPageTest, ThePageIsForEverybodyAndStrict) {
  if (admin_assets().empty()) return;  // the web runtime was not built before this program
  const net::HttpReply index = get("index.html");
  ASSERT_EQ(index.status, 200);
  EXPECT_THAT(index.text, HasSubstr("<title>Skep admin</title>"));
  EXPECT_THAT(index.fields, HasSubstr("script-src 'self';"));
  for (const RuntimeAsset& asset : admin_assets()) {
    const net::HttpReply reply = get(std::string(asset.path.substr(6)));
    EXPECT_EQ(reply.status, 200) << asset.path;
    EXPECT_THAT(index.fields, HasSubstr("nosniff"));
  }
  for (const RuntimeAsset& asset : runtime_assets())
    EXPECT_THAT(std::string(asset.path), Not(HasSubstr("admin")));
  EXPECT_EQ(get("secret.html").status, 404);
}

TEST_F(AdminPageTest, WithoutATokenThereIsNothing) {
  AdminPage off{"", [] { return "{}"; }, [] { return ""; }};
  net::HttpRequest request;
  request.method = "GET";
  EXPECT_FALSE(off.answer(request, std::string(kAdminPath) + "index.html", now).has_value());
  EXPECT_FALSE(page.answer(request, "index.html", now).has_value());
  EXPECT_FALSE(page.answer(request, ".well-known/skep/latest", now).has_value());
  EXPECT_EQ(page.answer(request, ".well-known/skep/admin", now)->status, 301);
}

TEST_F(AdminPageTest, GuessingHasToWait) {
  const std::string right = std::string("Bearer ") + kToken;
  for (std::size_t i = 0; i < kAdminGuesses; ++i)
    EXPECT_EQ(get("api/metrics", "Bearer wrong").status, 401);
  EXPECT_EQ(get("api/metrics", "Bearer wrong").status, 429);
  EXPECT_EQ(get("api/metrics", right).status, 429) << "even the right one must not be told now";
  remote = "192.0.2.2";
  EXPECT_EQ(get("api/metrics", right).status, 200) << "others go on";
  remote = "192.0.2.1";
  now = now + kAdminWait;
  EXPECT_EQ(get("api/metrics", right).status, 200);
}

TEST_F(AdminPageTest, ManyAddressesCannotLockTheOperatorOut) {
  for (std::size_t i = 0; i < kAdminGuessesKept + 10; ++i) {
    remote = "2001:db8::" + std::to_string(i);
    EXPECT_EQ(get("api/metrics", "Bearer wrong").status, 401);
  }
  remote = "198.51.100.1";
  EXPECT_EQ(get("api/metrics", std::string("Bearer ") + kToken).status, 200);
}

TEST(AdminToken, IsMadeOrRead) {
  EXPECT_NE(make_admin_token(), make_admin_token());
  EXPECT_EQ(make_admin_token().size(), 26u);
  const testing::TempDirectory directory;
  testing::write(directory / "token", "a-token-of-mine-1234\nmore\n");
  EXPECT_EQ(read_admin_token((directory / "token").string()), "a-token-of-mine-1234");
  testing::write(directory / "short", "short\n");
  EXPECT_THROW(read_admin_token((directory / "short").string()), std::runtime_error);
  EXPECT_THROW(read_admin_token((directory / "absent").string()), std::system_error);
}

}  // namespace
}  // namespace skep::origin
