#include "origin/static_site.hpp"

namespace skep::origin {
namespace {

/// A key file is JSON of about 200 bytes (docs/formats/pointer.md).
constexpr std::size_t kKeyFileMax = 4096;

/// Hides a publisher's key whatever its name is.
bool is_key_file(const std::string&, const net::MappedFile& file) {
  if (file.size() > kKeyFileMax) return false;
  const std::string head = file.read_head(kKeyFileMax);
  return head.find("\"skep-ed25519\"") != std::string::npos &&
         head.find("\"secret\"") != std::string::npos;
}

/// False only if no variant can be the answer.
bool takes_codings(const net::HttpRequest& request) {
  return !request.accept_encoding.empty() && request.accept_encoding != "identity";
}

}  // namespace

StaticSite::StaticSite(std::string root)
    : tree_(std::move(root), net::FileTreeOptions{.hides = is_key_file}) {}

StaticSite::Found StaticSite::find(const std::string& path, bool variants) {
  Found out;
  auto found = tree_.find(path, variants);
  if (found) {
    out.entry = std::move(*found);
    out.facts.kind = FileKind::file;
    out.facts.stamp = out.entry->file->stamp();
    if (out.entry->brotli) out.facts.brotli = out.entry->brotli->stamp();
    if (out.entry->gzip) out.facts.gzip = out.entry->gzip->stamp();
    if (const auto value = cache_values_.find(path); value != cache_values_.end())
      out.facts.cache = value->second;
    return out;
  }
  if (found.code() == base::Errc::wrong_type) out.facts.kind = FileKind::directory;
  if (found.code() == base::Errc::limit_exceeded) out.facts.kind = FileKind::unavailable;
  return out;
}

net::HttpReply StaticSite::reply_of(HttpPlan plan) {
  net::HttpReply reply;
  reply.status = plan.status;
  reply.fields = std::move(plan.fields);
  reply.text = std::move(plan.text);
  reply.head_only = plan.head_only;
  return reply;
}

net::HttpReply StaticSite::answer(const net::HttpRequest& request, const Route& route) {
  Found found;
  if (route.kind == RouteKind::file && request.method != "OPTIONS")
    found = find(route.path, takes_codings(request));
  HttpPlan plan = decide_response(request, route, found.facts);
  if (plan.status == 404 && !plan.with_file) {
    found = find("404.html", false);
    plan = decide_response(request, Route{RouteKind::refused, 404, {}, {}}, {}, found.facts);
  }
  if (!plan.with_file) return reply_of(std::move(plan));
  const Coding coding = plan.coding;
  const net::ByteRange part = plan.part;
  std::vector<net::HttpPart> parts = std::move(plan.parts);
  net::HttpReply reply = reply_of(std::move(plan));
  reply.part = part;
  reply.parts = std::move(parts);
  reply.file = coding == Coding::brotli ? found.entry->brotli
               : coding == Coding::gzip ? found.entry->gzip
                                        : found.entry->file;
  return reply;
}

std::string StaticSite::read(const std::string& path, std::size_t size_max) {
  const auto found = tree_.find(path, false);
  if (!found || (*found)->file->size() > size_max) return {};
  return (*found)->file->read_head(size_max);
}

}  // namespace skep::origin
