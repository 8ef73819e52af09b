#include "codec/bencode.hpp"

#include <algorithm>

namespace skep::codec {

using base::Byte;
using base::ByteView;
using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

bool is_digit(Byte c) { return c >= '0' && c <= '9'; }

/// Walks the input once, keeping the open containers on an explicit stack: depth costs no
/// recursion.
class Decoder {
 public:
  Decoder(ByteView input, const BencodeLimits& limits)
      : input_(input.first(std::min<std::size_t>(input.size(), UINT32_MAX))), limits_(limits) {}

  Status run() {
    do {
      SKEP_CHECK(step());
    } while (!open_.empty());
    return base::ok();
  }
  std::size_t position() const { return at_; }
  std::vector<BencodeToken> take_tokens() { return std::move(tokens_); }

 private:
  struct Open {
    std::uint32_t token;
    std::uint32_t last_key;  ///< token of the last key; 0 (the root, never a key) before the first
    bool key_next;           ///< a dictionary waits for a key or its end
  };

  /// One item, one key, or the end of the innermost container.
  Status step() {
    if (at_ >= input_.size()) return fail(Errc::truncated, "bencode ends inside an item", at_);
    const Byte first = input_[at_];
    if (first == 'e' && !open_.empty()) return close();
    if (!open_.empty() && tokens_[open_.back().token].kind == BencodeKind::dict) {
      Open& dict = open_.back();
      if (dict.key_next) return key();
      dict.key_next = true;  // for after this value; open_ may grow below
    }
    if (is_digit(first)) return string();
    if (first == 'i') return integer();
    if (first == 'l') return open(BencodeKind::list);
    if (first == 'd') return open(BencodeKind::dict);
    return fail(Errc::bad_syntax, "no bencode item starts like this", at_);
  }

  Status add(BencodeToken token) {
    if (tokens_.size() >= limits_.tokens_max)
      return fail(Errc::limit_exceeded, "too many bencode items", token.begin);
    tokens_.push_back(token);
    return base::ok();
  }

  Status open(BencodeKind kind) {
    if (open_.size() >= limits_.depth_max)
      return fail(Errc::depth_exceeded, "bencode nested too deeply", at_);
    open_.push_back({static_cast<std::uint32_t>(tokens_.size()), 0, true});
    SKEP_CHECK(add({static_cast<std::uint32_t>(at_), 0, 1, kind, 0}));
    ++at_;
    return base::ok();
  }

  Status close() {
    const Open& inner = open_.back();
    BencodeToken& token = tokens_[inner.token];
    if (token.kind == BencodeKind::dict && !inner.key_next)
      return fail(Errc::bad_syntax, "a dictionary key has no value", at_);
    ++at_;
    token.end = static_cast<std::uint32_t>(at_);
    token.skip = static_cast<std::uint32_t>(tokens_.size() - inner.token);
    open_.pop_back();
    return base::ok();
  }

  Status key() {
    if (!is_digit(input_[at_])) return fail(Errc::bad_syntax, "a dictionary key is no string", at_);
    const auto index = static_cast<std::uint32_t>(tokens_.size());
    SKEP_CHECK(string());
    Open& dict = open_.back();
    if (dict.last_key != 0) {
      const auto before = text_of(dict.last_key);
      const auto now = text_of(index);
      if (now == before)
        return fail(Errc::duplicate, "a dictionary key twice", tokens_[index].begin);
      if (now < before)
        return fail(Errc::not_canonical, "dictionary keys out of order", tokens_[index].begin);
    }
    dict.last_key = index;
    dict.key_next = false;
    return base::ok();
  }

  std::string_view text_of(std::uint32_t token) const {
    return *BencodeNode(&tokens_[token], input_.data()).text();
  }

  Status string() {
    const std::size_t begin = at_;
    std::uint64_t length = 0;
    while (at_ < input_.size() && is_digit(input_[at_])) {
      length = length * 10 + (input_[at_] - '0');
      if (length > UINT32_MAX) return fail(Errc::limit_exceeded, "string too long", begin);
      ++at_;
    }
    if (at_ >= input_.size()) return fail(Errc::truncated, "bencode ends inside a length", at_);
    if (input_[at_] != ':') return fail(Errc::bad_syntax, "no colon after a length", at_);
    if (input_[begin] == '0' && at_ - begin > 1)
      return fail(Errc::not_canonical, "a length starts with a zero", begin);
    ++at_;
    const auto header = static_cast<std::uint8_t>(at_ - begin);
    if (length > input_.size() - at_)
      return fail(Errc::truncated, "bencode ends inside a string", begin);
    at_ += static_cast<std::size_t>(length);
    return add({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_), 1,
                BencodeKind::bytes, header});
  }

  Status integer() {
    const std::size_t begin = at_++;
    const bool negative = at_ < input_.size() && input_[at_] == '-';
    if (negative) ++at_;
    const std::size_t digits = at_;
    // |INT64_MIN| is one more than INT64_MAX
    const std::uint64_t most = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
    std::uint64_t value = 0;
    for (; at_ < input_.size() && is_digit(input_[at_]); ++at_) {
      const auto digit = static_cast<std::uint64_t>(input_[at_] - '0');
      if (value > (most - digit) / 10)
        return fail(Errc::out_of_range, "integer beyond 64 bits", begin);
      value = value * 10 + digit;
    }
    if (at_ >= input_.size()) return fail(Errc::truncated, "bencode ends inside a number", at_);
    if (input_[at_] != 'e' || at_ == digits) return fail(Errc::bad_syntax, "not a number", at_);
    if (input_[digits] == '0' && (at_ - digits > 1 || negative))
      return fail(Errc::not_canonical, "a number starts with a zero", begin);
    ++at_;
    return add({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_), 1,
                BencodeKind::integer, 0});
  }

  ByteView input_;
  const BencodeLimits& limits_;
  std::size_t at_ = 0;
  std::vector<BencodeToken> tokens_;
  std::vector<Open> open_;
};

}  // namespace

Result<BencodePrefix> decode_bencode_prefix(ByteView input, const BencodeLimits& limits) {
  if (input.size() > limits.size_max)
    return fail(Errc::limit_exceeded, "bencode input too large", limits.size_max);
  Decoder decoder(input, limits);
  SKEP_CHECK(decoder.run());
  return BencodePrefix{BencodeDocument(decoder.take_tokens(), input), decoder.position()};
}

Result<BencodeDocument> decode_bencode(ByteView input, const BencodeLimits& limits) {
  SKEP_TRY(BencodePrefix prefix, decode_bencode_prefix(input, limits));
  if (prefix.consumed != input.size())
    return fail(Errc::trailing_bytes, "bytes after the bencoded item", prefix.consumed);
  return std::move(prefix.document);
}

Result<std::int64_t> BencodeNode::integer() const {
  if (!is(BencodeKind::integer)) return fail(Errc::wrong_type, "not an integer", offset());
  const ByteView digits = raw().subspan(1, raw().size() - 2);  // between 'i' and 'e'
  const bool negative = digits[0] == '-';
  std::uint64_t value = 0;
  for (const Byte c : digits.subspan(negative ? 1 : 0))
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

Result<ByteView> BencodeNode::bytes() const {
  if (!is(BencodeKind::bytes)) return fail(Errc::wrong_type, "not a string", offset());
  return raw().subspan(token_->header);
}

Result<std::string_view> BencodeNode::text() const {
  SKEP_TRY(const ByteView octets, bytes());
  return base::as_text(octets);
}

std::optional<BencodeNode> BencodeNode::find(std::string_view key) const {
  if (!is(BencodeKind::dict)) return std::nullopt;
  for (const auto [name, value] : entries()) {
    if (name == key) return value;
    if (name > key) break;  // sorted
  }
  return std::nullopt;
}

Result<BencodeNode> BencodeNode::require(std::string_view key) const {
  if (!is(BencodeKind::dict)) return fail(Errc::wrong_type, "not a dictionary", offset());
  const auto value = find(key);
  if (!value) return fail(Errc::missing_field, "a required key is absent", offset());
  return *value;
}

Result<std::int64_t> BencodeNode::require_integer(std::string_view key) const {
  SKEP_TRY(const BencodeNode value, require(key));
  return value.integer();
}

Result<ByteView> BencodeNode::require_bytes(std::string_view key) const {
  SKEP_TRY(const BencodeNode value, require(key));
  return value.bytes();
}

Result<std::string_view> BencodeNode::require_text(std::string_view key) const {
  SKEP_TRY(const BencodeNode value, require(key));
  return value.text();
}

Result<BencodeNode> BencodeNode::require_kind(std::string_view key, BencodeKind kind) const {
  SKEP_TRY(const BencodeNode value, require(key));
  if (!value.is(kind))
    return fail(Errc::wrong_type, "a key has a value of another type", value.offset());
  return value;
}

BencodeNode::Items BencodeNode::items() const {
  SKEP_ASSERT(is(BencodeKind::list));
  return Items(*this);
}

BencodeNode::Entries BencodeNode::entries() const {
  SKEP_ASSERT(is(BencodeKind::dict));
  return Entries(*this);
}

}  // namespace skep::codec
