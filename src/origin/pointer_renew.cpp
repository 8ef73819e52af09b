#include "origin/pointer_renew.hpp"

#include <algorithm>
#include <stdexcept>

#include "codec/hex.hpp"
#include "origin/publish.hpp"
#include "origin/publish_file.hpp"
#include "origin/publish_stage.hpp"

namespace skep::origin {
namespace {

constexpr const char* kLatest = ".well-known/skep/latest";
constexpr std::int64_t kDayS = 24 * 60 * 60;

}  // namespace

site::Pointer read_pointer(const std::filesystem::path& publication) {
  const std::filesystem::path path = publication / kLatest;
  if (!std::filesystem::exists(path))
    throw std::runtime_error(publication.string() + " is no publication: no " + kLatest);
  const base::Bytes file = read_file(path, base::kPointerFileMax);
  auto pointer = open_pointer(file);
  if (!pointer.has_value()) throw std::runtime_error(path.string() + ": " + pointer.error().what);
  return std::move(*pointer);
}

site::Pointer renew_pointer(const std::filesystem::path& publication, const KeyPair& key, int days,
                            std::int64_t now_s, std::optional<site::Switch> state) {
  if (days < 1 || days > kPointerDaysMax)
    throw std::runtime_error("a pointer lives 1 to 3650 days");
  const std::filesystem::path out = resolve_out(publication);
  const OutLock lock(out);
  const site::Pointer before = read_pointer(out);
  if (before.key != key.public_key)
    throw std::runtime_error(out.string() +
                             " is signed by another key: " + codec::encode_hex(before.key.view()));
  site::Pointer after =
      sign_pointer(key, std::max(now_s, before.seq + 1), now_s + days * kDayS, before.info_hashes,
                   state.value_or(before.state), before.v1_hashes);
  replace_file(out / kLatest, site::encode_pointer(after));
  return after;
}

}  // namespace skep::origin
