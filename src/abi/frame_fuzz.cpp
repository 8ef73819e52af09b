// frame_fuzz.cpp: what a frame decoder accepts, its encoder writes again to the same octets (of a
// Config of which only the first fields were there: these, and then the defaults).
#include "abi/frame.hpp"

using namespace skep;

namespace {

template <class Decoded, class Encode>
void expect_same(base::ByteView frame, const base::Result<Decoded>& decoded, Encode encode) {
  if (!decoded) return;
  base::Writer to;
  encode(*decoded, to);
  SKEP_ASSERT(base::equal(to.view(), frame));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView frame(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: {
      const auto input = abi::decode_input(frame);
      expect_same(frame, input, abi::encode_input);
      if (input) SKEP_ASSERT(!abi::describe(*input).empty());
      break;
    }
    case 1: {
      const auto output = abi::decode_output(frame);
      expect_same(frame, output, abi::encode_output);
      if (output) SKEP_ASSERT(!abi::describe(*output).empty());
      break;
    }
    default: {
      const auto config = abi::decode_config(frame);
      if (!config) break;
      base::Writer to;
      abi::encode_config(*config, to);
      const bool choice = frame.size() <= 36;
      SKEP_ASSERT(base::equal(choice ? to.view().first(frame.size()) : to.view(), frame));
    }
  }
  return 0;
}
