#include "origin/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/hex.hpp"
#include "origin/pointer_renew.hpp"
#include "origin/show.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using namespace testing;
using ::testing::HasSubstr;

class Verify : public ::testing::Test {
 protected:
  void SetUp() override {
    write_small_site(directory / "site");
    report = publish(options_for(directory / "site", out));
    ASSERT_EQ(problems_of(out), "");
  }
  fs::path torrent() const {
    return out / ".well-known/skep" / (codec::encode_hex(report.info_hash.view()) + ".torrent");
  }
  void flip(const fs::path& path, std::size_t at) const {
    std::string content = read(path);
    content.at(at) = static_cast<char>(content.at(at) ^ 1);
    write(path, content);
  }

  const TempDirectory directory;
  const fs::path out = directory / "out";
  PublishReport report;
};

TEST_F(Verify, NamesAFlippedByte) {
  flip(out / "assets/big.bin", 299'999);
  EXPECT_EQ(problems_of(out), "assets/big.bin: differs from what was published\n");
}

TEST_F(Verify, NamesAMissingAndALongerFile) {
  fs::remove(out / "assets/one");
  write(out / "assets/block.bin", noise(16'385, 3));
  EXPECT_EQ(problems_of(out),
            "assets/block.bin: has 16385 bytes, the torrent says 16384\n"
            "assets/one: missing, but the torrent names it\n");
}

TEST_F(Verify, NamesADamagedVariant) {
  flip(out / "assets/app.js.gz", 30);
  write(out / "assets/one.br", "not brotli");
  EXPECT_EQ(problems_of(out),
            "assets/app.js.gz: differs from what was published\n"
            "assets/app.js.gz: does not decompress to assets/app.js\n"
            "assets/one.br: does not decompress to assets/one\n");
}

TEST_F(Verify, NamesPointerTorrentRuntimeAndOfflineFaults) {
  flip(torrent(), 100);
  EXPECT_THAT(problems_of(out), HasSubstr(".torrent: "));
  fs::remove(torrent());
  EXPECT_THAT(problems_of(out), HasSubstr("missing, but the pointer names it"));
  fs::remove(out / "skep-sw.js");
  EXPECT_THAT(problems_of(out), HasSubstr("skep-sw.js: missing"));
  flip(out / "index.html", 3);
  EXPECT_THAT(problems_of(out), HasSubstr("index.html: differs from what offline.json says"));
  for (const char* other :
       {"[]", R"({"pages":5})", R"({"pages":[{"url":5,"sha256":""}]})",
        R"({"pages":[{"url":"index.html","sha256":[]}]})", R"({"pages":["index.html"]})"}) {
    write(out / ".well-known/skep/offline.json", other);
    EXPECT_THAT(problems_of(out), HasSubstr("offline.json: is not the JSON it should be")) << other;
  }
  flip(out / ".well-known/skep/latest", 60);
  EXPECT_THAT(problems_of(out), HasSubstr("latest: "));
  fs::remove(out / ".well-known/skep/latest");
  EXPECT_THAT(problems_of(out), HasSubstr("latest: missing"));
}

TEST_F(Verify, NamesARuntimePartThatIsNotItsName) {
  for (const auto& entry : fs::directory_iterator(out / ".well-known/skep/rt"))
    if (entry.path().extension() == ".js") flip(entry.path(), 5);
  EXPECT_THAT(problems_of(out), HasSubstr("its content is not what its name says"));
}

TEST_F(Verify, ChecksKeyAndExpiry) {
  VerifyOptions options;
  options.publication = out;
  options.runtime = tiny_runtime();
  options.now_s = report.expires_s;
  ASSERT_EQ(verify_publication(options).problems.size(), 1u);
  EXPECT_THAT(verify_publication(options).problems[0], HasSubstr("expired"));
  options.now_s = report.seq;
  options.key = generate_key().public_key;
  ASSERT_EQ(verify_publication(options).problems.size(), 1u);
  EXPECT_THAT(verify_publication(options).problems[0], HasSubstr("another key"));
  options.key = test_key().public_key;
  const VerifyReport good = verify_publication(options);
  EXPECT_TRUE(good.problems.empty());
  EXPECT_EQ(good.files, 8u);
}

TEST_F(Verify, ShowDescribesEachKindOfFile) {
  const auto publication = describe(out);
  EXPECT_EQ(publication["kind"], "publication");
  EXPECT_EQ(publication["pointer"]["signature_valid"], true);
  EXPECT_EQ(publication["torrents"][0]["files"].size(), 8u);
  EXPECT_EQ(publication["torrents"][0]["urls"]["docs/"], "docs/index.html");
  EXPECT_THAT(print_human(publication), HasSubstr("assets/big.bin"));
  EXPECT_EQ(describe(torrent())["kind"], "torrent");
  EXPECT_EQ(describe(out / ".well-known/skep/latest")["kind"], "pointer");
  EXPECT_THROW(describe(out / "index.html"), std::runtime_error);
  EXPECT_THROW(describe(directory / "site"), std::runtime_error);
  EXPECT_EQ(print_bytes(999), "999 B");
  EXPECT_EQ(print_bytes(1'500'000), "1.5 MB");
  EXPECT_EQ(print_time(0), "1970-01-01 00:00:00 UTC");
}

}  // namespace
}  // namespace skep::origin
