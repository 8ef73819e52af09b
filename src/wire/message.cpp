#include "wire/message.hpp"

#include <algorithm>

#include "base/cursor.hpp"

namespace skep::wire {
namespace {

using base::Byte;
using base::Bytes;
using base::ByteView;
using base::Errc;
using base::fail;
using base::Reader;
using base::Result;

// Message ids on the wire.
enum class Id : Byte {
  choke = 0,
  unchoke = 1,
  interested = 2,
  not_interested = 3,
  have = 4,
  bitfield = 5,
  request = 6,
  piece = 7,
  cancel = 8,
  suggest = 13,
  have_all = 14,
  have_none = 15,
  reject = 16,
  allowed_fast = 17,
  extended = 20,
  hash_request = 21,
  hashes = 22,
  hash_reject = 23,
};

constexpr std::size_t kPrefixSize = 4;
constexpr std::size_t kBlockRangeSize = 12;
constexpr std::size_t kHashRangeSize = crypto::Digest256::kSize + 16;

// ------------------------------------------------------------------------------------ reading

template <class M>
Result<Message> read_empty(Reader in) {
  SKEP_CHECK(in.finish());
  return Message(M{});
}

template <class M>
Result<Message> read_piece_index(Reader in) {
  SKEP_TRY(const std::uint32_t piece, in.take_be<std::uint32_t>());
  SKEP_CHECK(in.finish());
  return Message(M{piece});
}

template <class M>
Result<Message> read_block_range(Reader in) {
  BlockRange block;
  SKEP_TRY(block.piece, in.take_be<std::uint32_t>());
  SKEP_TRY(block.begin, in.take_be<std::uint32_t>());
  SKEP_TRY(block.length, in.take_be<std::uint32_t>());
  SKEP_CHECK(in.finish());
  return Message(M{block});
}

Result<HashRange> take_hash_range(Reader& in) {
  HashRange range;
  SKEP_TRY(const ByteView root, in.take(crypto::Digest256::kSize));
  std::copy(root.begin(), root.end(), range.root.bytes.begin());
  SKEP_TRY(range.base_layer, in.take_be<std::uint32_t>());
  SKEP_TRY(range.index, in.take_be<std::uint32_t>());
  SKEP_TRY(range.length, in.take_be<std::uint32_t>());
  SKEP_TRY(range.proof_layers, in.take_be<std::uint32_t>());
  return range;
}

template <class M>
Result<Message> read_hash_range(Reader in) {
  SKEP_TRY(const HashRange range, take_hash_range(in));
  SKEP_CHECK(in.finish());
  return Message(M{range});
}

Result<Message> read_hashes(Reader in) {
  SKEP_TRY(const HashRange range, take_hash_range(in));
  const ByteView hashes = in.rest();
  if (hashes.size() % crypto::Digest256::kSize != 0)
    return fail(Errc::truncated, "hashes end inside a digest");
  if (hashes.size() / crypto::Digest256::kSize > kHashesMax)
    return fail(Errc::limit_exceeded, "more hashes than any request may ask for");
  return Message(Hashes{range, hashes});
}

Result<Message> read_piece(Reader in) {
  Piece out;
  SKEP_TRY(out.piece, in.take_be<std::uint32_t>());
  SKEP_TRY(out.begin, in.take_be<std::uint32_t>());
  out.data = in.rest();
  return Message(out);
}

Result<Message> read_extended(Reader in) {
  SKEP_TRY(const Byte id, in.take_be<Byte>());
  return Message(Extended{id, in.rest()});
}

// ------------------------------------------------------------------------------------ writing

template <class Int>
void put(Bytes& out, Int value) {
  std::array<Byte, sizeof(Int)> raw{};
  base::store_be(raw.data(), value);
  base::append(out, ByteView(raw));
}

// Length prefix and id of a message whose body has `size` bytes after its id.
void put_head(Bytes& out, Id id, std::size_t size) {
  SKEP_ASSERT(size + 1 <= base::kPeerMessageMax);
  out.reserve(out.size() + kPrefixSize + 1 + size);
  put(out, static_cast<std::uint32_t>(size + 1));
  out.push_back(static_cast<Byte>(id));
}

struct Encoder {
  Bytes& out;

  void empty(Id id) { put_head(out, id, 0); }
  void piece_index(Id id, std::uint32_t piece) {
    put_head(out, id, sizeof(piece));
    put(out, piece);
  }
  void block(Id id, const BlockRange& block) {
    put_head(out, id, kBlockRangeSize);
    put(out, block.piece);
    put(out, block.begin);
    put(out, block.length);
  }
  void hashes(Id id, const HashRange& range, ByteView hashes) {
    put_head(out, id, kHashRangeSize + hashes.size());
    base::append(out, range.root.view());
    put(out, range.base_layer);
    put(out, range.index);
    put(out, range.length);
    put(out, range.proof_layers);
    base::append(out, hashes);
  }

  void operator()(const KeepAlive&) { put(out, std::uint32_t{0}); }
  void operator()(const Choke&) { empty(Id::choke); }
  void operator()(const Unchoke&) { empty(Id::unchoke); }
  void operator()(const Interested&) { empty(Id::interested); }
  void operator()(const NotInterested&) { empty(Id::not_interested); }
  void operator()(const Have& m) { piece_index(Id::have, m.piece); }
  void operator()(const Bitfield& m) {
    put_head(out, Id::bitfield, m.bits.size());
    base::append(out, m.bits);
  }
  void operator()(const Request& m) { block(Id::request, m.block); }
  void operator()(const Piece& m) {
    put_head(out, Id::piece, kPieceHeaderSize - 1 + m.data.size());
    put(out, m.piece);
    put(out, m.begin);
    base::append(out, m.data);
  }
  void operator()(const Cancel& m) { block(Id::cancel, m.block); }
  void operator()(const Suggest& m) { piece_index(Id::suggest, m.piece); }
  void operator()(const HaveAll&) { empty(Id::have_all); }
  void operator()(const HaveNone&) { empty(Id::have_none); }
  void operator()(const Reject& m) { block(Id::reject, m.block); }
  void operator()(const AllowedFast& m) { piece_index(Id::allowed_fast, m.piece); }
  void operator()(const Extended& m) {
    put_head(out, Id::extended, 1 + m.payload.size());
    out.push_back(m.id);
    base::append(out, m.payload);
  }
  void operator()(const HashRequest& m) { hashes(Id::hash_request, m.range, {}); }
  void operator()(const Hashes& m) {
    SKEP_ASSERT(m.hashes.size() % crypto::Digest256::kSize == 0 && m.count() <= kHashesMax);
    hashes(Id::hashes, m.range, m.hashes);
  }
  void operator()(const HashReject& m) { hashes(Id::hash_reject, m.range, {}); }
  void operator()(const Unknown&) { SKEP_UNREACHABLE(); }
};

}  // namespace

crypto::Digest256 Hashes::at(std::size_t i) const {
  SKEP_ASSERT(i < count());
  crypto::Digest256 out;
  std::copy_n(hashes.begin() + static_cast<std::ptrdiff_t>(i * crypto::Digest256::kSize),
              crypto::Digest256::kSize, out.bytes.begin());
  return out;
}

Result<Message> decode_message(ByteView body) {
  if (body.empty()) return Message(KeepAlive{});
  const Reader in(body.subspan(1));
  switch (static_cast<Id>(body[0])) {
    case Id::choke:
      return read_empty<Choke>(in);
    case Id::unchoke:
      return read_empty<Unchoke>(in);
    case Id::interested:
      return read_empty<Interested>(in);
    case Id::not_interested:
      return read_empty<NotInterested>(in);
    case Id::have:
      return read_piece_index<Have>(in);
    case Id::bitfield:
      return Message(Bitfield{body.subspan(1)});
    case Id::request:
      return read_block_range<Request>(in);
    case Id::piece:
      return read_piece(in);
    case Id::cancel:
      return read_block_range<Cancel>(in);
    case Id::suggest:
      return read_piece_index<Suggest>(in);
    case Id::have_all:
      return read_empty<HaveAll>(in);
    case Id::have_none:
      return read_empty<HaveNone>(in);
    case Id::reject:
      return read_block_range<Reject>(in);
    case Id::allowed_fast:
      return read_piece_index<AllowedFast>(in);
    case Id::extended:
      return read_extended(in);
    case Id::hash_request:
      return read_hash_range<HashRequest>(in);
    case Id::hashes:
      return read_hashes(in);
    case Id::hash_reject:
      return read_hash_range<HashReject>(in);
  }
  return Message(Unknown{body[0]});
}

void encode(Bytes& out, const Message& message) { std::visit(Encoder{out}, message); }

}  // namespace skep::wire
