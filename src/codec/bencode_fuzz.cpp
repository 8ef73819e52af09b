// Whatever decodes is canonical: written again it gives the same bytes.
#include "codec/bencode.hpp"
#include "codec/bencode_writer.hpp"

using skep::codec::BencodeKind;
using skep::codec::BencodeNode;
using skep::codec::BencodeWriter;

namespace {

void copy(BencodeWriter& writer, const BencodeNode& node) {
  switch (node.kind()) {
    case BencodeKind::integer:
      writer.integer(*node.integer());
      return;
    case BencodeKind::bytes:
      writer.bytes(*node.bytes());
      return;
    case BencodeKind::list:
      writer.begin_list();
      for (const BencodeNode item : node.items()) copy(writer, item);
      writer.end();
      return;
    case BencodeKind::dict:
      writer.begin_dict();
      for (const auto [key, value] : node.entries()) copy(writer.key(key), value);
      writer.end();
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const skep::base::ByteView input(data, size);
  const skep::codec::BencodeLimits limits{.depth_max = 20, .tokens_max = 5000, .size_max = 100'000};
  const auto prefix = skep::codec::decode_bencode_prefix(input, limits);
  const auto whole = skep::codec::decode_bencode(input, limits);
  SKEP_ASSERT(!whole.has_value() || prefix.has_value());
  if (!prefix.has_value()) return 0;
  SKEP_ASSERT(prefix->consumed <= size);
  BencodeWriter writer;
  copy(writer, prefix->document.root());
  SKEP_ASSERT(skep::base::equal(writer.take(), input.first(prefix->consumed)));
  return 0;
}
