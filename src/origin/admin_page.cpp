#include "origin/admin_page.hpp"

#include <nlohmann/json.hpp>

#include "codec/hex.hpp"
#include "origin/media_type.hpp"
#include "origin/runtime_assets.hpp"
#include "origin/signature.hpp"

namespace skep::origin {
namespace {

/// Nothing but our own script and style, and nobody may frame the page or send its form elsewhere.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

net::HttpReply reply_of(const net::HttpRequest& request, int status, std::string_view type,
                        std::string_view cache, std::string text) {
  net::HttpReply out;
  out.status = status;
  out.head_only = request.method == "HEAD";
  const auto field = [&](std::string_view name, std::string_view value) {
    out.fields.append(name).append(": ").append(value).append("\r\n");
  };
  field("Content-Type", type);
  field("Content-Length", std::to_string(text.size()));
  field("Cache-Control", cache);
  field("Content-Security-Policy", kPolicy);
  field("Referrer-Policy", "no-referrer");
  field("X-Content-Type-Options", "nosniff");
  field("X-Frame-Options", "DENY");
  field("X-Robots-Tag", "noindex");
  if (status == 401) field("WWW-Authenticate", "Bearer");
  if (status == 429) field("Retry-After", std::to_string(kAdminWait.us / 1'000'000));
  if (status == 301) field("Location", "./admin/");
  if (status == 405) field("Allow", "GET, HEAD");
  out.text = std::move(text);
  return out;
}

net::HttpReply refusal(const net::HttpRequest& request, int status, const char* why) {
  return reply_of(request, status, "text/plain; charset=utf-8", "no-store", why);
}

nlohmann::json site_of(const std::string& file) {
  const auto pointer = open_pointer(base::as_bytes(file));
  if (!pointer.has_value()) return nullptr;
  nlohmann::json hashes = nlohmann::json::array();
  for (const auto& hash : pointer->info_hashes) hashes.push_back(codec::encode_hex(hash.view()));
  return {{"key", codec::encode_hex(pointer->key.view())},
          {"seq", pointer->seq},
          {"expires", pointer->expires_s},
          {"info_hashes", std::move(hashes)}};
}

}  // namespace

AdminPage::AdminPage(std::string token, std::function<std::string()> metrics,
                     std::function<std::string()> pointer)
    : token_(std::move(token)), metrics_(std::move(metrics)), pointer_(std::move(pointer)) {
  if (!token_.empty()) gate_.emplace(token_);
}

std::optional<net::HttpReply> AdminPage::answer(const net::HttpRequest& request,
                                                std::string_view path, base::Instant now) {
  const std::string_view home = kAdminPath;
  const bool without_slash = path == home.substr(0, home.size() - 1);
  if (!on() || (!path.starts_with(home) && !without_slash)) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD")
    return refusal(request, 405, "405 Method Not Allowed\n");
  if (without_slash) return refusal(request, 301, "");
  const std::string_view name = path.substr(home.size());
  if (name == "api/metrics") return picture(request, now);
  for (const RuntimeAsset& asset : admin_assets()) {
    if (asset.path.substr(asset.path.find('/') + 1) != name) continue;
    const bool page = name == "index.html";
    return reply_of(request, 200, media_type_of(name).name,
                    page ? "no-cache" : "public, max-age=31536000, immutable",
                    std::string(base::as_text(asset.bytes)));
  }
  return refusal(request, 404, "404 Not Found\n");
}

net::HttpReply AdminPage::picture(const net::HttpRequest& request, base::Instant now) {
  switch (gate_->check(request.authorization, request.remote, now)) {
    case AdminGate::Verdict::denied:
      return refusal(request, 401, "401 the token of this server is needed\n");
    case AdminGate::Verdict::wait:
      return refusal(request, 429, "429 too many wrong tokens\n");
    case AdminGate::Verdict::granted:
      break;
  }
  return reply_of(request, 200, "application/json", "no-store",
                  "{\"site\":" + site_of(pointer_()).dump() + ",\"metrics\":" + metrics_() + "}\n");
}

}  // namespace skep::origin
