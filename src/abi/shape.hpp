/// shape.hpp: one number that changes whenever a frame changes.
/// CONTRACT  computed by the compiler from fields.hpp and the variants; web/engine/schema.ts
///           computes the same from its own tables. Equal numbers mean that both ends agree on
///           every name, order and kind. skep_abi_version() returns it.
/// WHY       wasm and worker are built together but cached apart; a misread frame must be
///           impossible.
/// SPEC      docs/formats/frames.md, "Shape"
#pragma once

#include <type_traits>

#include "abi/fields.hpp"

namespace skep::abi {

/// FNV-1a over the text form of the tables.
class Shape {
 public:
  template <class T>
  constexpr void add_struct() {
    add(FieldsOf<T>::kName);
    add("(");
    T value{};
    std::string_view names = FieldsOf<T>::kList;
    FieldsOf<T>::apply(value, [&](auto&... fields) {
      (add_field<std::remove_cvref_t<decltype(fields)>>(next_field_name(names)), ...);
    });
    add(")");
  }
  template <class Variant>
  constexpr void add_variant() {
    add_alternatives<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>());
    add(";");
  }
  constexpr std::uint32_t value() const { return hash_; }

 private:
  constexpr void add(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x01000193u;
  }
  constexpr void add_number(std::uint32_t n) {
    if (n >= 10) add_number(n / 10);
    const char digit = static_cast<char>('0' + n % 10);
    add(std::string_view(&digit, 1));
  }
  template <class Variant, std::size_t... I>
  constexpr void add_alternatives(std::index_sequence<I...>) {
    (add_struct<std::variant_alternative_t<I, Variant>>(), ...);
  }
  template <class T>
  constexpr void add_field(std::string_view name) {
    add(name);
    add(":");
    add_kind<T>();
    add(",");
  }
  template <class T>
  constexpr void add_kind() {
    if constexpr (HasFields<T>) {
      add_struct<T>();
    } else if constexpr (kIsList<T>) {
      add("[");
      add_kind<typename T::value_type>();
    } else if constexpr (std::is_enum_v<T>) {
      add("e");
      add_number(kEnumCount<T>);
    } else {
      add(letter_of<T>());
    }
  }
  template <class T>
  static constexpr std::string_view letter_of() {
    if constexpr (kIsStrongId<T>) return letter_of<typename T::value_type>();
    if constexpr (std::is_same_v<T, bool>) return "b";
    if constexpr (std::is_same_v<T, std::uint16_t>) return "h";
    if constexpr (std::is_same_v<T, std::uint32_t>) return "i";
    if constexpr (std::is_same_v<T, std::uint64_t>) return "l";
    if constexpr (std::is_same_v<T, base::Duration>) return "d";
    if constexpr (std::is_same_v<T, crypto::Digest256>) return "D";
    if constexpr (std::is_same_v<T, crypto::PeerId> || std::is_same_v<T, crypto::ShortHash>)
      return "P";
    if constexpr (std::is_same_v<T, base::Bytes> || std::is_same_v<T, base::ByteView>) return "B";
    if constexpr (std::is_same_v<T, std::string>) return "s";
  }

  std::uint32_t hash_ = 0x811c9dc5u;
};

/// The shape of all inputs, outputs and the configuration: a constant for the compiler, except
/// where clang meets libstdc++ 12, whose std::string is none to it (the fuzz targets are built so).
#if defined(__clang__) && defined(__GLIBCXX__)
inline std::uint32_t shape() {
#else
consteval std::uint32_t shape() {
#endif
  Shape shape;
  shape.add_variant<engine::Input>();
  shape.add_variant<engine::Output>();
  shape.add_struct<engine::Config>();
  return shape.value();
}

}  // namespace skep::abi
