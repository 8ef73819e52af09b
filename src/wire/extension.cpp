#include "wire/extension.hpp"

#include <algorithm>
#include <limits>

#include "base/decimal.hpp"
#include "codec/bencode.hpp"
#include "codec/bencode_writer.hpp"
#include "wire/metadata_message.hpp"

namespace skep::wire {
namespace {

using base::ByteView;
using base::Errc;
using base::fail;
using base::Result;
using codec::BencodeKind;
using codec::BencodeNode;

// A dictionary of lists of lists is all we know; strangers may nest a little more.
constexpr codec::BencodeLimits kLimits{
    .depth_max = 8, .tokens_max = 2048, .size_max = kExtensionPayloadMax};

/// The integer of that key, if there is one: not negative, `most` at most.
base::Status read_number(BencodeNode dict, std::string_view key, std::uint64_t most,
                         std::optional<std::uint64_t>& out) {
  const auto node = dict.find(key);
  if (!node) return base::ok();
  SKEP_TRY(const std::int64_t value, node->integer());
  if (value < 0 || static_cast<std::uint64_t>(value) > most)
    return fail(Errc::out_of_range, "number does not fit its field", node->offset());
  out = static_cast<std::uint64_t>(value);
  return base::ok();
}
template <class Int>
base::Status read_number(BencodeNode dict, std::string_view key, std::optional<Int>& out) {
  std::optional<std::uint64_t> value;
  SKEP_CHECK(read_number(dict, key, std::numeric_limits<Int>::max(), value));
  if (value) out = static_cast<Int>(*value);
  return base::ok();
}
/// An id of 0 is none.
base::Status read_id(BencodeNode m, std::string_view name, std::optional<std::uint8_t>& out) {
  SKEP_CHECK(read_number(m, name, out));
  if (out == 0) out.reset();
  return base::ok();
}

/// file, segment, state, score
constexpr std::size_t kClaimSize = 4 + 4 + 1 + 8;

}  // namespace

base::Bytes our_extension_handshake(std::uint64_t metadata_size) {
  static_assert(kDontHaveExtensionId == 7 && kSkepExtensionId == 1 && kMetadataExtensionId == 2);
  static_assert(base::kPeerRequestsQueuedMax == 512 && base::kRunMax == 65536);
  base::Bytes out;
  base::append(out, "d1:md11:lt_donthavei7e4:skepi1e11:ut_metadatai2ee13:metadata_sizei");
  base::append_decimal(out, metadata_size);
  base::append(out, "e4:reqqi512e8:skep_runi65536e1:v4:Skepe");
  return out;
}

base::Bytes encode_extension_handshake(const ExtensionHandshake& handshake) {
  codec::BencodeWriter out;
  const auto number = [&](std::string_view key, auto value) {
    if (value) out.key(key).integer(static_cast<std::int64_t>(*value));
  };
  out.begin_dict().key("m").begin_dict();
  number(kDontHaveExtension, handshake.dont_have);
  number(kSkepExtension, handshake.skep);
  number(kMetadataExtension, handshake.metadata);
  out.end();
  number("metadata_size", handshake.metadata_size);
  number("reqq", handshake.reqq);
  number("skep_run", handshake.run);
  out.end();
  return out.take();
}

Result<ExtensionHandshake> decode_extension_handshake(ByteView payload) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(payload, kLimits));
  const BencodeNode root = document.root();
  if (!root.is(BencodeKind::dict)) return fail(Errc::wrong_type, "handshake is no dictionary");
  ExtensionHandshake out;
  if (const auto m = root.find("m")) {
    if (!m->is(BencodeKind::dict)) return fail(Errc::wrong_type, "m is no dictionary", m->offset());
    SKEP_CHECK(read_id(*m, kDontHaveExtension, out.dont_have));
    SKEP_CHECK(read_id(*m, kSkepExtension, out.skep));
    SKEP_CHECK(read_id(*m, kMetadataExtension, out.metadata));
  }
  SKEP_CHECK(read_number(root, "reqq", out.reqq));
  SKEP_CHECK(read_number(root, "skep_run", out.run));
  SKEP_CHECK(read_number(root, "metadata_size", out.metadata_size));
  return out;
}

base::Bytes encode_dont_have(std::uint32_t piece) {
  base::Bytes out;
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<base::Byte>(piece >> shift));
  return out;
}

Result<std::uint32_t> decode_dont_have(ByteView payload) {
  if (payload.size() < 4) return fail(Errc::truncated, "lt_donthave is four bytes");
  if (payload.size() > 4) return fail(Errc::trailing_bytes, "lt_donthave is four bytes");
  std::uint32_t piece = 0;
  for (const base::Byte b : payload) piece = piece << 8 | b;
  return piece;
}

base::Bytes encode_claims(const std::vector<Claim>& claims) {
  SKEP_ASSERT(claims.size() <= kClaimsMax);
  base::Bytes out(claims.size() * kClaimSize);
  base::Byte* at = out.data();
  for (const Claim& claim : claims) {
    base::store_be(at, claim.file.value);
    base::store_be(at + 4, claim.segment);
    at[8] = static_cast<base::Byte>(claim.state);
    base::store_be(at + 9, claim.score);
    at += kClaimSize;
  }
  return out;
}

Result<std::vector<Claim>> decode_claims(ByteView payload) {
  if (payload.size() % kClaimSize != 0) return fail(Errc::truncated, "a torn claim");
  if (payload.size() / kClaimSize > kClaimsMax)
    return fail(Errc::limit_exceeded, "too many claims");
  std::vector<Claim> out(payload.size() / kClaimSize);
  const base::Byte* at = payload.data();
  for (Claim& claim : out) {
    if (at[8] > static_cast<base::Byte>(ClaimState::done))
      return fail(Errc::bad_value, "no state of a claim");
    claim = {base::FileIndex{base::load_be<std::uint32_t>(at)},
             base::load_be<std::uint32_t>(at + 4), static_cast<ClaimState>(at[8]),
             base::load_be<std::uint64_t>(at + 9)};
    at += kClaimSize;
  }
  return out;
}

}  // namespace skep::wire
