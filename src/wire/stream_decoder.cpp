#include "wire/stream_decoder.hpp"

#include <algorithm>

namespace skep::wire {
namespace {

using base::ByteView;
using base::Errc;
using base::Error;
using base::fail;
using base::Result;

constexpr std::size_t kPrefixSize = 4;

}  // namespace

void StreamDecoder::feed(ByteView chunk) {
  SKEP_ASSERT(chunk_.empty());
  chunk_ = chunk;
}

Result<std::optional<StreamItem>> StreamDecoder::next() {
  if (error_) return *error_;
  if (buffered_used_) {
    buffer_.clear();
    buffered_used_ = false;
  }
  auto item = step();
  if (!item.has_value()) {
    error_ = item.error();
    chunk_ = {};
    buffer_.clear();
  }
  return item;
}

// How many bytes the item has that starts with `start`; kPrefixSize while its prefix is incomplete.
Result<std::size_t> StreamDecoder::item_size(ByteView start) const {
  if (!handshake_done_) return kHandshakeSize;
  if (start.size() < kPrefixSize) return kPrefixSize;
  const std::size_t body = base::load_be<std::uint32_t>(start.data());
  if (body > message_max_) return fail(Errc::limit_exceeded, "peer message too long");
  return kPrefixSize + body;
}

// Moves bytes from the chunk until the buffer has `size`. Returns whether it has.
bool StreamDecoder::fill(std::size_t size) {
  const std::size_t missing = size - std::min(size, buffer_.size());
  const std::size_t count = std::min(missing, chunk_.size());
  base::append(buffer_, chunk_.first(count));
  chunk_ = chunk_.subspan(count);
  return count == missing;
}

Result<std::optional<StreamItem>> StreamDecoder::step() {
  if (buffer_.empty()) {
    SKEP_TRY(const std::size_t size, item_size(chunk_));
    if (size <= chunk_.size()) {
      const ByteView item = chunk_.first(size);
      chunk_ = chunk_.subspan(size);
      return decode(item);
    }
  }
  // A cut item: first its prefix, then the size that the prefix names.
  for (int pass = 0; pass < 2; ++pass) {
    SKEP_TRY(const std::size_t size, item_size(buffer_));
    if (!fill(size)) return std::optional<StreamItem>();
  }
  buffered_used_ = true;
  return decode(buffer_);
}

Result<std::optional<StreamItem>> StreamDecoder::decode(ByteView item) {
  if (!handshake_done_) {
    SKEP_TRY(const Handshake handshake, decode_handshake(item));
    handshake_done_ = true;
    return std::optional<StreamItem>(handshake);
  }
  SKEP_TRY(Message message, decode_message(item.subspan(kPrefixSize)));
  return std::optional<StreamItem>(std::move(message));
}

}  // namespace skep::wire
