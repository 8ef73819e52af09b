#include "abi/frame.hpp"

#include "abi/shape.hpp"

namespace skep::abi {

namespace {

using base::ByteView;
using base::Errc;
using base::Writer;

static_assert(std::variant_size_v<engine::Input> == 21 && std::variant_size_v<engine::Output> == 15,
              "frames changed: extend fields.hpp, web/engine/schema.ts and docs/formats/frames.md, "
              "then record the golden traces again");

/// Octets of a choice: peer_id, seed, peer_grace.
constexpr std::size_t kChoiceMax = crypto::PeerId::kSize + 8 + 8;

/// Ten years: longer than any interval that means something, short enough to add up safely.
constexpr std::int64_t kDurationMaxUs = 10ll * 366 * 24 * 3600 * 1'000'000;

/// Octets of the smallest form of a T: bounds how many items a list can have.
template <class T>
constexpr std::size_t min_size() {
  if constexpr (HasFields<T>) {
    T value{};
    return FieldsOf<T>::apply(value, [](auto&... fields) {
      return (std::size_t{0} + ... + min_size<std::remove_cvref_t<decltype(fields)>>());
    });
  } else if constexpr (kIsFixedBytes<T>) {
    return T::kSize;
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    return sizeof(T);
  } else if constexpr (std::is_same_v<T, base::Duration>) {
    return 8;
  } else {
    return 4;  // a strong id, or the length of bytes, a string or a list
  }
}

// ---------------------------------------------------------------------------------------- encode

void put_bytes(Writer& to, ByteView bytes) {
  to.put_le(static_cast<std::uint32_t>(bytes.size()));
  to.put(bytes);
}

template <class T>
void put(Writer& to, const T& value) {
  if constexpr (HasFields<T>) {
    FieldsOf<T>::apply(value, [&](const auto&... fields) { (put(to, fields), ...); });
  } else if constexpr (kIsList<T>) {
    to.put_le(static_cast<std::uint32_t>(value.size()));
    for (const auto& item : value) put(to, item);
  } else if constexpr (kIsFixedBytes<T>) {
    to.put(value.view());
  } else if constexpr (kIsStrongId<T>) {
    to.put_le(value.value);
  } else if constexpr (std::is_same_v<T, base::Duration>) {
    to.put_le(static_cast<std::uint64_t>(value.us));
  } else if constexpr (std::is_same_v<T, std::string>) {
    put_bytes(to, base::as_bytes(value));
  } else if constexpr (std::is_enum_v<T> || std::is_same_v<T, bool>) {
    to.put_le(static_cast<std::uint8_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    to.put_le(value);
  } else {
    put_bytes(to, value);
  }
}

template <class Variant, std::size_t... I>
void put_alternative(Writer& to, const Variant& value, std::index_sequence<I...>) {
  to.put_le(static_cast<std::uint8_t>(value.index()));
  static_cast<void>(
      ((value.index() == I ? (put(to, *std::get_if<I>(&value)), true) : false) || ...));
}

template <class Variant>
void put_variant(Writer& to, const Variant& value) {
  put_alternative(to, value, std::make_index_sequence<std::variant_size_v<Variant>>());
}

// ---------------------------------------------------------------------------------------- decode

/// Reads fields until one does not fit; every get() after that is false too.
class Fields {
 public:
  explicit Fields(ByteView bytes) : in_(bytes) {}

  template <class T>
  bool get(T& out) {
    if constexpr (HasFields<T>) {
      return FieldsOf<T>::apply(out, [&](auto&... fields) { return (get(fields) && ...); });
    } else if constexpr (kIsList<T>) {
      return get_list(out);
    } else if constexpr (kIsFixedBytes<T>) {
      ByteView raw;
      if (!take(T::kSize, raw)) return false;
      std::copy(raw.begin(), raw.end(), out.bytes.begin());
      return true;
    } else if constexpr (kIsStrongId<T>) {
      return get(out.value);
    } else if constexpr (std::is_same_v<T, base::Duration>) {
      std::uint64_t us = 0;
      if (!get(us)) return false;
      out.us = static_cast<std::int64_t>(us);
      return us <= kDurationMaxUs || refuse(Errc::bad_value, "a duration out of range");
    } else if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t raw = 0;
      if (!get(raw)) return false;
      out = raw == 1;
      return raw <= 1 || refuse(Errc::bad_value, "a bool that is neither 0 nor 1");
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(kEnumCount<T> > 0, "tell fields.hpp how many values it has");
      std::uint8_t raw = 0;
      if (!get(raw)) return false;
      out = static_cast<T>(raw);
      return raw < kEnumCount<T> || refuse(Errc::bad_value, "an unknown enumerator");
    } else if constexpr (std::is_integral_v<T>) {
      ByteView raw;
      if (!take(sizeof(T), raw)) return false;
      out = base::load_le<T>(raw.data());
      return true;
    } else {
      std::uint32_t size = 0;
      ByteView raw;
      if (!get(size) || !take(size, raw)) return false;
      if constexpr (std::is_same_v<T, ByteView>) {
        out = raw;
      } else {
        out.assign(raw.begin(), raw.end());
      }
      return true;
    }
  }

  /// The outcome once everything should have been read.
  base::Status finish() const {
    if (error_.code != Errc::none) return error_;
    return in_.finish();
  }

 private:
  template <class Item>
  bool get_list(std::vector<Item>& out) {
    std::uint32_t count = 0;
    if (!get(count)) return false;
    if (count > in_.remaining() / min_size<Item>())
      return refuse(Errc::truncated, "a list longer than its frame");
    out = std::vector<Item>(count);
    for (Item& item : out)
      if (!get(item)) return false;
    return true;
  }
  bool take(std::size_t size, ByteView& out) {
    auto taken = in_.take(size);
    if (taken)
      out = *taken;
    else
      error_ = taken.error();
    return taken.has_value();
  }
  bool refuse(Errc code, const char* what) {
    error_ = base::fail(code, what, in_.position());
    return false;
  }

  base::Reader in_;
  base::Error error_;
};

template <std::size_t I, class Variant>
bool get_as(Fields& in, std::uint8_t index, Variant& out) {
  if (index != I) return false;
  in.get(out.template emplace<I>());
  return true;
}

template <class Variant, std::size_t... I>
bool get_alternative(Fields& in, std::uint8_t index, Variant& out, std::index_sequence<I...>) {
  return (get_as<I>(in, index, out) || ...);
}

template <class Variant>
base::Result<Variant> get_variant(ByteView frame) {
  if (frame.empty()) return base::fail(Errc::truncated, "an empty frame");
  Fields in(frame.subspan(1));
  Variant out;
  constexpr auto alternatives = std::make_index_sequence<std::variant_size_v<Variant>>();
  if (!get_alternative(in, frame[0], out, alternatives))
    return base::fail(Errc::unsupported, "no such frame");
  SKEP_CHECK(in.finish());
  return out;
}

// -------------------------------------------------------------------------------------- describe

void print_bytes(std::string& to, ByteView bytes, std::size_t shown) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const base::Byte b : bytes.first(std::min(bytes.size(), shown))) {
    to += digits[b >> 4];
    to += digits[b & 15];
  }
  if (bytes.size() > shown) to += "…";
}

template <class T>
void print(std::string& to, const T& value) {
  if constexpr (HasFields<T>) {
    std::string_view names = FieldsOf<T>::kList;
    to += FieldsOf<T>::kName;
    FieldsOf<T>::apply(value, [&](const auto&... fields) {
      ((to += ' ', to += next_field_name(names), to += '=', print(to, fields)), ...);
    });
  } else if constexpr (kIsList<T>) {
    to += '[';
    for (const auto& item : value) (to += to.back() == '[' ? "" : ", "), print(to, item);
    to += ']';
  } else if constexpr (kIsFixedBytes<T>) {
    print_bytes(to, value.view(), 6);
  } else if constexpr (kIsStrongId<T>) {
    to += std::to_string(value.value);
  } else if constexpr (std::is_same_v<T, base::Duration>) {
    to += std::to_string(value.us) + "us";
  } else if constexpr (std::is_same_v<T, std::string>) {
    to += '"' + value + '"';
  } else if constexpr (std::is_enum_v<T> || std::is_same_v<T, bool>) {
    to += std::to_string(static_cast<unsigned>(value));
  } else if constexpr (std::is_integral_v<T>) {
    to += std::to_string(value);
  } else {
    to += std::to_string(value.size()) + ":";
    print_bytes(to, value, 24);
  }
}

template <class Variant>
std::string print_variant(const Variant& value) {
  return std::visit(
      [](const auto& alternative) {
        std::string text;
        print(text, alternative);
        return text;
      },
      value);
}

}  // namespace

void encode_input(const engine::Input& input, Writer& to) { put_variant(to, input); }
void encode_output(const engine::Output& output, Writer& to) { put_variant(to, output); }
void encode_config(const engine::Config& config, Writer& to) { put(to, config); }

base::Result<engine::Input> decode_input(ByteView frame) {
  if (frame.size() > kInputFrameMax)
    return base::fail(Errc::limit_exceeded, "an input larger than any that makes sense");
  return get_variant<engine::Input>(frame);
}

base::Result<engine::Output> decode_output(ByteView frame) {
  return get_variant<engine::Output>(frame);
}

base::Result<engine::Config> decode_choice(ByteView fields) {
  Fields in(fields);
  engine::Config config;
  if (in.get(config.peer_id) && in.get(config.seed) && !in.finish()) in.get(config.peer_grace);
  SKEP_CHECK(in.finish());
  return config;
}

base::Result<engine::Config> decode_config(ByteView fields) {
  if (fields.size() <= kChoiceMax) return decode_choice(fields);
  Fields in(fields);
  engine::Config config;
  in.get(config);
  SKEP_CHECK(in.finish());
  if (config.links_max > base::kLinksMax)
    return base::fail(Errc::out_of_range, "links_max above kLinksMax");
  if (config.pipeline_min_blocks == 0 || config.pipeline_min_blocks > config.pipeline_max_blocks)
    return base::fail(Errc::out_of_range, "pipeline_min_blocks above pipeline_max_blocks, or 0");
  if (config.http_parallel_max == 0 || config.http_segment_bytes == 0)
    return base::fail(Errc::out_of_range,
                      "http_parallel_max and http_segment_bytes are at least 1");
  if (config.unchoke_interval.us == 0 || config.floor_rate_bytes_per_s == 0)
    return base::fail(Errc::out_of_range, "unchoke_interval and floor_rate are at least 1");
  return config;
}

std::string describe(const engine::Input& input) { return print_variant(input); }
std::string describe(const engine::Output& output) { return print_variant(output); }

}  // namespace skep::abi
