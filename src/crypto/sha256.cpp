#include "crypto/sha256.hpp"

#include "base/assert.hpp"
#include "crypto/sha256_kernels.hpp"

namespace skep::crypto {

using base::Byte;
using base::ByteView;

namespace {

void compress(Sha256State& state, const Byte* blocks, std::size_t count) {
  if (count == 0) return;
#ifdef __wasm__
  // Four lanes with one message in all of them: one kernel less to download, and about as fast.
  std::array<Sha256State, 4> lanes;
  lanes.fill(state);
  compress_lanes(lanes, {blocks, blocks, blocks, blocks}, count);
  state = lanes[0];
#else
  if (has_sha_ni()) return compress_sha_ni(state, blocks, count);
  compress_scalar(state, blocks, count);
#endif
}

Digest256 digest_of(const Sha256State& state) {
  Digest256 out;
  for (std::size_t i = 0; i < 8; ++i)
    base::store_be<std::uint32_t>(out.bytes.data() + 4 * i, state[i]);
  return out;
}

Digest256 finish_with(Sha256State& state, ByteView last, std::uint64_t message_size) {
  MessageTail tail;
  const std::size_t blocks = pad_message(tail, last, message_size);
  compress(state, tail.data(), blocks);
  return digest_of(state);
}

void compress_x4(std::array<Sha256State, 4>& states, const std::array<const Byte*, 4>& blocks,
                 std::size_t count) {
  if (count == 0) return;
  if (!has_sha_ni()) return compress_lanes(states, blocks, count);
  compress_sha_ni_x2({&states[0], &states[1]}, {blocks[0], blocks[1]}, count);
  compress_sha_ni_x2({&states[2], &states[3]}, {blocks[2], blocks[3]}, count);
}

}  // namespace

Sha256::Sha256() : state_(kSha256Start) {}

void Sha256::update(ByteView bytes) {
  blocks_.add(bytes,
              [this](const Byte* first, std::size_t count) { compress(state_, first, count); });
}

Digest256 Sha256::finish() {
  const Digest256 out = finish_with(state_, blocks_.rest(), blocks_.size());
  *this = Sha256();
  return out;
}

Digest256 sha256(ByteView message) {
  Sha256State state = kSha256Start;
  const std::size_t whole = message.size() / kMessageBlock;
  compress(state, message.data(), whole);
  return finish_with(state, message.subspan(whole * kMessageBlock), message.size());
}

Digest256 sha256_pair(const Digest256& left, const Digest256& right) {
  std::array<Byte, 2 * base::kDigestSize> both;
  std::copy(left.bytes.begin(), left.bytes.end(), both.begin());
  std::copy(right.bytes.begin(), right.bytes.end(), both.begin() + base::kDigestSize);
  return sha256(both);
}

std::array<Digest256, 4> sha256_x4(const std::array<ByteView, 4>& messages) {
  const std::size_t size = messages[0].size();
  std::array<Sha256State, 4> states;
  std::array<const Byte*, 4> at;
  std::array<MessageTail, 4> tails;
  const std::size_t whole = size / kMessageBlock;
  for (std::size_t i = 0; i < 4; ++i) {
    SKEP_ASSERT(messages[i].size() == size);
    states[i] = kSha256Start;
    at[i] = messages[i].data();
  }
  compress_x4(states, at, whole);
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    blocks = pad_message(tails[i], messages[i].subspan(whole * kMessageBlock), size);
    at[i] = tails[i].data();
  }
  compress_x4(states, at, blocks);
  return {digest_of(states[0]), digest_of(states[1]), digest_of(states[2]), digest_of(states[3])};
}

}  // namespace skep::crypto
