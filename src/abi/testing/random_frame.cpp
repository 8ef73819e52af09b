#include "abi/testing/random_frame.hpp"

#include "abi/fields.hpp"

namespace skep::abi::testing {

namespace {

/// Fills every field of a struct, by its type.
class Filler {
 public:
  Filler(base::Rng& rng, Arena& arena) : rng_(rng), arena_(arena) {}

  template <class T>
  void fill(T& out) {
    if constexpr (HasFields<T>) {
      FieldsOf<T>::apply(out, [&](auto&... fields) { (fill(fields), ...); });
    } else if constexpr (kIsList<T>) {
      out.resize(rng_.below(4));
      for (auto& item : out) fill(item);
    } else if constexpr (kIsFixedBytes<T>) {
      for (base::Byte& b : out.bytes) b = byte();
    } else if constexpr (kIsStrongId<T>) {
      fill(out.value);
    } else if constexpr (std::is_same_v<T, base::Duration>) {
      out.us = static_cast<std::int64_t>(rng_.below(86'400'000'000));
    } else if constexpr (std::is_same_v<T, bool>) {
      out = rng_.chance(1, 2);
    } else if constexpr (std::is_enum_v<T>) {
      out = static_cast<T>(rng_.below(kEnumCount<T>));
    } else if constexpr (std::is_integral_v<T>) {
      out = static_cast<T>(rng_.next() >> (11 + rng_.below(53)));
    } else if constexpr (std::is_same_v<T, std::string>) {
      out = rng_.chance(1, 3) ? "größe/文件.png" : std::string(rng_.below(40), 'a');
    } else if constexpr (std::is_same_v<T, base::ByteView>) {
      out = arena_.emplace_back(bytes());
    } else {
      out = bytes();
    }
  }

 private:
  base::Byte byte() { return static_cast<base::Byte>(rng_.next() & 0xff); }
  base::Bytes bytes() {
    base::Bytes out(rng_.below(100));
    for (base::Byte& b : out) b = byte();
    return out;
  }

  base::Rng& rng_;
  Arena& arena_;
};

template <class Variant, std::size_t... I>
std::vector<Variant> random_values(Filler& filler, int count, std::index_sequence<I...>) {
  std::vector<Variant> out;
  const auto add = [&]<std::size_t Index>() {
    for (int i = 0; i < count; ++i) {
      Variant value(std::in_place_index<Index>);
      filler.fill(*std::get_if<Index>(&value));
      out.push_back(std::move(value));
    }
  };
  (add.template operator()<I>(), ...);
  return out;
}

}  // namespace

std::vector<engine::Input> random_inputs(base::Rng& rng, int per_alternative, Arena& arena) {
  Filler filler(rng, arena);
  auto inputs = random_values<engine::Input>(
      filler, per_alternative, std::make_index_sequence<std::variant_size_v<engine::Input>>());
  for (engine::Input& input : inputs)
    if (auto* started = std::get_if<engine::HttpStarted>(&input); started && rng.chance(1, 2))
      started->size = engine::HttpStarted::kSizeUnknown;
  return inputs;
}

std::vector<engine::Output> random_outputs(base::Rng& rng, int per_alternative) {
  Arena none;
  Filler filler(rng, none);
  return random_values<engine::Output>(
      filler, per_alternative, std::make_index_sequence<std::variant_size_v<engine::Output>>());
}

}  // namespace skep::abi::testing
