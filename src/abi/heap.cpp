#include "abi/heap.hpp"

#include <bit>

#include "base/assert.hpp"

namespace skep::abi {
namespace {

constexpr std::uint32_t kAlign = 16;
constexpr std::uint32_t kHeader = 8;
constexpr std::uint32_t kUsed = 1;
/// What is left of a block that is cut is a block of its own from this size on.
constexpr std::uint32_t kCutMin = 32;
/// Blocks of the right class that are tried before a larger one is cut.
constexpr int kTries = 8;
constexpr std::size_t kSizeMax = std::size_t{1} << 31;

}  // namespace

struct Heap::Block {
  std::uint32_t before;  ///< size of the block in front of this one; 0: this is the first
  std::uint32_t tag;     ///< its own size, a multiple of 16; bit 0: used
  Offset next;           ///< while free: the list of its class
  Offset prev;

  std::uint32_t size() const { return tag & ~kUsed; }
  bool used() const { return (tag & kUsed) != 0; }
};

void Heap::start(unsigned char* begin, std::size_t size) {
  begin_ = begin;
  size_ = size;
  top_ = kAlign - kHeader;  // headers lie in front of aligned payloads
}

Heap::Block& Heap::at(Offset offset) const { return *reinterpret_cast<Block*>(begin_ + offset); }

/// 16, 24, 32, 48, 64, 96, …: the largest that is not above `size`.
std::uint32_t Heap::class_of(std::uint32_t size) {
  const auto power = static_cast<std::uint32_t>(std::bit_width(size)) - 1;
  return (power - 4) * 2 + ((size >> (power - 1)) & 1);
}

void Heap::link(Offset offset) {
  Block& block = at(offset);
  const std::uint32_t index = class_of(block.size());
  block.prev = 0;
  block.next = lists_[index];
  if (block.next != 0) at(block.next).prev = offset;
  lists_[index] = offset;
}

void Heap::unlink(Offset offset) {
  const Block& block = at(offset);
  if (block.next != 0) at(block.next).prev = block.prev;
  (block.prev != 0 ? at(block.prev).next : lists_[class_of(block.size())]) = block.next;
}

/// A free block of at least that size, or 0.
Heap::Offset Heap::find(std::uint32_t size) const {
  for (std::uint32_t index = class_of(size); index < kClasses; ++index) {
    Offset tried = lists_[index];
    for (int i = 0; tried != 0 && i < kTries; ++i, tried = at(tried).next)
      if (at(tried).size() >= size) return tried;
  }
  return 0;
}

/// Makes the memory reach to `end`, if it can.
bool Heap::reach(std::size_t end) {
  if (end > size_) size_ += grow_(end - size_);
  return end <= size_;
}

void* Heap::allocate(std::size_t octets) {
  if (octets >= kSizeMax) return nullptr;
  auto size = static_cast<std::uint32_t>(octets + kHeader + kAlign - 1) & ~(kAlign - 1);
  Offset found = find(size);
  if (found != 0) {
    Block& block = at(found);
    SKEP_ASSERT(!block.used());
    unlink(found);
    const std::uint32_t whole = block.size();
    if (whole - size >= kCutMin) {
      const Offset rest = found + size;
      at(rest).before = size;
      at(rest).tag = whole - size;
      at(found + whole).before = whole - size;  // never the top: a free block does not touch it
      link(rest);
    } else {
      size = whole;
    }
  } else {
    // Room for the links of a block is room for the header of the next.
    if (!reach(std::size_t{top_} + size + kAlign) || top_ + std::size_t{size} >= kSizeMax)
      return nullptr;
    found = top_;
    at(found).before = before_top_;
    before_top_ = size;
    top_ += size;
  }
  at(found).tag = size | kUsed;
  return begin_ + found + kHeader;
}

void Heap::release(void* memory) {
  if (memory == nullptr) return;
  auto offset = static_cast<Offset>(static_cast<unsigned char*>(memory) - begin_) - kHeader;
  SKEP_ASSERT(at(offset).used());
  std::uint32_t size = at(offset).size();
  std::uint32_t before = at(offset).before;
  if (before != 0 && !at(offset - before).used()) {
    offset -= before;
    unlink(offset);
    size += before;
    before = at(offset).before;
  }
  if (const Offset next = offset + size; next != top_ && !at(next).used()) {
    unlink(next);
    size += at(next).size();
  }
  at(offset).before = before;
  at(offset).tag = size;
  if (offset + size == top_) {
    top_ = offset;
    before_top_ = before;
    return;
  }
  at(offset + size).before = size;
  link(offset);
}

bool Heap::sound() const {
  std::size_t free_blocks = 0;
  std::uint32_t before = 0;
  bool after_free = false;
  for (Offset o = kAlign - kHeader; o != top_; o += before) {
    const Block& block = at(o);
    if (o > top_ || block.before != before || block.size() < kAlign) return false;
    if (!block.used() && after_free) return false;
    after_free = !block.used();
    free_blocks += after_free ? 1 : 0;
    before = block.size();
  }
  if (after_free || before != before_top_) return false;
  std::size_t listed = 0;
  for (std::uint32_t i = 0; i < kClasses; ++i) {
    for (Offset o = lists_[i]; o != 0; o = at(o).next, ++listed)
      if (at(o).used() || class_of(at(o).size()) != i) return false;
  }
  return listed == free_blocks;
}

}  // namespace skep::abi
