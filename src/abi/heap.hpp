/// heap.hpp: the allocator of the wasm module: blocks with boundary tags, merged as they are freed.
/// CONTRACT  allocate() returns 16-byte aligned memory, or nullptr when `grow` gives none.
///           release() takes what allocate() returned, once, or nullptr. A block that was written
///           over is our bug (assert). No two free blocks are neighbours, and the end of the heap
///           is no free block: what was given back is there for blocks of any size.
/// WHY       an engine lives as long as its page, and its pieces, frames and tables have many
///           sizes: lists by size that never merge would hold the worst case of every size at once.
/// LIMITS    2 GiB. Eight bytes and the rounding to 16 are lost to each block.
///
///      begin                                                                      top
///        |  8 |before|size+used| payload … |before|size| next|prev | … free … |before| fresh
///             `--- header ----'             links, in the payload of a free block
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace skep::abi {

class Heap {
 public:
  /// Makes the memory longer at its end by `more` octets or some more; returns by how many, 0 if
  /// not.
  using Grow = std::size_t (*)(std::size_t more);

  constexpr explicit Heap(Grow grow) : grow_(grow) {}
  /// Before the first allocate(): the memory, aligned to 16.
  void start(unsigned char* begin, std::size_t size);

  void* allocate(std::size_t octets);
  void release(void* memory);

  /// Octets from the beginning to the end of the last block.
  std::size_t extent() const { return top_; }
  /// Walks all blocks and lists. RETURNS whether they agree. For tests.
  bool sound() const;

 private:
  using Offset = std::uint32_t;  // of a block's header; 0: none
  struct Block;
  static constexpr std::size_t kClasses = 56;  // two for each power of two

  Block& at(Offset offset) const;
  static std::uint32_t class_of(std::uint32_t size);
  Offset find(std::uint32_t size) const;
  void link(Offset offset);
  void unlink(Offset offset);
  bool reach(std::size_t end);

  unsigned char* begin_ = nullptr;
  std::size_t size_ = 0;
  Offset top_ = 0;                ///< where the next fresh block would begin
  std::uint32_t before_top_ = 0;  ///< the size of the block before it; 0: none
  std::array<Offset, kClasses> lists_{};
  Grow grow_;
};

}  // namespace skep::abi
