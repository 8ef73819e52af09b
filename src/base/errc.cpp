#include "base/errc.hpp"

namespace skep::base {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::none:
      return "none";
    case Errc::truncated:
      return "truncated";
    case Errc::trailing_bytes:
      return "trailing_bytes";
    case Errc::bad_syntax:
      return "bad_syntax";
    case Errc::not_canonical:
      return "not_canonical";
    case Errc::depth_exceeded:
      return "depth_exceeded";
    case Errc::limit_exceeded:
      return "limit_exceeded";
    case Errc::out_of_range:
      return "out_of_range";
    case Errc::missing_field:
      return "missing_field";
    case Errc::wrong_type:
      return "wrong_type";
    case Errc::bad_value:
      return "bad_value";
    case Errc::duplicate:
      return "duplicate";
    case Errc::unsupported:
      return "unsupported";
    case Errc::hash_mismatch:
      return "hash_mismatch";
    case Errc::bad_signature:
      return "bad_signature";
    case Errc::expired:
      return "expired";
    case Errc::rolled_back:
      return "rolled_back";
    case Errc::unsafe_path:
      return "unsafe_path";
    case Errc::protocol_violation:
      return "protocol_violation";
    case Errc::not_found:
      return "not_found";
  }
  return "unknown";
}

}  // namespace skep::base
