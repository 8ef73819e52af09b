#include "crypto/sha256.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/rng.hpp"
#include "crypto/sha256_kernels.hpp"

namespace skep::crypto {
namespace {

using base::Byte;
using base::Bytes;
using base::ByteView;

Bytes from_hex(const std::string& text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<Byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return out;
}

std::string to_hex(const Digest256& digest) {
  std::ostringstream out;
  for (const Byte b : digest.bytes) out << "0123456789abcdef"[b >> 4] << "0123456789abcdef"[b & 15];
  return out.str();
}

struct Vector {
  Bytes message;
  std::string digest;
};

/// Reads NIST's CAVP format: "Len = bits", "Msg = hex", "MD = hex".
std::vector<Vector> read_vectors(const std::string& name) {
  std::ifstream file(std::string(SKEP_SOURCE_DIR) + "/tests/vectors/sha256/" + name);
  std::vector<Vector> out;
  std::string line;
  std::size_t bits = 0;
  while (std::getline(file, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.rfind("Len = ", 0) == 0) bits = std::stoul(line.substr(6));
    if (line.rfind("Msg = ", 0) == 0) {
      out.push_back({from_hex(line.substr(6)), ""});
      out.back().message.resize(bits / 8);  // CAVP spells the empty message "00"
    }
    if (line.rfind("MD = ", 0) == 0) out.back().digest = line.substr(5);
  }
  return out;
}

Bytes random_bytes(base::Rng& rng, std::size_t size) {
  Bytes out(size);
  for (Byte& b : out) b = static_cast<Byte>(rng.next());
  return out;
}

/// FIPS 180-4 padding written naively, so that kernels can be tested alone.
Bytes padded(ByteView message) {
  Bytes out = base::to_bytes(message);
  out.push_back(0x80);
  while (out.size() % 64 != 56) out.push_back(0);
  out.resize(out.size() + 8);
  base::store_be<std::uint64_t>(out.data() + out.size() - 8, message.size() * 8);
  return out;
}

Digest256 digest_of(const Sha256State& state) {
  Digest256 out;
  for (std::size_t i = 0; i < 8; ++i)
    base::store_be<std::uint32_t>(out.bytes.data() + 4 * i, state[i]);
  return out;
}

Digest256 by_scalar(ByteView message) {
  Sha256State state = kSha256Start;
  const Bytes blocks = padded(message);
  compress_scalar(state, blocks.data(), blocks.size() / 64);
  return digest_of(state);
}

void expect_vectors(const std::vector<Vector>& vectors) {
  for (const Vector& v : vectors) {
    EXPECT_EQ(to_hex(sha256(v.message)), v.digest) << v.message.size();
    EXPECT_EQ(to_hex(by_scalar(v.message)), v.digest) << v.message.size();
    for (const Digest256& lane : sha256_x4({v.message, v.message, v.message, v.message}))
      EXPECT_EQ(to_hex(lane), v.digest) << v.message.size();
  }
}

TEST(Sha256, AgreesWithNistShortMessages) {
  const auto vectors = read_vectors("SHA256ShortMsg.rsp");
  ASSERT_EQ(vectors.size(), 65U);
  expect_vectors(vectors);
}

TEST(Sha256, AgreesWithNistLongMessages) {
  const auto vectors = read_vectors("SHA256LongMsg.rsp");
  ASSERT_EQ(vectors.size(), 12U);
  expect_vectors(vectors);
}

TEST(Sha256, AgreesWithFips180Examples) {
  EXPECT_EQ(to_hex(sha256(base::as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 million;
  const Bytes a(1000, 'a');
  for (int i = 0; i < 1000; ++i) million.update(a);
  EXPECT_EQ(to_hex(million.finish()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, FourLanesAgreeWithScalarAtEveryLengthAroundABlock) {
  base::Rng rng(1);
  for (std::size_t size = 0; size < 260; ++size) {
    std::array<Bytes, 4> messages;
    for (Bytes& m : messages) m = random_bytes(rng, size);
    const auto digests = sha256_x4({messages[0], messages[1], messages[2], messages[3]});
    std::array<Sha256State, 4> states = {kSha256Start, kSha256Start, kSha256Start, kSha256Start};
    std::array<Bytes, 4> blocks;
    std::array<const Byte*, 4> at{};
    for (std::size_t i = 0; i < 4; ++i) {
      blocks[i] = padded(messages[i]);
      at[i] = blocks[i].data();
    }
    compress_lanes(states, at, blocks[0].size() / 64);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(digests[i], by_scalar(messages[i])) << size;
      EXPECT_EQ(digest_of(states[i]), by_scalar(messages[i])) << size;
    }
  }
}

TEST(Sha256, ShaInstructionsAgreeWithScalarOverRandomLengths) {
  base::Rng rng(2);
  for (int i = 0; i < 200; ++i) {
    const Bytes message = random_bytes(rng, rng.below(5000));
    const Digest256 expected = by_scalar(message);
    EXPECT_EQ(sha256(message), expected);
    if (!has_sha_ni()) continue;
    const Bytes blocks = padded(message);
    Sha256State one = kSha256Start;
    compress_sha_ni(one, blocks.data(), blocks.size() / 64);
    EXPECT_EQ(digest_of(one), expected);
    Sha256State two = kSha256Start;
    Sha256State three = kSha256Start;
    compress_sha_ni_x2({&two, &three}, {blocks.data(), blocks.data()}, blocks.size() / 64);
    EXPECT_EQ(digest_of(two), expected);
    EXPECT_EQ(digest_of(three), expected);
  }
}

TEST(Sha256, AStreamDoesNotCareHowItIsCut) {
  base::Rng rng(3);
  Sha256 stream;
  for (int i = 0; i < 200; ++i) {
    const Bytes message = random_bytes(rng, rng.below(1000));
    ByteView rest = message;
    while (!rest.empty()) {
      const std::size_t size = 1 + rng.below(rest.size());
      stream.update(rest.first(size));
      rest = rest.subspan(size);
    }
    EXPECT_EQ(stream.finish(), sha256(message));
  }
}

TEST(Sha256, APairIsTheHashOfBothConcatenated) {
  const Digest256 left = sha256(base::as_bytes("left"));
  const Digest256 right = sha256(base::as_bytes("right"));
  Bytes both = base::to_bytes(left.view());
  base::append(both, right.view());
  EXPECT_EQ(sha256_pair(left, right), sha256(both));
  EXPECT_NE(sha256_pair(left, right), sha256_pair(right, left));
}

TEST(Digest, ShortensToItsFirstTwentyBytesAndRefusesOtherLengths) {
  const Digest256 digest = sha256(base::as_bytes("x"));
  EXPECT_TRUE(base::equal(shorten(digest).view(), digest.view().first(20)));
  EXPECT_EQ(*Digest256::from(digest.view()), digest);
  EXPECT_EQ(Digest256::from(digest.view().first(31)).code(), base::Errc::bad_value);
  EXPECT_TRUE(Digest256{}.is_zero());
  EXPECT_LT(Digest256{}, digest);
}

}  // namespace
}  // namespace skep::crypto
