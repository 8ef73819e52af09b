#include "origin/publish.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "codec/hex.hpp"
#include "crypto/sha256.hpp"
#include "origin/compress.hpp"
#include "origin/pointer_renew.hpp"
#include "origin/testing/publish_site.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using namespace testing;
using ::testing::HasSubstr;

std::string error_of(const PublishOptions& options) {
  try {
    publish(options);
  } catch (const PublishError& error) {
    return error.what();
  }
  return {};
}

std::string torrent_of(const PublishReport& report) {
  return read(report.out / ".well-known/skep" /
              (codec::encode_hex(report.info_hash.view()) + ".torrent"));
}

class Publish : public ::testing::Test {
 protected:
  void SetUp() override { write_small_site(site); }
  PublishOptions options() const { return options_for(site, out); }

  const TempDirectory directory;
  const fs::path site = directory / "site";
  const fs::path out = directory / "out";
};

TEST_F(Publish, MakesADirectoryThatVerifies) {
  const PublishReport report = publish(options());
  EXPECT_EQ(problems_of(out), "");
  EXPECT_EQ(report.shared.files, 8u);
  EXPECT_EQ(report.kept_private.files, 2u);
  EXPECT_EQ(read(out / "assets/big.bin"), read(site / "assets/big.bin"));
  EXPECT_EQ(read(out / "members/secret-list.txt"), read(site / "members/secret-list.txt"));
  EXPECT_TRUE(fs::exists(out / "assets/app.js.br"));
  EXPECT_TRUE(fs::exists(out / "assets/app.js.gz"));
  EXPECT_FALSE(fs::exists(out / "assets/big.bin.gz"));
  for (const char* secret : {"skep.toml", ".env", "assets/tls.key"})
    EXPECT_FALSE(fs::exists(out / secret)) << secret;
  EXPECT_EQ(report.withheld.size(), 3u);
}

TEST_F(Publish, TheTorrentNamesShareableFilesOnly) {
  const std::string bytes = torrent_of(publish(options()));
  for (const char* name : {"secret-list", "members", ".env", "tls.key", "skep.toml", "app.js.br"})
    EXPECT_EQ(bytes.find(name), std::string::npos) << name;
  const auto metainfo = torrent::parse_metainfo(base::as_bytes(bytes));
  ASSERT_TRUE(metainfo.has_value());
  EXPECT_EQ(metainfo->info.files.size(), 8u);
  EXPECT_NE(bytes.find("\xe7\x8c\xab & dog#1.png"), std::string::npos);
}

TEST_F(Publish, WhatCompressesIsSharedInItsCompressedForm) {
  const PublishReport report = publish(options());
  const std::string bytes = torrent_of(report);
  const auto metainfo = torrent::parse_metainfo(base::as_bytes(bytes));
  ASSERT_TRUE(metainfo.has_value());
  std::vector<std::string> paths;
  for (const auto& file : metainfo->info.files) paths.push_back(file.path);
  EXPECT_THAT(paths, ::testing::Contains("assets/app.js.gz"));
  EXPECT_THAT(paths, ::testing::Not(::testing::Contains("assets/app.js")));
  EXPECT_THAT(paths, ::testing::Contains("assets/big.bin"));
  EXPECT_EQ(report.swarm_forms.files, 1u);
  EXPECT_EQ(report.swarm_forms.bytes, fs::file_size(out / "assets/app.js.gz"));
  PublishOptions plain = options();
  plain.compress = false;
  EXPECT_EQ(publish(plain).swarm_forms.files, 0u);
  EXPECT_EQ(problems_of(out), "");
}

TEST_F(Publish, AFileOfTheSitesOwnIsNoSwarmForm) {
  publish(options());
  fs::copy(out / "assets/app.js.gz", site / "assets/app.js.gz");
  const PublishReport report = publish(options());
  EXPECT_EQ(report.swarm_forms.files, 0u);
  EXPECT_EQ(problems_of(out), "");
}

TEST_F(Publish, AVariantThatCannotHaveItsNameIsNotMade) {
  std::string text;
  while (text.size() < 20'000) text += "what compresses well; ";
  const std::string longest = "assets/" + std::string(251, 'n') + ".css";
  write(site / longest, text);
  write(site / "assets/taken.css", text);
  write(site / "assets/taken.css.gz/inside.bin", "1");
  const PublishReport report = publish(options());
  EXPECT_EQ(problems_of(out), "");
  EXPECT_EQ(read(out / longest), text);
  EXPECT_TRUE(fs::exists(out / "assets/taken.css.br"));
  const std::string torrent = torrent_of(report);
  EXPECT_THAT(torrent, HasSubstr("taken.css.gz"));
  EXPECT_THAT(torrent, HasSubstr(std::string(251, 'n') + ".css"));
}

TEST_F(Publish, TheSameSiteHasTheSameInfoHash) {
  const PublishReport first = publish(options());
  PublishOptions again = options();
  again.threads = 1;
  const PublishReport second = publish(again);
  EXPECT_EQ(first.info_hash, second.info_hash);
  EXPECT_GT(second.seq, first.seq);
  const TempDirectory elsewhere;
  fs::copy(site, elsewhere / "copy", fs::copy_options::recursive);
  PublishOptions moved = options_for(elsewhere / "copy", elsewhere / "out");
  EXPECT_EQ(publish(moved).info_hash, first.info_hash);
  write(site / "assets/one", "2");
  EXPECT_NE(publish(options()).info_hash, first.info_hash);
  EXPECT_EQ(problems_of(out), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 2);
}

TEST_F(Publish, LargeFilesHashTheSameWithAnyThreadsAndPieces) {
  write(site / "assets/large.bin", noise(20'000'003, 9));
  for (const std::uint32_t length : {16384u, 65536u, 16777216u}) {
    PublishOptions first = options();
    first.piece_length = length;
    first.threads = 1;
    const auto expected = publish(first).info_hash;
    first.threads = 4;
    EXPECT_EQ(publish(first).info_hash, expected);
    EXPECT_EQ(problems_of(out), "");
  }
}

TEST_F(Publish, InjectChangesPublishedPagesOnly) {
  PublishOptions with = options();
  with.inject = true;
  const PublishReport report = publish(with);
  EXPECT_EQ(report.injected_pages, 2u);
  EXPECT_EQ(problems_of(out), "");
  const std::string key = codec::encode_hex(test_key().public_key.view());
  EXPECT_THAT(read(out / "index.html"), HasSubstr("src=\"skep.js\" data-key=\"" + key));
  EXPECT_THAT(read(out / "docs/index.html"), HasSubstr("src=\"../skep.js\""));
  EXPECT_EQ(read(site / "index.html").find("skep.js"), std::string::npos);
}

TEST_F(Publish, OfflineListNamesPagesAndRuntimeWithTheirHashes) {
  write(
      site / "skep.toml",
      "[labels]\nshare=[\"assets/**\"]\n[offline]\npages=[\"index.html\",\"a b/*.html\",\"x\"]\n");
  write(site / "a b/\xc3\xa4#.html", "page");
  const PublishReport report = publish(options());
  EXPECT_EQ(report.offline_pages, 2u);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_THAT(report.notes[0], HasSubstr("\"x\" names no file"));
  const auto json = nlohmann::json::parse(read(out / ".well-known/skep/offline.json"));
  EXPECT_EQ(json["v"], 1);
  ASSERT_EQ(json["pages"].size(), 5u);
  EXPECT_EQ(json["pages"][0]["url"], "a%20b/%c3%a4%23.html");
  EXPECT_EQ(json["pages"][0]["size"], 4);
  EXPECT_EQ(json["pages"][0]["sha256"],
            codec::encode_hex(crypto::sha256(base::as_bytes("page")).view()));
  EXPECT_EQ(json["pages"][2]["url"], "skep.js");
  EXPECT_EQ(problems_of(out), "");
}

TEST_F(Publish, WhatShallBeThereInAdvanceIsSharedAndNamed) {
  write(site / "skep.toml",
        "[labels]\nshare=[\"assets/**\"]\n[precache]\nfiles=[\"assets/*.bin\",\"members/*\"]\n");
  const PublishReport report = publish(options());
  const auto json = nlohmann::json::parse(read(out / ".well-known/skep/offline.json"));
  EXPECT_THAT(json["pages"], ::testing::IsEmpty()) << "not even the runtime";
  EXPECT_THAT(json["precache"].get<std::vector<std::string>>(),
              ::testing::Contains("assets/big.bin"));
  EXPECT_EQ(json.dump().find("members"), std::string::npos);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_THAT(report.notes[0], HasSubstr("\"members/*\" names no shared file"));
}

TEST_F(Publish, ARuleThatNamesNothingIsNoted) {
  write(site / "skep.toml",
        "[labels]\nshare=[\"assets/**\", \"asets/**\"]\nprivate=[\"membrs/**\", \".git/**\", "
        "\"members/**\"]\n[[cache]]\npaths=[\"index.html\"]\ncontrol=\"no-cache\"\n[[cache]]\n"
        "paths=[\"assets/**\"]\ncontrol=\"no-cache\"\n");
  write(site / ".git/config", "x");
  PublishOptions more = options();
  more.share = {"docs/*.html", "nowhere"};
  EXPECT_THAT(publish(more).notes,
              ::testing::ElementsAre("share: \"asets/**\" names no file",
                                     "share: \"nowhere\" names no file",
                                     "private: \"membrs/**\" names no file",
                                     "[[cache]]: \"index.html\" names no shared file"));
}

TEST_F(Publish, NothingShareableSaysHowToLabel) {
  fs::remove(site / "skep.toml");
  EXPECT_THAT(error_of(options()), HasSubstr("share = [\"assets/**\"]"));
  EXPECT_FALSE(fs::exists(out));
  PublishOptions impatient = options();
  impatient.share = {"assets/*.bin"};
  EXPECT_EQ(publish(impatient).shared.files, 3u);
}

TEST_F(Publish, NamesOfPublicationsAreRefusedInTheSource) {
  for (const char* name : {"skep.js", "skep-sw.js", ".well-known/skep/x"}) {
    write(site / name, "mine");
    EXPECT_THAT(error_of(options()), HasSubstr(name));
    fs::remove(site / name);
  }
  write(site / "sub/skep.js", "fine");
  write(site / "sw.js", "the site's own service worker");
  publish(options());
  EXPECT_EQ(read(out / "sw.js"), "the site's own service worker");
}

TEST_F(Publish, RefusesPlacesWhereItCouldDoHarm) {
  write(directory / "other/precious", "x");
  EXPECT_THAT(error_of(options_for(site, directory / "other")), HasSubstr("will not be replaced"));
  EXPECT_EQ(read(directory / "other/precious"), "x");
  EXPECT_THAT(error_of(options_for(site, site / "out")), HasSubstr("inside of each other"));
  EXPECT_THAT(error_of(options_for(site, directory.path())), HasSubstr("inside of each other"));
  EXPECT_THAT(error_of(options_for(site, directory / "no/such/out")), HasSubstr("no directory"));
  PublishOptions bare = options();
  bare.runtime = {};
  EXPECT_THAT(error_of(bare), HasSubstr("./dev build"));
}

TEST_F(Publish, AnotherKeyNeedsPermission) {
  publish(options());
  PublishOptions other = options();
  other.key = generate_key();
  EXPECT_THAT(error_of(other), HasSubstr("--change-key"));
  other.change_key = true;
  EXPECT_EQ(publish(other).key, other.key.public_key);
}

TEST_F(Publish, ADirectoryThatChangesWhileItIsReadIsNoticed) {
  struct Case {
    const char* stage;
    const char* path;
    const char* content;
  };
  // Each change happens when the named stage begins.
  for (const Case& change :
       {Case{"copying", "assets/one", "2"}, Case{"hashing", "assets/one", "3"},
        Case{"hashing", "assets/new.bin", "new"},
        Case{"compressing", "members/secret-list.txt", "longer than it was"}}) {
    PublishOptions options_now = options();
    bool done = false;
    options_now.progress = [&](std::string_view stage, std::uint64_t, std::uint64_t) {
      if (stage == change.stage && !done) write(site / change.path, change.content);
      done = done || stage == change.stage;
    };
    EXPECT_EQ(error_of(options_now),
              std::string("changed while reading: ") + change.path + "; run again");
    EXPECT_FALSE(fs::exists(out));
  }
  PublishOptions removes = options();
  removes.progress = [&](std::string_view stage, std::uint64_t, std::uint64_t) {
    if (stage == "hashing") fs::remove(site / "assets/new.bin");
  };
  EXPECT_THAT(error_of(removes), HasSubstr("assets/new.bin"));
  publish(options());
  EXPECT_EQ(problems_of(out), "");
}

TEST_F(Publish, LinksStayInsideAndKeepTheStricterLabel) {
  write(directory / "outside", "x");
  fs::create_symlink("../../outside", site / "assets/out");
  fs::create_symlink("../members/secret-list.txt", site / "assets/list.png");
  fs::create_symlink("../.env", site / "assets/env.png");
  fs::create_symlink("big.bin", site / "assets/same.bin");
  fs::create_symlink("nothing", site / "assets/dangling");
  fs::create_directory_symlink("..", site / "assets/up");
  fs::create_directory_symlink("../members", site / "assets/people");
  const PublishReport report = publish(options());
  const std::string bytes = torrent_of(report);
  EXPECT_NE(bytes.find("same.bin"), std::string::npos);
  EXPECT_EQ(read(out / "assets/same.bin"), read(site / "assets/big.bin"));
  EXPECT_FALSE(fs::is_symlink(out / "assets/same.bin"));
  for (const char* name : {"list.png", "env.png", "people", "dangling"})
    EXPECT_EQ(bytes.find(name), std::string::npos) << name;
  for (const char* gone : {"assets/out", "assets/env.png", "assets/dangling", "assets/up"})
    EXPECT_FALSE(fs::exists(out / gone)) << gone;
  EXPECT_TRUE(fs::exists(out / "assets/list.png"));
  EXPECT_EQ(problems_of(out), "");
}

TEST_F(Publish, NamesThatCannotBeUrlsStayPrivate) {
  write(site / "assets/caf\xe9.bin", "latin-1");
  write(site / "assets/line\nbreak.bin", "x");
  const PublishReport report = publish(options());
  EXPECT_EQ(report.kept_private.files, 4u);
  EXPECT_EQ(problems_of(out), "");
}

TEST_F(Publish, ACopyIsIndependentOfItsSource) {
  publish(options());
  const std::string before = read(site / "assets/big.bin");
  write(site / "assets/big.bin", "changed");
  EXPECT_EQ(read(out / "assets/big.bin"), before);
  EXPECT_EQ(fs::hard_link_count(out / "assets/big.bin"), 1u);
}

TEST_F(Publish, TheSitesOwnVariantMustBeOne) {
  write(site / "assets/app.js.gz", "not gzip");
  EXPECT_THAT(error_of(options()), HasSubstr("assets/app.js.gz is not assets/app.js compressed"));
  fs::remove(site / "assets/app.js.gz");
  ASSERT_TRUE(compress_file(site / "assets/app.js", site / "assets/app.js.gz", Encoding::gzip,
                            Effort::quick)
                  .has_value());
  publish(options());
  EXPECT_EQ(read(out / "assets/app.js.gz"), read(site / "assets/app.js.gz"));
  EXPECT_EQ(problems_of(out), "");
}

TEST_F(Publish, ASiteThatIsSwitchedOffStaysSoUntilItIsSwitchedOn) {
  const PublishReport report = publish(options());
  const auto off = renew_pointer(out, test_key(), 7, report.seq + 1, site::Switch::off);
  EXPECT_EQ(off.state, site::Switch::off);
  EXPECT_EQ(off.info_hashes[0], report.info_hash);
  EXPECT_EQ(renew_pointer(out, test_key(), 7, report.seq + 2).state, site::Switch::off);
  const PublishReport again = publish(options());
  EXPECT_THAT(again.notes, ::testing::Contains(HasSubstr("peers stay switched off")));
  EXPECT_EQ(read_pointer(out).state, site::Switch::off);
  EXPECT_GT(read_pointer(out).seq, off.seq);
  EXPECT_EQ(renew_pointer(out, test_key(), 7, 0, site::Switch::on).state, site::Switch::on);
  EXPECT_EQ(read_pointer(out).state, site::Switch::on);
  EXPECT_THAT(publish(options()).notes, ::testing::Not(::testing::Contains(HasSubstr("switched"))));
}

TEST_F(Publish, RenewalKeepsWhatThePointerNames) {
  const PublishReport report = publish(options());
  const auto renewed = renew_pointer(out, test_key(), 7, report.seq + 1000);
  EXPECT_EQ(renewed.seq, report.seq + 1000);
  EXPECT_EQ(renewed.expires_s, report.seq + 1000 + 7 * 86'400);
  EXPECT_EQ(read_pointer(out).info_hashes[0], report.info_hash);
  EXPECT_EQ(renew_pointer(out, test_key(), 7, 0).seq, report.seq + 1001);  // never backwards
  EXPECT_THROW(renew_pointer(out, generate_key(), 7, 0), std::runtime_error);
  EXPECT_THROW(renew_pointer(site, test_key(), 7, 0), std::runtime_error);
  EXPECT_THROW(renew_pointer(out, test_key(), 0, 0), std::runtime_error);
}

}  // namespace
}  // namespace skep::origin
