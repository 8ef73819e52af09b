// pointer.cpp: BEP 44's record, read field by field; nothing is guessed.
#include "site/pointer.hpp"

#include <algorithm>

#include "codec/bencode.hpp"
#include "codec/bencode_writer.hpp"

namespace skep::site {
namespace {

using base::Bytes;
using base::ByteView;
using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using codec::BencodeKind;
using codec::BencodeNode;
using crypto::Digest256;
using crypto::ShortHash;

/// Unknown keys inside `v` may nest a little; the file is small anyway.
constexpr codec::BencodeLimits kLimits{
    .depth_max = 16, .tokens_max = 1024, .size_max = base::kPointerFileMax};

Status read_switch(BencodeNode value, Pointer& pointer) {
  if (!value.find("off").has_value()) return base::ok();
  SKEP_TRY(const std::int64_t off, value.require_integer("off"));
  if (off < 1) return fail(Errc::bad_value, "a pointer that is off and is not");
  // Numbers to come are off, too: whatever else they mean.
  pointer.state = off == 2 ? Switch::forget : Switch::off;
  return base::ok();
}

Status read_v1_hashes(BencodeNode value, Pointer& pointer) {
  const auto list = value.find("v1h");
  if (!list) return base::ok();
  if (!list->is(BencodeKind::list))
    return fail(Errc::wrong_type, "v1 hashes are no list", list->offset());
  for (const BencodeNode item : list->items()) {
    SKEP_TRY(const ByteView raw, item.bytes());
    SKEP_TRY(const ShortHash hash,
             raw.empty() ? Result<ShortHash>(ShortHash{}) : ShortHash::from(raw));
    pointer.v1_hashes.push_back(hash);
  }
  if (pointer.v1_hashes.size() != pointer.info_hashes.size())
    return fail(Errc::bad_value, "not one v1 hash for each info-hash", list->offset());
  return base::ok();
}

Status read_value(BencodeNode value, Pointer& pointer) {
  SKEP_TRY(const std::int64_t version, value.require_integer("v"));
  if (version != 1) return fail(Errc::unsupported, "pointer of an unknown version");
  SKEP_TRY(pointer.expires_s, value.require_integer("exp"));
  if (pointer.expires_s <= 0) return fail(Errc::bad_value, "pointer without a real expiry");
  SKEP_TRY(const BencodeNode hashes, value.require_kind("ih", BencodeKind::list));
  for (const BencodeNode item : hashes.items()) {
    if (pointer.info_hashes.size() == kPointerHashesMax)
      return fail(Errc::limit_exceeded, "too many info-hashes in a pointer", item.offset());
    SKEP_TRY(const ByteView raw, item.bytes());
    SKEP_TRY(const Digest256 hash, Digest256::from(raw));
    if (std::find(pointer.info_hashes.begin(), pointer.info_hashes.end(), hash) !=
        pointer.info_hashes.end())
      return fail(Errc::duplicate, "an info-hash twice in a pointer", item.offset());
    pointer.info_hashes.push_back(hash);
  }
  if (pointer.info_hashes.empty()) return fail(Errc::bad_value, "pointer without an info-hash");
  SKEP_CHECK(read_switch(value, pointer));
  return read_v1_hashes(value, pointer);
}

}  // namespace

Bytes encode_pointer_value(std::int64_t expires_s, const std::vector<Digest256>& info_hashes,
                           Switch state, const std::vector<ShortHash>& v1_hashes) {
  SKEP_ASSERT(expires_s > 0);
  SKEP_ASSERT(v1_hashes.empty() || v1_hashes.size() == info_hashes.size());
  SKEP_ASSERT(!info_hashes.empty() && info_hashes.size() <= kPointerHashesMax);
  codec::BencodeWriter writer;
  writer.begin_dict().key("exp").integer(expires_s).key("ih").begin_list();
  for (const Digest256& hash : info_hashes) writer.bytes(hash.view());
  writer.end();
  if (state != Switch::on) writer.key("off").integer(state == Switch::forget ? 2 : 1);
  writer.key("v").integer(1);
  if (std::any_of(v1_hashes.begin(), v1_hashes.end(), [](auto& hash) { return !hash.is_zero(); })) {
    writer.key("v1h").begin_list();
    for (const ShortHash& hash : v1_hashes) writer.bytes(hash.is_zero() ? ByteView() : hash.view());
    writer.end();
  }
  writer.end();
  return writer.take();
}

Bytes pointer_bytes_to_sign(std::int64_t seq, ByteView value) {
  codec::BencodeWriter number;
  number.integer(seq);
  Bytes out;
  base::append(out, "3:seq");
  base::append(out, number.take());
  base::append(out, "1:v");
  base::append(out, value);
  return out;
}

Bytes encode_pointer(const Pointer& pointer) {
  SKEP_ASSERT(pointer.value.size() <= base::kPointerValueMax);
  codec::BencodeWriter writer;
  writer.begin_dict().key("k").bytes(pointer.key.view()).key("seq").integer(pointer.seq);
  writer.key("sig").bytes(pointer.signature.view()).key("v").raw(pointer.value).end();
  return writer.take();
}

Result<Pointer> decode_pointer(ByteView file) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(file, kLimits));
  const BencodeNode root = document.root();
  Pointer pointer;
  SKEP_TRY(const ByteView key, root.require_bytes("k"));
  SKEP_TRY(pointer.key, PublicKey::from(key));
  SKEP_TRY(pointer.seq, root.require_integer("seq"));
  if (pointer.seq < 0) return fail(Errc::bad_value, "negative seq");
  SKEP_TRY(const ByteView signature, root.require_bytes("sig"));
  SKEP_TRY(pointer.signature, Signature::from(signature));
  SKEP_TRY(const BencodeNode value, root.require_kind("v", BencodeKind::dict));
  if (value.raw().size() > base::kPointerValueMax)
    return fail(Errc::limit_exceeded, "a pointer's value is longer than 1,000 bytes");
  pointer.value = base::to_bytes(value.raw());
  SKEP_CHECK(read_value(value, pointer));
  return pointer;
}

Status check_pointer(const Pointer& pointer, const PointerContext& context) {
  if (context.pinned && *context.pinned != pointer.key)
    return fail(Errc::bad_signature, "signed by another key than the pinned one");
  if (pointer.seq < context.highest_seq)
    return fail(Errc::rolled_back, "older than a pointer already seen");
  if (pointer.expires_s <= context.now_s) return fail(Errc::expired, "the pointer has expired");
  return base::ok();
}

}  // namespace skep::site
