#include "abi/heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "base/rng.hpp"

namespace skep::abi {
namespace {

constexpr std::size_t kRoom = 64 << 20;
std::size_t room_used = 0;

/// Memory that grows by pages of 64 KiB, up to kRoom.
std::size_t grow(std::size_t more) {
  const std::size_t pages = (more + 65535) / 65536 * 65536;
  if (room_used + pages > kRoom) return 0;
  room_used += pages;
  return pages;
}

class HeapTest : public testing::Test {
 protected:
  HeapTest() : room_(new(std::align_val_t{16}) unsigned char[kRoom]) {
    room_used = 65536;
    heap_.start(room_.get(), room_used);
  }
  struct Free {
    void operator()(unsigned char* room) const { ::operator delete[](room, std::align_val_t{16}); }
  };
  std::unique_ptr<unsigned char, Free> room_;
  Heap heap_{grow};
};

struct Live {
  unsigned char* at;
  std::size_t size;
  unsigned char mark;
};

/// Takes and gives back at random; `size_of` says how much. RETURNS the most that was alive at a
/// time.
template <class SizeOf>
std::size_t exercise(Heap& heap, base::Rng& rng, std::size_t steps, std::size_t alive_max,
                     const SizeOf& size_of) {
  std::vector<Live> live;
  std::size_t alive = 0;
  std::size_t most = 0;
  const auto give_back = [&](std::size_t i) {
    const Live gone = live[i];
    EXPECT_TRUE(std::all_of(gone.at, gone.at + gone.size, [&](auto b) { return b == gone.mark; }));
    heap.release(gone.at);
    alive -= gone.size;
    live[i] = live.back();
    live.pop_back();
  };
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t size = size_of(rng);
    while (!live.empty() && (alive + size > alive_max || rng.below(2) == 0))
      give_back(rng.below(live.size()));
    auto* at = static_cast<unsigned char*>(heap.allocate(size));
    EXPECT_NE(at, nullptr);
    if (at == nullptr) break;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % 16, 0u);
    const auto mark = static_cast<unsigned char>(rng.below(256));
    std::memset(at, mark, size);
    live.push_back({at, size, mark});
    alive += size;
    most = std::max(most, alive);
    if (step % 64 == 0) {
      EXPECT_TRUE(heap.sound()) << "step " << step;
    }
  }
  while (!live.empty()) give_back(rng.below(live.size()));
  EXPECT_TRUE(heap.sound());
  return most;
}

TEST_F(HeapTest, MemoryIsAlignedAndItsOwn) {
  auto* a = static_cast<unsigned char*>(heap_.allocate(1));
  auto* b = static_cast<unsigned char*>(heap_.allocate(0));
  auto* c = static_cast<unsigned char*>(heap_.allocate(100'000));
  EXPECT_NE(a, b);
  std::memset(a, 1, 1);
  std::memset(c, 2, 100'000);
  EXPECT_EQ(*a, 1);
  EXPECT_TRUE(heap_.sound());
  heap_.release(b);
  heap_.release(nullptr);
  EXPECT_TRUE(heap_.sound());
}

TEST_F(HeapTest, NeighboursMergeInEveryOrder) {
  for (const auto& order : std::vector<std::vector<std::size_t>>{
           {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
    std::vector<void*> three;
    for (int i = 0; i < 3; ++i) three.push_back(heap_.allocate(1000));
    void* end = heap_.allocate(16);
    for (const std::size_t i : order) {
      heap_.release(three[i]);
      EXPECT_TRUE(heap_.sound());
    }
    EXPECT_EQ(heap_.allocate(3000), three[0]);  // one block where three were
    heap_.release(three[0]);
    heap_.release(end);
  }
}

TEST_F(HeapTest, WhatEndsTheHeapIsGivenBackToIt) {
  const std::size_t empty = heap_.extent();
  base::Rng rng(1);
  exercise(heap_, rng, 20'000, 4 << 20, [](base::Rng& r) { return r.below(5000); });
  EXPECT_EQ(heap_.extent(), empty);
}

TEST_F(HeapTest, NoMemoryIsNoBlock) {
  EXPECT_EQ(heap_.allocate(kRoom), nullptr);
  EXPECT_EQ(heap_.allocate(SIZE_MAX), nullptr);
  EXPECT_TRUE(heap_.sound());
  EXPECT_NE(heap_.allocate(1 << 20), nullptr);
}

// What an engine does: small records, blocks, pieces, now and then a frame of megabytes.
TEST_F(HeapTest, AnEnginesSizesStayNearWhatIsAlive) {
  const auto size_of = [](base::Rng& rng) -> std::size_t {
    switch (rng.below(8)) {
      case 0:
        return 65536 + rng.below(64);
      case 1:
        return 16384 + rng.below(64);
      case 2:
        return rng.below(200) == 0 ? 1 + rng.below(2 << 20) : 300;
      default:
        return 8 + rng.below(400);
    }
  };
  std::size_t most = 0;
  base::Rng rng(7);
  for (int day = 0; day < 4; ++day)
    most = std::max(most, exercise(heap_, rng, 30'000, 8 << 20, size_of));
  EXPECT_LT(room_used, most + most / 2 + (2 << 20)) << "alive at most " << most;
}

// The worst of lists by size: each size in its turn fills the memory and goes.
TEST_F(HeapTest, SizesInTurnUseTheSameMemory) {
  for (std::size_t size = 16; size < (4 << 20); size = size * 5 / 4 + 16) {
    std::vector<void*> all;
    for (std::size_t used = 0; used + size <= (8 << 20); used += size + 24)
      all.push_back(heap_.allocate(size));
    for (void* block : all) heap_.release(block);
    EXPECT_TRUE(heap_.sound());
  }
  EXPECT_LT(room_used, std::size_t{17} << 20);
}

}  // namespace
}  // namespace skep::abi
