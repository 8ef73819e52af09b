/// bencode.hpp: BitTorrent's data format: a strict, canonical decoder, and a writer.
/// CONTRACT  decoding copies nothing: a BencodeDocument owns a flat vector of tokens, its nodes
///           view the tokens and the input. Nodes live as long as *both*: the document (which may
///           be moved, not destroyed) and the bytes it was decoded from.
/// WHY       a flat token vector costs 16 bytes and no allocation for each item, where a tree of
///           maps costs a hundred; and each node keeps the exact bytes it came from, which an
///           info-hash needs.
/// SPEC      BEP 3 "bencoding". Canonical means one spelling for each value: no leading zeros, no
///           "-0", dictionary keys strictly ascending as raw bytes.
/// LIMITS    BencodeLimits: depth, tokens, input size. Integers are int64.
///
///   d 4:name 3:abc 4:list l i1e e e          tokens  0 dict   next +6
///   ^ ^      ^     ^      ^ ^                        1 bytes "name"   2 bytes "abc"
///   0 1      2     3      4 5                        3 bytes "list"   4 list next +2   5 int 1
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"

namespace skep::codec {

struct BencodeLimits {
  std::size_t depth_max = base::kBencodeDepthMax;    ///< nested lists and dictionaries
  std::size_t tokens_max = base::kBencodeTokensMax;  ///< integers, strings (keys too), containers
  std::size_t size_max = base::kMetainfoSizeMax;     ///< input bytes looked at
};

enum class BencodeKind : std::uint8_t { integer, bytes, list, dict };

/// One decoded item. `skip` counts the tokens of its whole subtree, itself included.
struct BencodeToken {
  std::uint32_t begin = 0;  ///< offset of its first byte in the input
  std::uint32_t end = 0;    ///< offset one past its last byte
  std::uint32_t skip = 1;
  BencodeKind kind = BencodeKind::integer;
  std::uint8_t header = 0;  ///< of bytes: the length of "123:"
};

/// A view of one item. Cheap to copy. Default-constructed nodes may only be assigned to.
class BencodeNode {
 public:
  BencodeNode() = default;
  BencodeNode(const BencodeToken* token, const base::Byte* input) : token_(token), input_(input) {}

  BencodeKind kind() const { return token_->kind; }
  bool is(BencodeKind kind) const { return token_->kind == kind; }
  /// Exactly the bytes this item was decoded from (an info-hash is taken over these).
  base::ByteView raw() const { return {input_ + token_->begin, token_->end - token_->begin}; }
  /// Offset of raw() in the input, for error messages.
  std::size_t offset() const { return token_->begin; }

  /// ERRORS wrong_type.
  base::Result<std::int64_t> integer() const;
  /// A string's octets. ERRORS wrong_type.
  base::Result<base::ByteView> bytes() const;
  /// The same as text; not checked for UTF-8. ERRORS wrong_type.
  base::Result<std::string_view> text() const;

  /// A dictionary's value for `key`, or nothing when it is absent or this is no dictionary.
  /// Linear in the number of keys: meant for records, iterate over large dictionaries.
  std::optional<BencodeNode> find(std::string_view key) const;
  /// ERRORS wrong_type (this is no dictionary), missing_field.
  base::Result<BencodeNode> require(std::string_view key) const;
  base::Result<std::int64_t> require_integer(std::string_view key) const;
  base::Result<base::ByteView> require_bytes(std::string_view key) const;
  base::Result<std::string_view> require_text(std::string_view key) const;
  /// ERRORS wrong_type also when the value is of another kind.
  base::Result<BencodeNode> require_kind(std::string_view key, BencodeKind kind) const;

  class Items;
  class Entries;
  /// The items of a list, in order. REQUIRES a list.
  Items items() const;
  /// The (key, value) pairs of a dictionary, in key order. REQUIRES a dictionary.
  Entries entries() const;

 private:
  BencodeNode after() const { return {token_ + token_->skip, input_}; }

  const BencodeToken* token_ = nullptr;
  const base::Byte* input_ = nullptr;
};

struct BencodeEntry {
  std::string_view key;
  BencodeNode value;
};

/// `for (BencodeNode item : list.items())`
class BencodeNode::Items {
 public:
  class Iterator {
   public:
    explicit Iterator(BencodeNode at) : at_(at) {}
    BencodeNode operator*() const { return at_; }
    Iterator& operator++() {
      at_ = at_.after();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_.token_ == other.at_.token_; }

   private:
    BencodeNode at_;
  };
  explicit Items(BencodeNode list) : list_(list) {}
  Iterator begin() const { return Iterator({list_.token_ + 1, list_.input_}); }
  Iterator end() const { return Iterator(list_.after()); }

 private:
  BencodeNode list_;
};

/// `for (auto [key, value] : dict.entries())`
class BencodeNode::Entries {
 public:
  class Iterator {
   public:
    explicit Iterator(BencodeNode key) : key_(key) {}
    BencodeEntry operator*() const { return {*key_.text(), key_.after()}; }
    Iterator& operator++() {
      key_ = key_.after().after();
      return *this;
    }
    bool operator==(const Iterator& other) const { return key_.token_ == other.key_.token_; }

   private:
    BencodeNode key_;
  };
  explicit Entries(BencodeNode dict) : dict_(dict) {}
  Iterator begin() const { return Iterator({dict_.token_ + 1, dict_.input_}); }
  Iterator end() const { return Iterator(dict_.after()); }

 private:
  BencodeNode dict_;
};

/// What decoding gives: the tokens. Never empty; root() views it and the input.
class BencodeDocument {
 public:
  BencodeDocument(std::vector<BencodeToken> tokens, base::ByteView input)
      : tokens_(std::move(tokens)), input_(input) {}
  BencodeNode root() const { return {tokens_.data(), input_.data()}; }
  std::size_t token_count() const { return tokens_.size(); }

 private:
  std::vector<BencodeToken> tokens_;
  base::ByteView input_;
};

/// Decodes one item that fills `input` exactly.
/// ERRORS truncated, trailing_bytes, bad_syntax, not_canonical, duplicate (equal keys),
///        depth_exceeded, limit_exceeded, out_of_range (an integer beyond int64).
base::Result<BencodeDocument> decode_bencode(base::ByteView input,
                                             const BencodeLimits& limits = {});

struct BencodePrefix {
  BencodeDocument document;
  std::size_t consumed;  ///< bytes of the item; what follows is the caller's
};
/// Decodes one item at the start of `input`, as in a BEP 9 message whose payload follows it.
/// ERRORS as decode_bencode, without trailing_bytes.
base::Result<BencodePrefix> decode_bencode_prefix(base::ByteView input,
                                                  const BencodeLimits& limits = {});

}  // namespace skep::codec
