// Any bytes, cut as the first octet says, give the same items and the same error as when they are
// fed at once; what is read encodes to the bytes it was read from.
#include <algorithm>

#include "base/assert.hpp"
#include "wire/stream_decoder.hpp"

namespace {

using namespace skep;
using base::Bytes;
using base::ByteView;

constexpr std::size_t kMessageMax = 4096;  // small, so that the limit is reached

struct Heard {
  Bytes octets;
  base::Errc error = base::Errc::none;
};

void keep(Heard& heard, const wire::Message& message) {
  if (std::holds_alternative<wire::Unknown>(message)) return;
  const std::size_t begin = heard.octets.size();
  encode(heard.octets, message);
  const auto again = wire::decode_message(ByteView(heard.octets).subspan(begin + 4));
  SKEP_ASSERT(again.has_value() && *again == message);
}
void keep(Heard& heard, const wire::Handshake& handshake) {
  Bytes raw;
  encode(raw, handshake);
  SKEP_ASSERT(*wire::decode_handshake(raw) == handshake);
  base::append(heard.octets, ByteView(raw));
}

Heard listen(ByteView input, std::size_t step, bool handshake_first) {
  wire::StreamDecoder decoder(kMessageMax);
  Heard heard;
  Bytes hello;
  if (handshake_first) {
    encode(hello, wire::Handshake{});
    decoder.feed(hello);
  }
  while (true) {
    const auto item = decoder.next();
    if (!item.has_value()) {
      heard.error = item.error().code;
      return heard;
    }
    if (item->has_value()) {
      std::visit([&heard](const auto& each) { keep(heard, each); }, **item);
      continue;
    }
    SKEP_ASSERT(decoder.buffered_bytes() < kMessageMax + 4);
    if (input.empty()) return heard;
    const std::size_t size = std::min(step, input.size());
    decoder.feed(input.first(size));
    input = input.subspan(size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool handshake_first = (data[0] & 0x80) == 0;  // spares the fuzzer from finding one
  const std::size_t step = 1 + (data[0] & 0x7f);
  const ByteView input(data + 1, size - 1);
  const Heard at_once = listen(input, std::max<std::size_t>(1, input.size()), handshake_first);
  const Heard in_steps = listen(input, step, handshake_first);
  SKEP_ASSERT(at_once.octets == in_steps.octets && at_once.error == in_steps.error);
  return 0;
}
