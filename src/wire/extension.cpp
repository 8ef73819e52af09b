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

// A non-negative integer that fits Int.
template <class Int>
Result<Int> number(BencodeNode node) {
  SKEP_TRY(const std::int64_t value, node.integer());
  if (value < 0 || static_cast<std::uint64_t>(value) > std::numeric_limits<Int>::max())
    return fail(Errc::out_of_range, "number does not fit its field", node.offset());
  return static_cast<Int>(value);
}

Result<std::vector<ExtensionName>> read_names(BencodeNode m) {
  if (!m.is(BencodeKind::dict)) return fail(Errc::wrong_type, "m is no dictionary", m.offset());
  std::vector<ExtensionName> names;
  for (const auto [name, value] : m.entries()) {
    if (names.size() == kExtensionNamesMax || name.size() > kExtensionNameMax)
      return fail(Errc::limit_exceeded, "too many or too long extension names", value.offset());
    SKEP_TRY(const std::uint8_t id, number<std::uint8_t>(value));
    names.push_back({std::string(name), id});
  }
  return names;
}

/// file, segment, state, score
constexpr std::size_t kClaimSize = 4 + 4 + 1 + 8;

}  // namespace

std::optional<std::uint8_t> ExtensionHandshake::id_of(std::string_view name) const {
  for (const ExtensionName& each : names)
    if (each.name == name && each.id != 0) return each.id;
  return std::nullopt;
}

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
  SKEP_ASSERT(handshake.names.size() <= kExtensionNamesMax);
  codec::BencodeWriter out;
  out.begin_dict().key("m").begin_dict();
  for (const ExtensionName& each : handshake.names) {
    SKEP_ASSERT(each.name.size() <= kExtensionNameMax);
    out.key(each.name).integer(each.id);
  }
  out.end();
  if (handshake.metadata_size) {
    SKEP_ASSERT(*handshake.metadata_size <= std::uint64_t{INT64_MAX});
    out.key("metadata_size").integer(static_cast<std::int64_t>(*handshake.metadata_size));
  }
  if (handshake.reqq) out.key("reqq").integer(*handshake.reqq);
  if (handshake.run) out.key("skep_run").integer(*handshake.run);
  if (!handshake.client.empty())
    out.key("v").text(std::string_view(handshake.client).substr(0, kExtensionNameMax));
  out.end();
  return out.take();
}

Result<ExtensionHandshake> decode_extension_handshake(ByteView payload) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(payload, kLimits));
  const BencodeNode root = document.root();
  if (!root.is(BencodeKind::dict)) return fail(Errc::wrong_type, "handshake is no dictionary");
  ExtensionHandshake out;
  if (const auto m = root.find("m")) {
    SKEP_TRY(out.names, read_names(*m));
  }
  if (const auto v = root.find("v")) {
    SKEP_TRY(const std::string_view client, v->text());
    out.client = client.substr(0, kExtensionNameMax);
  }
  if (const auto reqq = root.find("reqq")) {
    SKEP_TRY(out.reqq, number<std::uint32_t>(*reqq));
  }
  if (const auto run = root.find("skep_run")) {
    SKEP_TRY(out.run, number<std::uint32_t>(*run));
  }
  if (const auto size = root.find("metadata_size")) {
    SKEP_TRY(out.metadata_size, number<std::uint64_t>(*size));
  }
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
