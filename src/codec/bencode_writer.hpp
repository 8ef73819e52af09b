/// bencode_writer.hpp: writes canonical bencode, front to back.
/// CONTRACT  the caller writes one complete item; keys of a dictionary come in ascending order of
///           their raw bytes and each is followed by one value. Anything else is our bug (assert).
/// SPEC      BEP 3 "bencoding".
///
///   BencodeWriter w;
///   w.begin_dict().key("a").integer(1).key("b").text("x").end();
///   Bytes out = w.take();                                    // d1:ai1e1:b1:xe
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace skep::codec {

class BencodeWriter {
 public:
  BencodeWriter& integer(std::int64_t value);
  BencodeWriter& bytes(base::ByteView value);
  BencodeWriter& text(std::string_view value) { return bytes(base::as_bytes(value)); }
  /// An item that is already canonical bencode. Not checked: decode it first if it is not yours.
  BencodeWriter& raw(base::ByteView item);
  BencodeWriter& begin_list();
  BencodeWriter& begin_dict();
  BencodeWriter& key(std::string_view key);
  /// Closes the innermost list or dictionary.
  BencodeWriter& end();

  std::size_t size() const { return out_.size(); }
  /// The finished item. REQUIRES that exactly one item was written and everything is closed.
  base::Bytes take();

 private:
  struct Level {
    bool dict = false;
    bool value_due = false;  ///< a key was written, its value was not
    bool any_key = false;
    std::size_t key_at = 0;  ///< the last key, in out_
    std::size_t key_size = 0;
  };
  void begin_value();
  void put_string(base::ByteView value);

  base::Bytes out_;
  std::vector<Level> open_;
  bool complete_ = false;
};

}  // namespace skep::codec
