// The audit of a running site: a polite walk along links and sub-resources of one origin.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "codec/hex.hpp"
#include "codec/url.hpp"
#include "net/http_fields.hpp"
#include "origin/audit.hpp"
#include "origin/body_coding.hpp"
#include "origin/doctor_findings.hpp"
#include "origin/media_type.hpp"
#include "origin/page_links.hpp"
#include "origin/signature.hpp"
#include "site/label.hpp"
#include "site/site_map.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

/// A document's links are looked for in this much of it, decoded.
constexpr std::size_t kDocumentMax = 16 * 1024 * 1024;

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool has_token(const std::string& list, std::string_view token) {
  return lowered(list).find(token) != std::string::npos;
}

class Crawl {
 public:
  explicit Crawl(const AuditUrl& options) : options_(options) {}

  Observed run() {
    queue_.push_back({options_.url, LinkKind::page, 0});
    seen_.insert(options_.url.text());
    while (!queue_.empty() && !spent()) {
      const Item item = queue_.front();
      queue_.pop_front();
      visit(item);
    }
    if (!queue_.empty() && spent())
      note("stopped at a limit: " + std::to_string(queue_.size()) +
           " more links were not looked at");
    sharing();
    for (const auto& [origin, count] : foreign_)
      note(std::to_string(count) + " links to " + origin + " were not looked at: another origin");
    return std::move(out_);
  }

 private:
  struct Item {
    net::HttpUrl url;
    LinkKind kind;
    std::size_t depth;
  };

  bool spent() const {
    return bytes_ >= options_.limits.bytes_max || out_.files.size() >= options_.limits.files_max;
  }

  net::HttpAnswer ask(const net::HttpUrl& url,
                      std::vector<std::pair<std::string, std::string>> fields) {
    if (!url.loopback())
      std::this_thread::sleep_for(std::chrono::microseconds(options_.limits.pause.us));
    net::HttpAsk ask;
    ask.body_max = options_.limits.body_max;
    ask.timeout = options_.limits.timeout;
    ask.ca_file = options_.ca_file;
    ask.fields = std::move(fields);
    net::HttpAnswer answer = net::ask_http(url, ask);
    bytes_ += answer.body.size();
    return answer;
  }

  void visit(const Item& item) {
    if (options_.progress) options_.progress(item.url.text(), out_.files.size());
    const net::HttpAnswer answer = ask(item.url, {{"Accept-Encoding", "br, gzip"}});
    const bool first = item.depth == 0 && out_.files.empty();
    if (!answer.ok()) {
      if (first) throw std::runtime_error(said(answer));
      return note(said(answer));
    }
    if (first) origin_ = answer.url;
    if (answer.url.origin() != origin_.origin()) return;  // redirected away
    const std::string type = lowered(answer.field("content-type"));
    const bool html = type.starts_with("text/html") || type.starts_with("application/xhtml");
    if (html && item.kind != LinkKind::page && item.depth > 0) return;  // an error page, likely
    if (html && ++pages_ > options_.limits.pages_max) return;
    out_.files.push_back(judge(answer, html));
    const auto text =
        html || item.kind == LinkKind::style || type.starts_with("text/css")
            ? decode_body(lowered(answer.field("content-encoding")), answer.body, kDocumentMax)
            : std::nullopt;
    if (text && html) follow_page(answer.url, *text, item.depth);
    if (text && !html) follow(answer.url, find_style_links(*text), item.depth);
  }

  void follow_page(const net::HttpUrl& url, const std::string& html, std::size_t depth) {
    const PageLinks found = find_page_links(html);
    const net::HttpUrl base = net::parse_reference(url, found.base).value_or(url);
    for_each_tag(html, [&](const Tag& tag) {
      const std::string* src = tag.name == "script" ? tag.attribute("src") : nullptr;
      const auto loader = src ? net::parse_reference(base, *src) : net::parse_reference(base, "");
      if (src != nullptr && loader && loader->path().ends_with("/skep.js") && !loader_)
        loader_ = *loader;
      return true;
    });
    follow(base, found.links, depth);
  }

  void follow(const net::HttpUrl& base, const std::vector<Link>& links, std::size_t depth) {
    for (const Link& link : links) {
      auto url = net::parse_reference(base, link.reference);
      if (!url || !url->scheme.starts_with("http")) continue;
      if (url->origin() != origin_.origin()) {
        if (link.kind != LinkKind::page && foreign_.size() < 50) ++foreign_[url->origin()];
        continue;
      }
      if (link.kind == LinkKind::page && depth >= options_.limits.depth_max) continue;
      if (is_runtime(url->path()) || queue_.size() >= 10 * options_.limits.files_max) continue;
      if (!seen_.insert(url->text()).second) continue;
      // What pages load counts for more than where people may go next.
      Item item{*url, link.kind,
                link.kind == LinkKind::page ? depth + 1 : std::max(depth, std::size_t{1})};
      if (link.kind == LinkKind::page)
        queue_.push_back(std::move(item));
      else
        queue_.push_front(std::move(item));
    }
  }

  static bool is_runtime(std::string_view path) {
    return path.ends_with("/skep.js") || path.ends_with("/skep-sw.js") ||
           path.find("/.well-known/skep/") != path.npos;
  }

  AuditedFile judge(const net::HttpAnswer& answer, bool html) {
    AuditedFile out;
    out.path = answer.url.target;
    out.type = answer.field("content-type");
    out.page = html;
    out.size = size_of(answer);
    judge_compression(answer, out);
    if (!html) judge_caching(answer, out);
    judge_sharing(answer, out);
    return out;
  }

  static std::uint64_t size_of(const net::HttpAnswer& answer) {
    const std::string length = answer.field("content-length");
    if (!answer.cut || length.empty() || length.size() > 15 ||
        length.find_first_not_of("0123456789") != length.npos)
      return answer.body.size();
    return std::stoull(length);
  }

  void judge_compression(const net::HttpAnswer& answer, AuditedFile& out) const {
    out.compressed = out.size;
    const std::string coding = lowered(answer.field("content-encoding"));
    if (coding.empty() || coding == "identity") {
      const Compressed made = measure_compression(answer.body, out.size);
      out.compressed = std::min({made.gzip, made.brotli, out.size});
      out.compressing_why = "sent without Content-Encoding to a client that takes br and gzip";
      return;
    }
    const auto body = decode_body(coding, answer.body, kDocumentMax);
    if (!body || answer.cut) return;
    const Compressed made = measure_compression(*body, body->size());
    out.compressed = std::min({made.gzip, made.brotli, out.size});
    out.compressing_why = "compressed with " + coding + ", but worse than brotli 5 would";
  }

  /// Asks again where headers alone do not tell: does the server answer 304?
  void judge_caching(const net::HttpAnswer& answer, AuditedFile& out) {
    const std::string cache = answer.field("cache-control");
    out.caching = Caching::not_cached;
    if (has_token(cache, "no-store")) {
      out.caching_why = "Cache-Control: no-store";
    } else if (answer.field("vary") == "*") {
      out.caching_why = "Vary: *";
    } else if (freshness_of(answer) > 0) {
      out.caching = Caching::cached;
    } else if (!answer.has("etag") && !answer.has("last-modified")) {
      out.caching_why = cache.empty()
                            ? "no Cache-Control, ETag or Last-Modified"
                            : "Cache-Control: " + cache + ", and no ETag or Last-Modified";
    } else {
      std::vector<std::pair<std::string, std::string>> fields = {{"Accept-Encoding", "br, gzip"}};
      if (answer.has("etag"))
        fields.emplace_back("If-None-Match", answer.field("etag"));
      else
        fields.emplace_back("If-Modified-Since", answer.field("last-modified"));
      if (ask(answer.url, fields).status == 304)
        out.caching = Caching::cached;
      else
        out.caching_why = "must be revalidated, but the server never answers 304";
    }
  }

  static void judge_sharing(const net::HttpAnswer& answer, AuditedFile& out) {
    const std::string cache = answer.field("cache-control");
    const auto never = [&](std::string why) {
      out.shareable = false;
      out.sharing_why = std::move(why);
    };
    const auto path = codec::percent_decode(answer.url.path().substr(1));
    const site::Decision refusal =
        path ? site::refusal_of(*path) : site::Decision{site::Label::local, {}, "its path"};
    if (refusal.label != site::Label::shared) never(std::string(refusal.rule));
    if (answer.url.target.find('?') != std::string::npos) never("a query string: not a file");
    if (has_token(answer.field("vary"), "cookie") ||
        has_token(answer.field("vary"), "authorization"))
      never("Vary: " + answer.field("vary"));
    if (has_token(cache, "private") || has_token(cache, "no-store"))
      never("Cache-Control: " + cache);
    if (answer.has("set-cookie")) never("Set-Cookie: it is made for one visitor");
    if (out.size == 0) never("empty");
  }

  /// Which of the files does the site's signed version name?
  void sharing() {
    const net::HttpUrl base =
        net::parse_reference(loader_ ? *loader_ : origin_, ".").value_or(origin_);
    const bool published = read_publication(base);
    for (AuditedFile& file : out_.files) {
      const std::string below =
          file.path.starts_with(base.path()) ? file.path.substr(base.path().size()) : std::string();
      const auto path = codec::percent_decode(below);
      file.shared = path && is_shared(*path);
      if (file.shared || !file.shareable) continue;
      file.sharing_why = published ? "private: no share rule names it (skep publish --explain)"
                                   : "the site is not published with Skep";
    }
  }

  bool is_shared(const std::string& path) const {
    return std::any_of(shared_.begin(), shared_.end(),
                       [&](const site::UrlIndex& index) { return index.find(path).has_value(); });
  }

  bool read_publication(const net::HttpUrl& base) {
    const auto at = [&](const std::string& name) {
      return net::parse_reference(base, ".well-known/skep/" + name).value_or(base);
    };
    const net::HttpAnswer latest = ask(at("latest"), {});
    if (!latest.ok() || latest.body.size() > base::kPointerFileMax) return false;
    const auto pointer = open_pointer(base::as_bytes(latest.body));
    if (!pointer.has_value()) return false;
    for (const auto& hash : pointer->info_hashes) {
      const net::HttpAnswer file = ask(at(codec::encode_hex(hash.view()) + ".torrent"), {});
      const auto metainfo = torrent::parse_metainfo(base::as_bytes(file.body));
      if (!file.ok() || !metainfo.has_value() || metainfo->info.hash != hash) continue;
      if (const auto map = site::parse_site_map(metainfo->info))
        shared_.emplace_back(*map, metainfo->info);
    }
    return true;
  }

  void note(std::string text) {
    if (out_.notes.size() < 100) out_.notes.push_back(std::move(text));
  }

  const AuditUrl& options_;
  net::HttpUrl origin_;
  std::optional<net::HttpUrl> loader_;
  std::deque<Item> queue_;
  std::vector<site::UrlIndex> shared_;
  std::set<std::string> seen_;
  std::map<std::string, std::size_t> foreign_;
  std::uint64_t bytes_ = 0;
  std::size_t pages_ = 0;
  Observed out_;
};

}  // namespace

Observed observe_url(const AuditUrl& options) { return Crawl(options).run(); }

}  // namespace skep::origin
