#include "crypto/sha1.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "base/rng.hpp"
#include "crypto/sha256_kernels.hpp"

namespace skep::crypto {
namespace {

using base::Byte;
using base::Bytes;
using base::ByteView;

std::string to_hex(const ShortHash& digest) {
  std::ostringstream out;
  for (const Byte b : digest.bytes) out << "0123456789abcdef"[b >> 4] << "0123456789abcdef"[b & 15];
  return out.str();
}

// NIST CAVP, SHA1ShortMsg (byte-oriented), its first four messages.
TEST(Sha1, AgreesWithNistShortMessages) {
  EXPECT_EQ(to_hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(to_hex(sha1(Bytes{0x36})), "c1dfd96eea8cc2b62785275bca38ac261256e278");
  EXPECT_EQ(to_hex(sha1(Bytes{0x19, 0x5a})), "0a1c2d555bbe431ad6288af5a54f93e0449c9232");
  EXPECT_EQ(to_hex(sha1(Bytes{0xdf, 0x4b, 0xd2})), "bf36ed5d74727dfd5d7854ec6b1d49468d8ee8aa");
}

TEST(Sha1, AgreesWithFips180Examples) {
  EXPECT_EQ(to_hex(sha1(base::as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(
      to_hex(sha1(base::as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  Sha1 million;
  const Bytes a(1000, 'a');
  for (int i = 0; i < 1000; ++i) million.update(a);
  EXPECT_EQ(million.size(), 1'000'000U);
  EXPECT_EQ(to_hex(million.finish()), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  EXPECT_EQ(to_hex(million.finish()), to_hex(sha1({}))) << "as new after finish()";
}

TEST(Sha1, DoesNotCareHowTheMessageIsCut) {
  base::Rng rng(1);
  Bytes message(1000);
  for (Byte& b : message) b = static_cast<Byte>(rng.next());
  for (std::size_t size = 0; size < message.size(); size += 7) {
    Sha1 cut;
    for (std::size_t at = 0; at < size;) {
      const std::size_t step = std::min<std::size_t>(size - at, 1 + rng.below(130));
      cut.update(ByteView(message).subspan(at, step));
      at += step;
    }
    EXPECT_EQ(cut.finish(), sha1(ByteView(message).first(size))) << size;
  }
}

TEST(Sha1, BothKernelsAgree) {
  if (!has_sha_ni()) return;  // then there is only one
  base::Rng rng(2);
  Bytes blocks(64 * 17);
  for (Byte& b : blocks) b = static_cast<Byte>(rng.next());
  for (std::size_t count = 0; count <= 17; ++count) {
    Sha1State scalar{1, 2, 3, 4, 0xfffffff5};
    Sha1State fast = scalar;
    sha1_compress_scalar(scalar, blocks.data(), count);
    sha1_compress_ni(fast, blocks.data(), count);
    EXPECT_EQ(scalar, fast) << count;
  }
}

}  // namespace
}  // namespace skep::crypto
