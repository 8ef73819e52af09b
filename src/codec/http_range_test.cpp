#include "codec/http_range.hpp"

#include <gtest/gtest.h>

namespace skep::codec {
namespace {

using base::Errc;
using Ranges = std::vector<HttpRange>;

TEST(HttpRange, ReadsTheExamplesOfRfc9110) {
  EXPECT_EQ(*parse_range("bytes=0-499", 10'000), (Ranges{{0, 500}}));
  EXPECT_EQ(*parse_range("bytes=500-999", 10'000), (Ranges{{500, 1000}}));
  EXPECT_EQ(*parse_range("bytes=-500", 10'000), (Ranges{{9500, 10'000}}));
  EXPECT_EQ(*parse_range("bytes=9500-", 10'000), (Ranges{{9500, 10'000}}));
  EXPECT_EQ(*parse_range("bytes=0-0,-1", 10'000), (Ranges{{0, 1}, {9999, 10'000}}));
  EXPECT_EQ(*parse_range("bytes= 0-999, 4500-5499, -1000", 10'000),
            (Ranges{{0, 1000}, {4500, 5500}, {9000, 10'000}}));
}

TEST(HttpRange, ClipsToTheRepresentation) {
  EXPECT_EQ(*parse_range("bytes=5-99", 10), (Ranges{{5, 10}}));
  EXPECT_EQ(*parse_range("bytes=-99", 10), (Ranges{{0, 10}}));
  EXPECT_EQ(*parse_range("bytes=9-18446744073709551615", 10), (Ranges{{9, 10}}));
  EXPECT_EQ(*parse_range("Bytes=0-1,20-30", 10), (Ranges{{0, 2}}));
}

TEST(HttpRange, SaysWhenNothingCanBeSatisfied) {
  for (const std::string_view field : {"bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99-100,-0"})
    EXPECT_EQ(parse_range(field, 10).code(), Errc::out_of_range) << field;
  EXPECT_EQ(parse_range("bytes=0-", 0).code(), Errc::out_of_range);
}

TEST(HttpRange, APositionOfAnySizeIsOne) {
  const std::string huge(40, '9');
  for (const std::string& last : {std::string("18446744073709551616"), huge})
    EXPECT_EQ(*parse_range("bytes=2-" + last, 10), (std::vector<HttpRange>{{2, 10}})) << last;
  EXPECT_EQ(*parse_range("bytes=-" + huge, 10), (std::vector<HttpRange>{{0, 10}}));
  EXPECT_EQ(parse_range("bytes=" + huge + "-", 10).code(), Errc::out_of_range);
  EXPECT_EQ(parse_range("bytes=" + huge + "-5", 10).code(), Errc::bad_syntax);
}

TEST(HttpRange, WhatIsToBeIgnoredIsNamed) {
  for (const std::string_view field :
       {"", "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=5", "bytes=5-4", "bytes=--5",
        "bytes=1-2-3", "bytes=+1-2", "bytes=1 - 2", "bytes=0-1844674407370955161x", "bytes=-"})
    EXPECT_EQ(parse_range(field, 10).code(), Errc::bad_syntax) << field;
  EXPECT_EQ(parse_range("lines=0-1", 10).code(), Errc::unsupported);
  EXPECT_EQ(parse_range("bytes =0-1", 10).code(), Errc::unsupported);
  std::string many = "bytes=0-0";
  for (std::size_t i = 1; i < kRangesMax; ++i) many += ",0-0";
  EXPECT_EQ(parse_range(many, 10)->size(), kRangesMax);
  EXPECT_EQ(parse_range(many + ",0-0", 10).code(), Errc::limit_exceeded);
}

TEST(HttpRange, NoByteIsSentTwiceAndSmallGapsAreSentAlong) {
  EXPECT_EQ(coalesce_ranges({{500, 600}, {0, 100}}), (Ranges{{0, 100}, {500, 600}}));
  EXPECT_EQ(coalesce_ranges({{0, 100}, {50, 70}, {90, 200}}), (Ranges{{0, 200}}));
  EXPECT_EQ(coalesce_ranges({{0, 100}, {100, 200}}), (Ranges{{0, 200}}));
  EXPECT_EQ(coalesce_ranges({{0, 1}, {1 + kRangeGapMax, 200}}), (Ranges{{0, 200}}));
  EXPECT_EQ(coalesce_ranges({{0, 1}, {2 + kRangeGapMax, 200}}).size(), 2u);
  EXPECT_TRUE(coalesce_ranges({}).empty());
}

TEST(ContentRange, ReadsAndPrintsItsThreeForms) {
  const ContentRange known{HttpRange{0, 10}, 100};
  const ContentRange unknown{HttpRange{0, 10}, std::nullopt};
  const ContentRange refused{std::nullopt, 100};
  EXPECT_EQ(*parse_content_range("bytes 0-9/100"), known);
  EXPECT_EQ(*parse_content_range("bytes 0-9/*"), unknown);
  EXPECT_EQ(*parse_content_range("bytes */100"), refused);
  EXPECT_EQ(print_content_range(known), "bytes 0-9/100");
  EXPECT_EQ(print_content_range(unknown), "bytes 0-9/*");
  EXPECT_EQ(print_content_range(refused), "bytes */100");
  EXPECT_EQ(*parse_range(print_range({5, 8}), 10), (Ranges{{5, 8}}));
}

TEST(ContentRange, RefusesOthers) {
  for (const std::string_view field : {"", "bytes", "bytes 0-9", "bytes */*", "bytes -/5",
                                       "bytes 0-/5", "bytes 0-9/ 10", "bytes 1/5"})
    EXPECT_EQ(parse_content_range(field).code(), Errc::bad_syntax) << field;
  EXPECT_EQ(parse_content_range("items 0-1/5").code(), Errc::unsupported);
  EXPECT_EQ(parse_content_range("bytes 5-4/9").code(), Errc::bad_value);
  EXPECT_EQ(parse_content_range("bytes 0-9/9").code(), Errc::bad_value);
  EXPECT_EQ(parse_content_range("bytes 0-18446744073709551615/*").code(), Errc::bad_value);
}

}  // namespace
}  // namespace skep::codec
