#include "codec/bencode_writer.hpp"

#include "base/assert.hpp"
#include "base/decimal.hpp"

namespace skep::codec {

using base::Byte;
using base::ByteView;

void BencodeWriter::begin_value() {
  SKEP_ASSERT(!complete_);
  if (open_.empty()) {
    complete_ = true;  // a container takes this back until it is closed
    return;
  }
  Level& level = open_.back();
  SKEP_ASSERT(!level.dict || level.value_due);
  level.value_due = false;
}

void BencodeWriter::put_string(ByteView value) {
  base::append_decimal(out_, value.size());
  out_.push_back(':');
  base::append(out_, value);
}

BencodeWriter& BencodeWriter::integer(std::int64_t value) {
  begin_value();
  out_.push_back('i');
  if (value < 0) out_.push_back('-');
  const auto magnitude = static_cast<std::uint64_t>(value);
  base::append_decimal(out_, value < 0 ? 0 - magnitude : magnitude);
  out_.push_back('e');
  return *this;
}

BencodeWriter& BencodeWriter::bytes(ByteView value) {
  begin_value();
  put_string(value);
  return *this;
}

BencodeWriter& BencodeWriter::raw(ByteView item) {
  SKEP_ASSERT(!item.empty());
  begin_value();
  base::append(out_, item);
  return *this;
}

BencodeWriter& BencodeWriter::begin_list() {
  begin_value();
  complete_ = false;
  open_.emplace_back();
  out_.push_back('l');
  return *this;
}

BencodeWriter& BencodeWriter::begin_dict() {
  begin_value();
  complete_ = false;
  open_.emplace_back().dict = true;
  out_.push_back('d');
  return *this;
}

BencodeWriter& BencodeWriter::key(std::string_view key) {
  SKEP_ASSERT(!open_.empty());
  Level& level = open_.back();
  SKEP_ASSERT(level.dict && !level.value_due);
  // std::string_view compares as unsigned char, which is bencode's order
  const auto last_key = ByteView(out_).subspan(level.key_at, level.key_size);
  SKEP_ASSERT(!level.any_key || base::as_text(last_key) < key);
  level.value_due = true;
  level.any_key = true;
  put_string(base::as_bytes(key));
  level.key_size = key.size();
  level.key_at = out_.size() - key.size();
  return *this;
}

BencodeWriter& BencodeWriter::end() {
  SKEP_ASSERT(!open_.empty() && !open_.back().value_due);
  open_.pop_back();
  out_.push_back('e');
  complete_ = open_.empty();
  return *this;
}

base::Bytes BencodeWriter::take() {
  SKEP_ASSERT(complete_);
  complete_ = false;
  return std::move(out_);
}

}  // namespace skep::codec
