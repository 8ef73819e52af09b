#include "origin/web_seed.hpp"

#include <gtest/gtest.h>

namespace skep::origin {
namespace {

WebSeed seed() {
  WebSeed out;
  out.set({{"my site", 65'536}, {"other", 16'384}});
  return out;
}

TEST(WebSeed, FindsFilesBelowTheTorrentsName) {
  EXPECT_EQ(seed().path_of("my site/assets/a.png"), "assets/a.png");
  EXPECT_EQ(seed().path_of("other/x"), "x");
  for (const char* none : {"my site", "my site/", "my sites/a", "assets/a.png", "", "other"})
    EXPECT_EQ(seed().path_of(none), std::nullopt) << none;
}

TEST(WebSeed, PadFilesAreShorterThanAPiece) {
  EXPECT_EQ(seed().padding_of("my site/.pad/65535"), 65'535U);
  EXPECT_EQ(seed().padding_of("other/.pad/1"), 1U);
  for (const char* none :
       {"my site/.pad/65536", "other/.pad/65535", "my site/.pad/0", "other/.pad/", "other/.pad/-1",
        "other/.pad/5x", "other/.pad/5/x", ".pad/5", "other/.pad/99999999999999999999"})
    EXPECT_EQ(seed().padding_of(none), std::nullopt) << none;
}

TEST(WebSeed, PaddingIsZerosWholeOrInPart) {
  net::HttpRequest request;
  request.method = "GET";
  HttpPlan plan = padding_plan(request, 1000);
  EXPECT_EQ(plan.status, 200);
  EXPECT_EQ(plan.text, std::string(1000, '\0'));
  EXPECT_NE(plan.fields.find("Content-Length: 1000\r\n"), std::string::npos);
  request.range = "bytes=990-";
  plan = padding_plan(request, 1000);
  EXPECT_EQ(plan.status, 206);
  EXPECT_EQ(plan.text.size(), 10U);
  EXPECT_NE(plan.fields.find("Content-Range: bytes 990-999/1000\r\n"), std::string::npos);
  request.range = "bytes=1000-";
  EXPECT_EQ(padding_plan(request, 1000).status, 416);
  request.range = {};
  request.method = "HEAD";
  EXPECT_TRUE(padding_plan(request, 1000).head_only);
}

}  // namespace
}  // namespace skep::origin
