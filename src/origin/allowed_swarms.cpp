#include "origin/allowed_swarms.hpp"

#include <algorithm>
#include <set>

#include "origin/signature.hpp"

namespace skep::origin {
namespace {

using base::Errc;
using base::fail;

std::vector<crypto::ShortHash> short_hashes(const site::Pointer& pointer) {
  std::vector<crypto::ShortHash> out;
  for (const crypto::Digest256& hash : pointer.info_hashes) out.push_back(crypto::shorten(hash));
  for (const crypto::ShortHash& hash : pointer.v1_hashes)
    if (!hash.is_zero()) out.push_back(hash);
  return out;
}

}  // namespace

bool AllowedSwarms::set_site_pointer(std::string_view file, std::int64_t now_s) {
  if (file == site_file_) return false;
  site_file_ = file;
  auto pointer = open_pointer(base::as_bytes(file));
  if (!pointer) return false;  // half-written or none: what was served stays served
  if (pointer->state != site::Switch::on) {
    site_.clear();  // the publisher wants no swarm, and not in an hour
    return true;
  }
  if (!site_.empty()) site_.back().until_s = now_s + kReplacedPointerSeconds;
  site_.push_back({pointer->key, pointer->signature, short_hashes(*pointer), INT64_MAX});
  if (site_.size() > kSitePointersMax) site_.erase(site_.begin());
  return true;
}

base::Result<bool> AllowedSwarms::offer_pointer(base::ByteView file, std::int64_t now_s) {
  // Cheap refusals first: a signature costs a tenth of a millisecond, and strangers ask for it.
  SKEP_TRY(const site::Pointer unverified, site::decode_pointer(file));
  if (std::find(keys_.begin(), keys_.end(), unverified.key) == keys_.end())
    return fail(Errc::bad_signature, "not signed by an allowed key");
  if (unverified.expires_s <= now_s) return fail(Errc::expired, "the pointer has expired");
  if (unverified.state != site::Switch::on) return fail(Errc::unsupported, "switched off");
  const auto known = [&](const Known& each) {
    return each.key == unverified.key && each.signature == unverified.signature &&
           each.info_hashes == short_hashes(unverified);
  };
  if (std::any_of(offered_.begin(), offered_.end(), known)) return false;
  SKEP_TRY(const site::Pointer pointer, open_pointer(file));

  const auto same_key = [&](const Known& each) { return each.key == pointer.key; };
  if (static_cast<std::size_t>(std::count_if(offered_.begin(), offered_.end(), same_key)) >=
      kPointersPerKeyMax)
    offered_.erase(std::find_if(offered_.begin(), offered_.end(), same_key));
  offered_.push_back({pointer.key, pointer.signature, short_hashes(pointer), pointer.expires_s});
  return true;
}

bool AllowedSwarms::expire(std::int64_t now_s) {
  const auto over = [now_s](const Known& each) { return each.until_s <= now_s; };
  return std::erase_if(site_, over) + std::erase_if(offered_, over) > 0;
}

std::vector<crypto::ShortHash> AllowedSwarms::info_hashes() const {
  std::set<crypto::ShortHash> all;
  for (const auto* list : {&site_, &offered_})
    for (const Known& each : *list) all.insert(each.info_hashes.begin(), each.info_hashes.end());
  return {all.begin(), all.end()};
}

}  // namespace skep::origin
