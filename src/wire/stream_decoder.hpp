/// stream_decoder.hpp: a link's bytes, cut anywhere, become one handshake and then messages.
/// CONTRACT  feed(chunk), then next() until it returns nothing; only then feed again. The chunk is
///           borrowed until that nothing (or an error). Views inside an item live until the next
///           call of next() or feed(), and no longer than the chunk. After an error the decoder
///           stays broken and repeats it: close the link.
/// WHY       a message that lies whole in a chunk is decoded where it is; only one that was cut is
///           copied, once. A data channel's messages are a byte stream to us, so 16 KiB blocks with
///           headers need not fit its maximum message size.
/// LIMITS    message_max (base::kPeerMessageMax): a longer length prefix is refused before anything
///           is buffered; the buffer never holds more than one item.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "wire/handshake.hpp"
#include "wire/message.hpp"

namespace skep::wire {

/// The first item of a link is its Handshake, all others are Messages.
using StreamItem = std::variant<Handshake, Message>;

class StreamDecoder {
 public:
  explicit StreamDecoder(std::size_t message_max = base::kPeerMessageMax)
      : message_max_(message_max) {}

  /// Hands over the next bytes. REQUIRES that next() has returned nothing or an error since the
  /// last feed (true at the start).
  void feed(base::ByteView chunk);

  /// The next whole item, or nothing when more bytes are needed.
  /// ERRORS unsupported (no BitTorrent handshake), limit_exceeded (a message above message_max),
  ///        and those of decode_message().
  base::Result<std::optional<StreamItem>> next();

  bool handshake_done() const { return handshake_done_; }
  /// Bytes of an unfinished item kept here.
  std::size_t buffered_bytes() const { return buffered_used_ ? 0 : buffer_.size(); }

 private:
  base::Result<std::size_t> item_size(base::ByteView start) const;
  base::Result<std::optional<StreamItem>> step();
  base::Result<std::optional<StreamItem>> decode(base::ByteView item);
  bool fill(std::size_t size);

  std::size_t message_max_;
  base::ByteView chunk_;        // what is left of the borrowed bytes
  base::Bytes buffer_;          // the start of an item that was cut
  bool buffered_used_ = false;  // buffer_ was handed out: clear it at the next call
  bool handshake_done_ = false;
  std::optional<base::Error> error_;
};

}  // namespace skep::wire
