#include "origin/key_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/hex.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TempDirectory;

std::string error_of(const fs::path& path) {
  try {
    read_key_file(path);
  } catch (const KeyFileError& error) {
    return error.what();
  }
  return {};
}

TEST(KeyFile, ComesBackAndIsForItsOwnerOnly) {
  const TempDirectory directory;
  const KeyPair key = generate_key();
  write_key_file(directory / "key", key);
  EXPECT_EQ(fs::status(directory / "key").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  const LoadedKey loaded = read_key_file(directory / "key");
  EXPECT_EQ(loaded.key.seed, key.seed);
  EXPECT_EQ(loaded.key.public_key, key.public_key);
  EXPECT_EQ(loaded.warning, "");
}

TEST(KeyFile, IsNeverOverwritten) {
  const TempDirectory directory;
  testing::write(directory / "key", "precious");
  EXPECT_THROW(write_key_file(directory / "key", generate_key()), KeyFileError);
  EXPECT_EQ(testing::read(directory / "key"), "precious");
}

TEST(KeyFile, WarnsWhenOthersCanReadIt) {
  const TempDirectory directory;
  write_key_file(directory / "key", generate_key());
  fs::permissions(directory / "key", fs::perms::group_read, fs::perm_options::add);
  EXPECT_THAT(read_key_file(directory / "key").warning, HasSubstr("chmod 600"));
}

TEST(KeyFile, SaysWhatIsWrong) {
  const TempDirectory directory;
  EXPECT_THAT(error_of(directory / "none"), HasSubstr("skep key new"));
  testing::write(directory / "text", "hello");
  EXPECT_THAT(error_of(directory / "text"), HasSubstr("is no skep key"));
  testing::write(directory / "half", R"({"type":"skep-ed25519","secret":"00"})");
  EXPECT_THAT(error_of(directory / "half"), HasSubstr("64 hex digits"));
  const std::string zero(64, '0');
  testing::write(directory / "mixed",
                 R"({"type":"skep-ed25519","secret":")" + zero + R"(","public":")" + zero + "\"}");
  EXPECT_THAT(error_of(directory / "mixed"), HasSubstr("does not belong"));
}

TEST(KeyFile, PublicKeysAreHex) {
  const KeyPair key = generate_key();
  EXPECT_EQ(parse_public_key(codec::encode_hex(key.public_key.view())), key.public_key);
  EXPECT_THROW(parse_public_key("abc"), KeyFileError);
  EXPECT_THROW(parse_public_key("abcd"), KeyFileError);
}

}  // namespace
}  // namespace skep::origin
