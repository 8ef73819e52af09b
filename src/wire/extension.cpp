#include "wire/extension.hpp"

#include <algorithm>
#include <limits>

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

Result<Claim> read_claim(BencodeNode node) {
  if (!node.is(BencodeKind::list))
    return fail(Errc::wrong_type, "a claim is a list", node.offset());
  std::array<std::uint64_t, 4> fields{};
  std::size_t count = 0;
  for (const BencodeNode item : node.items()) {
    if (count == fields.size()) return fail(Errc::bad_value, "claim too long", item.offset());
    SKEP_TRY(fields[count], number<std::uint64_t>(item));
    if (count < 2 && fields[count] > UINT32_MAX)
      return fail(Errc::out_of_range, "number does not fit its field", item.offset());
    ++count;
  }
  if (count < 3 || fields[2] > 2)
    return fail(Errc::bad_value, "a claim is file, segment, state, score", node.offset());
  return Claim{base::FileIndex{static_cast<std::uint32_t>(fields[0])},
               static_cast<std::uint32_t>(fields[1]), static_cast<ClaimState>(fields[2]),
               fields[3]};
}

}  // namespace

std::optional<std::uint8_t> ExtensionHandshake::id_of(std::string_view name) const {
  for (const ExtensionName& each : names)
    if (each.name == name && each.id != 0) return each.id;
  return std::nullopt;
}

base::Bytes our_extension_handshake(std::uint64_t metadata_size) {
  static_assert(kDontHaveExtensionId == 7 && kSkepExtensionId == 1 && kMetadataExtensionId == 2);
  static_assert(base::kPeerRequestsQueuedMax == 512 && base::kRunMax == 65536);
  codec::BencodeWriter size;
  size.integer(static_cast<std::int64_t>(metadata_size));
  base::Bytes out;
  base::append(out, "d1:md11:lt_donthavei7e4:skepi1e11:ut_metadatai2ee13:metadata_size");
  base::append(out, size.take());
  base::append(out, "4:reqqi512e8:skep_runi65536e1:v4:Skepe");
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
  codec::BencodeWriter out;
  out.begin_dict().key("claims").begin_list();
  for (const Claim& claim : claims) {
    out.begin_list().integer(claim.file.value).integer(claim.segment);
    out.integer(static_cast<std::int64_t>(claim.state));
    if (claim.score != 0) out.integer(static_cast<std::int64_t>(claim.score));
    out.end();
  }
  out.end().end();
  return out.take();
}

Result<std::vector<Claim>> decode_claims(ByteView payload) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(payload, kLimits));
  const BencodeNode root = document.root();
  if (!root.is(BencodeKind::dict)) return fail(Errc::wrong_type, "skep message is no dictionary");
  std::vector<Claim> out;
  const auto list = root.find("claims");
  if (!list) return out;
  if (!list->is(BencodeKind::list))
    return fail(Errc::wrong_type, "claims is no list", list->offset());
  for (const BencodeNode item : list->items()) {
    if (out.size() == kClaimsMax) return fail(Errc::limit_exceeded, "too many claims");
    SKEP_TRY(const Claim claim, read_claim(item));
    out.push_back(claim);
  }
  return out;
}

}  // namespace skep::wire
