// What stands around the files: the access log, the swarms a tracker allows, a site's directory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "origin/access_log.hpp"
#include "origin/allowed_swarms.hpp"
#include "origin/signature.hpp"
#include "origin/static_site.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using base::Errc;

TEST(AccessLog, ALineIsJsonWhateverTheClientSent) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/a\"b\\c\x01\xff";
  request.remote = "127.0.0.1";
  request.range = "bytes=0-9";
  request.user_agent = "line\nbreak";
  request.skep = "engine";
  const std::string line = access_line(
      request,
      {.status = 206, .body_bytes = 10, .took = base::microseconds(1234), .complete = true},
      1'795'354'740'007);
  ASSERT_TRUE(line.ends_with("\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], "2026-11-22T13:39:00.007Z");
  EXPECT_EQ(json["path"], "/a\"b\\c\x01\xc3\xbf");
  EXPECT_EQ(json["status"], 206);
  EXPECT_EQ(json["bytes_sent"], 10);
  EXPECT_EQ(json["range"], "bytes=0-9");
  EXPECT_DOUBLE_EQ(json["duration_ms"].get<double>(), 1.234);
  EXPECT_EQ(json["user_agent"], "line\nbreak");
  EXPECT_EQ(json["engine"], true);
  EXPECT_EQ(json["complete"], true);
}

TEST(AccessLog, LongTextsAreCut) {
  net::HttpRequest request;
  const std::string target(100'000, 'a');
  request.target = target;
  EXPECT_LT(access_line(request, {}, 0).size(), kLoggedTextMax + 400);
}

TEST(AccessLog, AFileThatCannotBeWrittenIsNamed) {
  EXPECT_THROW(AccessLog("/nonexistent/folder/log"), std::runtime_error);
}

TEST(AccessLog, GoesOnInANewFileAfterARename) {
  const std::string path = (fs::temp_directory_path() / "skep-access-log-test").string();
  const auto size = [](const std::string& of) { return fs::exists(of) ? fs::file_size(of) : 0; };
  fs::remove(path);
  AccessLog log(path);
  log.write({}, {});
  const auto line = size(path);
  fs::rename(path, path + ".1");
  log.write({}, {});
  EXPECT_EQ(size(path + ".1"), 2 * line);
  EXPECT_EQ(log.reopen(), "");
  log.write({}, {});
  EXPECT_EQ(size(path), line);
  EXPECT_EQ(size(path + ".1"), 2 * line);
  fs::remove(path + ".1");
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_NE(log.reopen(), "") << "then the old one stays";
  fs::remove(path);
}

class AllowedSwarmsTest : public testing::Test {
 protected:
  static crypto::Digest256 hash(base::Byte fill) {
    crypto::Digest256 out;
    out.bytes.fill(fill);
    return out;
  }
  static base::Bytes pointer(const KeyPair& key, base::Byte fill, std::int64_t seq = 1,
                             std::int64_t expires_s = 1000) {
    return site::encode_pointer(sign_pointer(key, seq, expires_s, {hash(fill)}));
  }
  const KeyPair key_ = generate_key();
  const KeyPair other_ = generate_key();
  AllowedSwarms allowed_{{key_.public_key}};
};

TEST_F(AllowedSwarmsTest, AnAllowedKeysPointerOpensItsSwarmsUntilItExpires) {
  EXPECT_TRUE(*allowed_.offer_pointer(pointer(key_, 1), 0));
  EXPECT_FALSE(*allowed_.offer_pointer(pointer(key_, 1), 0)) << "known already";
  EXPECT_EQ(allowed_.info_hashes(), std::vector{crypto::shorten(hash(1))});
  EXPECT_FALSE(allowed_.expire(999));
  EXPECT_TRUE(allowed_.expire(1000));
  EXPECT_TRUE(allowed_.info_hashes().empty());
}

TEST_F(AllowedSwarmsTest, OtherPointersOpenNothing) {
  EXPECT_EQ(allowed_.offer_pointer(pointer(other_, 1), 0).code(), Errc::bad_signature);
  EXPECT_EQ(allowed_.offer_pointer(pointer(key_, 1), 1000).code(), Errc::expired);
  EXPECT_FALSE(allowed_.offer_pointer({}, 0));
  // Another hash under a signature that was accepted for this one.
  ASSERT_TRUE(allowed_.offer_pointer(pointer(key_, 1), 0));
  base::Bytes forged = pointer(key_, 1);
  for (base::Byte& octet : forged)
    if (octet == 1) octet = 2;
  EXPECT_FALSE(allowed_.offer_pointer(forged, 0));
  EXPECT_EQ(allowed_.info_hashes().size(), 1u);
}

TEST_F(AllowedSwarmsTest, OneKeyHasABoundedNumberOfPointers) {
  for (std::size_t i = 0; i < kPointersPerKeyMax + 5; ++i)
    ASSERT_TRUE(allowed_.offer_pointer(pointer(key_, static_cast<base::Byte>(i + 1)), 0));
  EXPECT_EQ(allowed_.info_hashes().size(), kPointersPerKeyMax);
}

TEST_F(AllowedSwarmsTest, NobodyMeetsForASiteThatIsSwitchedOff) {
  const auto off = [](const KeyPair& key) {
    const auto pointer = sign_pointer(key, 2, 1000, {hash(1)}, site::Switch::off);
    return site::encode_pointer(pointer);
  };
  const auto text = [](const base::Bytes& bytes) { return std::string(base::as_text(bytes)); };
  EXPECT_TRUE(allowed_.set_site_pointer(text(pointer(other_, 1)), 0));
  EXPECT_TRUE(allowed_.set_site_pointer(text(off(other_)), 10)) << "at once, not in an hour";
  EXPECT_TRUE(allowed_.info_hashes().empty());
  EXPECT_EQ(allowed_.offer_pointer(off(key_), 0).code(), Errc::unsupported);
  EXPECT_TRUE(allowed_.set_site_pointer(text(pointer(other_, 1, 3)), 20)) << "on again";
  EXPECT_EQ(allowed_.info_hashes().size(), 1u);
}

TEST_F(AllowedSwarmsTest, AReplacedVersionStaysForAWhile) {
  const auto text = [](const base::Bytes& bytes) { return std::string(base::as_text(bytes)); };
  EXPECT_TRUE(allowed_.set_site_pointer(text(pointer(other_, 1)), 0)) << "any key: it is our site";
  EXPECT_FALSE(allowed_.set_site_pointer(text(pointer(other_, 1)), 0));
  EXPECT_TRUE(allowed_.set_site_pointer(text(pointer(other_, 2, 2)), 10));
  EXPECT_EQ(allowed_.info_hashes().size(), 2u);
  EXPECT_FALSE(allowed_.set_site_pointer("half a poin", 20)) << "what was served stays served";
  EXPECT_FALSE(allowed_.expire(10 + kReplacedPointerSeconds - 1));
  EXPECT_TRUE(allowed_.expire(10 + kReplacedPointerSeconds));
  EXPECT_EQ(allowed_.info_hashes(), std::vector{crypto::shorten(hash(2))});
}

TEST(StaticSite, NeverServesAKeyFileWhateverItsName) {
  std::string name = (fs::temp_directory_path() / "skep-site-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  std::ofstream(name + "/data.json")
      << R"({"type": "skep-ed25519", "secret": "00", "public": "11"})";
  std::ofstream(name + "/other.json") << R"({"type": "skep-ed25519", "public": "11"})";
  std::ofstream(name + "/404.html") << "not here";
  StaticSite site(name);
  net::HttpRequest request;
  request.method = "GET";
  const auto status = [&](const char* target) {
    request.target = target;
    return site.answer(request, route_request(request)).status;
  };
  EXPECT_EQ(status("/data.json"), 404);
  EXPECT_EQ(status("/other.json"), 200);
  request.target = "/data.json";
  const net::HttpReply reply = site.answer(request, route_request(request));
  ASSERT_NE(reply.file, nullptr);
  EXPECT_EQ(reply.file->read_head(100), "not here");
  fs::remove_all(name);
}

}  // namespace
}  // namespace skep::origin
