/// result.hpp: Result<T>, the only carrier of "their bytes are wrong" below the hosts.
/// CONTRACT  holds either a T or an Error; member names follow std::expected, so that it can become
///           an alias once every compiler here has one. Reading the wrong side is our bug (assert).
/// WHY       std::expected is missing from g++ 12's C++20 mode; exceptions do not exist in wasm.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "base/errc.hpp"

namespace skep::base {

/// Why an input was refused. `what` is a string literal; `at` is a byte offset where that makes
/// sense, else 0. Never allocates. In wasm there is the code alone: that is all a page is told,
/// and what would carry the rest along is code that it downloads.
struct Error {
  Errc code = Errc::none;
#if !defined(__wasm__)
  const char* what = "";
  std::uint64_t at = 0;
#endif

  friend bool operator==(const Error& a, const Error& b) { return a.code == b.code; }
};

/// The value of a Result that carries nothing.
struct Unit {
  friend bool operator==(Unit, Unit) { return true; }
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(const T& value) : value_(value) {}        // NOLINT
  Result(T&& value) : value_(std::move(value)) {}  // NOLINT
  /// REQUIRES an error: a code other than none.
  Result(Error error) : error_(error) { SKEP_ASSERT(!has_value()); }  // NOLINT

  Result(const Result& other)
    requires std::is_trivially_copy_constructible_v<T>
  = default;
  Result(const Result& other) : error_(other.error_) {
    if (has_value()) std::construct_at(&value_, other.value_);
  }
  Result(Result&& other)
    requires std::is_trivially_move_constructible_v<T>
  = default;
  Result(Result&& other) noexcept : error_(other.error_) {
    if (has_value()) std::construct_at(&value_, std::move(other.value_));
  }
  Result& operator=(const Result& other)
    requires std::is_trivially_copyable_v<T>
  = default;
  Result& operator=(Result other) noexcept
    requires(!std::is_trivially_copyable_v<T>)
  {
    std::destroy_at(this);
    return *std::construct_at(this, std::move(other));
  }
  ~Result()
    requires std::is_trivially_destructible_v<T>
  = default;
  ~Result() {
    if (has_value()) std::destroy_at(&value_);
  }

  bool has_value() const { return error_.code == Errc::none; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    SKEP_ASSERT(has_value());
    return value_;
  }
  const T& value() const& {
    SKEP_ASSERT(has_value());
    return value_;
  }
  T&& value() && {
    SKEP_ASSERT(has_value());
    return std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    SKEP_ASSERT(!has_value());
    return error_;
  }
  /// The error's code, or Errc::none when there is a value.
  Errc code() const { return error_.code; }

  T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

 private:
  Error error_;  // its code says which one it is: half the code of a variant in wasm
  union {
    T value_;
  };
};

using Status = Result<Unit>;

/// The Status of something that went well.
inline Status ok() { return Status(Unit{}); }
/// A refusal. `what` must be a string literal.
inline Error fail(Errc code, [[maybe_unused]] const char* what,
                  [[maybe_unused]] std::uint64_t at = 0) {
#if defined(__wasm__)
  return Error{code};
#else
  return Error{code, what, at};
#endif
}

}  // namespace skep::base

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define SKEP_CONCAT_INNER(a, b) a##b
#define SKEP_CONCAT(a, b) SKEP_CONCAT_INNER(a, b)
/// SKEP_TRY(auto x, expr): declares x from expr's value, or returns expr's error.
#define SKEP_TRY(declaration, expression) \
  SKEP_TRY_INNER(declaration, expression, SKEP_CONCAT(skep_result_, __LINE__))
#define SKEP_TRY_INNER(declaration, expression, name) \
  auto name = (expression);                           \
  if (!name.has_value()) return name.error();         \
  declaration = std::move(*name)
/// SKEP_CHECK(expr): returns expr's error, if it has one.
#define SKEP_CHECK(expression)                                                                 \
  do {                                                                                         \
    if (auto skep_status = (expression); !skep_status.has_value()) return skep_status.error(); \
  } while (false)
// NOLINTEND(cppcoreguidelines-macro-usage)
