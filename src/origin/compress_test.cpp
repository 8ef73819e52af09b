#include "origin/compress.hpp"

#include <gtest/gtest.h>

#include "origin/media_type.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using testing::noise;
using testing::TempDirectory;

std::string text_of(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; out.size() < size; ++i) out += "line " + std::to_string(i * 7919) + "\n";
  out.resize(size);
  return out;
}

TEST(Compress, EveryVariantComesBack) {
  const TempDirectory directory;
  for (const std::size_t size : {std::size_t{1000}, std::size_t{262'144}, std::size_t{5'000'001}}) {
    const std::string text = text_of(size);
    testing::write(directory / "a", text);
    for (const Encoding encoding : {Encoding::brotli, Encoding::gzip}) {
      const auto made = compress_file(directory / "a", directory / "b", encoding, Effort::good);
      ASSERT_TRUE(made.has_value());
      EXPECT_EQ(fs::file_size(directory / "b"), *made);
      std::string back;
      EXPECT_TRUE(decompress_file(directory / "b", encoding, [&](base::ByteView bytes) {
        back += base::as_text(bytes);
        return true;
      }));
      EXPECT_EQ(back, text);
      const std::string variant = testing::read(directory / "b");
      testing::write(directory / "cut", variant.substr(0, variant.size() - 1));
      testing::write(directory / "long", variant + "x");
      const auto take = [](base::ByteView) { return true; };
      EXPECT_FALSE(decompress_file(directory / "cut", encoding, take));
      EXPECT_FALSE(decompress_file(directory / "long", encoding, take));
      fs::remove(directory / "b");
    }
  }
}

TEST(Compress, WhatSavesTooLittleIsNotKept) {
  const TempDirectory directory;
  testing::write(directory / "a", noise(100'000, 1));
  EXPECT_FALSE(
      compress_file(directory / "a", directory / "b", Encoding::gzip, Effort::best).has_value());
  EXPECT_FALSE(fs::exists(directory / "b"));
  EXPECT_TRUE(worth_keeping(10'000, 9'500));
  EXPECT_FALSE(worth_keeping(10'000, 9'501));
  EXPECT_TRUE(worth_keeping(1'000, 800));
  EXPECT_FALSE(worth_keeping(1'000, 801));
  EXPECT_FALSE(worth_keeping(100, 0));
}

TEST(Compress, AQuickLookTellsNoiseFromText) {
  const TempDirectory directory;
  testing::write(directory / "noise", noise(3'000'000, 1));
  testing::write(directory / "text", text_of(3'000'000));
  testing::write(directory / "small", noise(1'000, 1));
  testing::write(directory / "half", noise(1'500'000, 1) + text_of(1'500'000));
  EXPECT_FALSE(looks_compressible(directory / "noise"));
  EXPECT_TRUE(looks_compressible(directory / "text"));
  EXPECT_TRUE(looks_compressible(directory / "small"));
  EXPECT_TRUE(looks_compressible(directory / "half"));
}

TEST(MediaType, GoesByTheLastExtension) {
  EXPECT_EQ(media_type_of("a/b.JS").name, "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type_of("a.tar.gz").name, "application/gzip");
  EXPECT_EQ(media_type_of("engine.wasm").name, "application/wasm");
  EXPECT_EQ(media_type_of("a.b/c").name, "application/octet-stream");
  EXPECT_EQ(media_type_of(".html").name, "application/octet-stream");
  EXPECT_EQ(media_type_of("a.").name, "application/octet-stream");
  EXPECT_TRUE(media_type_of("a.svg").compressible);
  EXPECT_FALSE(media_type_of("a.png").compressible);
  EXPECT_FALSE(media_type_of("a.unknown").compressible);
}

}  // namespace
}  // namespace skep::origin
