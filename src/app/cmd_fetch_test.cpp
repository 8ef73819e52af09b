// `skep fetch` as a person types it; what it takes from peers is host/magnet_fetch_test.cpp's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing/command_line.hpp"

namespace skep::app {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using testing::run;

const std::string kLink = "magnet:?xt=urn:btmh:1220" + std::string(64, 'a');

TEST(FetchCommand, SaysWhatIsWrongWithTheCommandLine) {
  const Outcome link = run("fetch http://a.example/x.torrent");
  EXPECT_EQ(link.code, 2);
  EXPECT_THAT(link.error, HasSubstr("no magnet link: magnet: does not begin with magnet:?"));
  const Outcome peer = run("fetch '" + kLink + "' --peer nowhere");
  EXPECT_EQ(peer.code, 2);
  EXPECT_THAT(peer.error, HasSubstr("\"nowhere\" is no HOST:PORT"));
}

TEST(FetchCommand, EndsInOneLineWhenNobodyHasIt) {
  const Outcome nobody = run("fetch '" + kLink + "' -q");
  EXPECT_EQ(nobody.code, 1);
  EXPECT_EQ(nobody.error, "fetch: the link names no peer (x.pe); name one with --peer");
  const Outcome silent = run("fetch '" + kLink + "&x.pe=127.0.0.1:1' -q --patience 1");
  EXPECT_EQ(silent.code, 1);
  EXPECT_EQ(silent.error, "fetch: no peer could describe the torrent");
}

}  // namespace
}  // namespace skep::app
