#include "abi/skep_abi.hpp"

#include <array>
#include <memory>

#include "abi/frame.hpp"
#include "abi/shape.hpp"
#include "engine/engine.hpp"

namespace {

using skep::abi::Address;
namespace abi = skep::abi;
namespace base = skep::base;
namespace engine = skep::engine;

/// A buffer that grew for one large item is given back after it, so that the heap can use it.
constexpr std::size_t kBufferKept = 1024 * 1024;

struct Slot {
  engine::Engine engine;
  base::Instant last;
  explicit Slot(const engine::Config& config) : engine(config) {}
};

struct Module {
  std::array<std::unique_ptr<Slot>, abi::kEnginesMax> slots;
  base::Bytes input;
  base::Bytes output;
};

Module& module() {
  static Module the_module;
  return the_module;
}

Slot* slot_of(std::uint32_t id) {
  return id >= 1 && id <= abi::kEnginesMax ? module().slots[id - 1].get() : nullptr;
}

base::ByteView input_of(std::uint32_t size) {
  return base::ByteView(module().input).first(std::min<std::size_t>(size, module().input.size()));
}

// g++ 12 takes the four octets for more than the new buffer holds.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif
/// Puts the frame behind its length into the output buffer.
Address framed(const engine::Output& frame) {
  base::Bytes& output = module().output;
  base::Writer writer(std::move(output));
  writer.put_le(std::uint32_t{0});
  abi::encode_output(frame, writer);
  output = writer.take();
  base::store_le(output.data(), static_cast<std::uint32_t>(output.size() - 4));
  return reinterpret_cast<Address>(output.data());
}
#pragma GCC diagnostic pop

}  // namespace

std::uint32_t skep_abi_version() { return abi::shape(); }

Address skep_input(std::uint32_t size) {
  if (size > abi::kInputFrameMax) return 0;
  base::Bytes& input = module().input;
  if (input.size() < size || (input.size() > kBufferKept && size <= kBufferKept) || input.empty()) {
    input = base::Bytes();  // first, so that the old one and the new are not both there
    input = base::Bytes(std::max<std::size_t>(size, 4096));
  }
  return reinterpret_cast<Address>(input.data());
}

std::uint32_t skep_create(std::uint32_t size) {
  auto config = abi::decode_choice(input_of(size));
  if (!config) return 0;
  auto& slots = module().slots;
  for (std::uint32_t i = 0; i < slots.size(); ++i) {
    if (slots[i]) continue;
    slots[i] = std::make_unique<Slot>(*config);
    return i + 1;
  }
  return 0;
}

std::uint32_t skep_handle(std::uint32_t id, std::uint64_t now_us, std::uint32_t size) {
  Slot* slot = slot_of(id);
  const base::Instant now{static_cast<std::int64_t>(now_us)};
  if (slot == nullptr || now < slot->last) return 0;
  if (slot->engine.next_wakeup().why == engine::WakeReason::output_pending) return 0;
  auto input = abi::decode_input(input_of(size));
  if (!input) return 0;
  slot->last = now;
  slot->engine.handle(now, *input);
  return 1;
}

Address skep_poll(std::uint32_t id) {
  Slot* slot = slot_of(id);
  if (slot == nullptr) return 0;
  const auto output = slot->engine.poll();
  if (!output) {
    if (module().output.capacity() > kBufferKept) module().output = base::Bytes();
    return 0;
  }
  return framed(*output);
}

std::int64_t skep_next_wakeup(std::uint32_t id) {
  const Slot* slot = slot_of(id);
  return slot == nullptr ? base::kNever.us : slot->engine.next_wakeup().at.us;
}

void skep_destroy(std::uint32_t id) {
  if (slot_of(id) != nullptr) module().slots[id - 1].reset();
}
