#include "origin/doctor.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "net/http_fields.hpp"
#include "origin/doctor_findings.hpp"
#include "origin/page_links.hpp"

namespace skep::origin {
namespace {

/// An updated worker should be seen within a day: what browsers do by themselves, too.
constexpr std::int64_t kWorkerFreshMax = 86'400;

std::string attribute_of(const Tag& tag, std::string_view name) {
  const std::string* value = tag.attribute(name);
  return value == nullptr ? std::string() : *value;
}

bool names_loader(std::string_view path) { return path.ends_with("/skep.js"); }

/// The sources of a directive, or of the first fallback that is there; nothing when none is.
/// CSP Level 3, section 6.8.
std::optional<std::string> sources_of(std::string_view policy,
                                      std::initializer_list<std::string_view> directives) {
  for (const std::string_view wanted : directives) {
    for (std::string_view rest = policy; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view one = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (one.starts_with(' ')) one.remove_prefix(1);
      const std::size_t name = std::min(one.find(' '), one.size());
      if (net::equal_ignoring_case(one.substr(0, name), wanted))
        return std::string(one.substr(name)) + " ";
    }
  }
  return std::nullopt;
}

class Doctor {
 public:
  explicit Doctor(const DoctorOptions& options) : options_(options) {}

  DoctorReport run() {
    context();
    if (page()) {
      loader();
      service_worker();
      const SwarmFacts swarm = examine_publication(options_, tag_, findings_);
      examine_network(options_, tag_, swarm, findings_);
    }
    return {findings_.take()};
  }

 private:
  void context() {
    if (!options_.url.tls() && !options_.url.loopback())
      findings_.problem("insecure-context", options_.url.origin());
  }

  /// False when there is nothing to go on with.
  bool page() {
    const net::HttpAnswer answer = look_at(options_, options_.url, kDoctorPageMax);
    if (answer.trouble == net::HttpTrouble::untrusted) {
      findings_.problem("tls-untrusted", said(answer));
      return false;
    }
    if (!answer.ok()) {
      findings_.problem("page-unreachable", said(answer));
      return false;
    }
    page_url_ = answer.url;
    if (!page_url_.tls() && !page_url_.loopback())
      findings_.problem("insecure-context", page_url_.origin());
    policy_ = answer.field("content-security-policy");
    find_tag(answer.body);
    page_policy();
    return true;
  }

  void find_tag(const std::string& html) {
    bool found = false;
    net::HttpUrl base = page_url_;
    for_each_tag(html, [&](const Tag& tag) {
      if (tag.name == "base" && tag.attribute("href") != nullptr)
        base = net::parse_reference(page_url_, *tag.attribute("href")).value_or(base);
      if (tag.name != "script" || tag.attribute("src") == nullptr) return true;
      const auto url = net::parse_reference(base, *tag.attribute("src"));
      if (!url || !names_loader(url->path())) return true;
      tag_.url = *url;
      tag_.key = attribute_of(tag, "data-key");
      tag_.tracker = attribute_of(tag, "data-tracker");
      tag_.ice = attribute_of(tag, "data-ice");
      tag_.peers = attribute_of(tag, "data-peers");
      found = true;
      return false;
    });
    if (!found) {
      findings_.problem("script-missing", page_url_.text());
      tag_.url = *net::parse_reference(page_url_, "skep.js");  // where it would be
    } else {
      findings_.good("script-tag", "The page has the script tag.");
    }
    tag_.base = *net::parse_reference(tag_.url, ".");
    if (tag_.peers == "off") findings_.problem("peers-off", page_url_.text());
  }

  void page_policy() {
    if (policy_.empty()) return;
    const auto allows_self = [&](std::initializer_list<std::string_view> directives) {
      const auto sources = sources_of(policy_, directives);
      return !sources || sources->find("'self'") != sources->npos ||
             sources->find(" * ") != sources->npos || sources->find(" https: ") != sources->npos ||
             sources->find(tag_.base.origin()) != sources->npos;
    };
    if (!allows_self({"script-src-elem", "script-src", "default-src"}) ||
        !allows_self({"worker-src", "child-src", "script-src", "default-src"}))
      findings_.problem("policy-blocked", policy_.substr(0, 500));
  }

  void loader() {
    const net::HttpAnswer answer = look_at(options_, tag_.url, kDoctorScriptMax);
    const std::string type = answer.field("content-type");
    if (!answer.ok()) {
      findings_.problem("script-unreachable", said(answer));
      return;
    }
    if (!is_script_type(type)) {
      findings_.problem("script-unreachable",
                        tag_.url.text() + ": Content-Type is \"" + type + "\"");
      return;
    }
    findings_.good("script", "skep.js is there.");
    runtime(answer.body);
  }

  /// The loader names the runtime's parts: rt/runtime.0123456789.js
  void runtime(std::string_view script) {
    std::set<std::string> parts;
    for (std::size_t at = 0; (at = script.find("rt/", at)) != script.npos; ++at) {
      const std::size_t end = script.find_first_of("\"'`", at);
      if (end == script.npos || end - at > 64) continue;
      parts.insert(std::string(script.substr(at, end - at)));
      if (parts.size() == 16) break;  // it has two, and a few on demand
    }
    bool missing = false;
    for (const std::string& part : parts) {
      const auto url = net::parse_reference(tag_.base, ".well-known/skep/" + part);
      if (!url) continue;
      const net::HttpAnswer answer = look_at(options_, *url, 1);
      const std::string type = answer.field("content-type");
      if (!answer.ok() || (part.ends_with(".js") && !is_script_type(type))) {
        findings_.problem("runtime-missing", said(answer) + (answer.ok() ? ", " + type : ""));
        missing = true;
      } else if (part.starts_with("rt/runtime.")) {
        worker_policy(answer.field("content-security-policy"));
      }
    }
    if (!parts.empty() && !missing) findings_.good("runtime", "The browser runtime is complete.");
  }

  /// A worker obeys the policy that came with its own script.
  void worker_policy(const std::string& policy) {
    const auto sources = sources_of(policy, {"script-src", "default-src"});
    if (sources && sources->find("'wasm-unsafe-eval'") == sources->npos &&
        sources->find("'unsafe-eval'") == sources->npos)
      findings_.problem("policy-blocked", policy.substr(0, 500));
  }

  void service_worker() {
    const auto url = net::parse_reference(tag_.base, "skep-sw.js");
    if (!url) return;
    const net::HttpAnswer answer = look_at(options_, *url, kDoctorScriptMax);
    const std::string type = answer.field("content-type");
    if (!answer.ok()) return findings_.problem("service-worker-missing", said(answer));
    if (!is_script_type(type))
      return findings_.problem("service-worker-type",
                               url->text() + ": Content-Type is \"" + type + "\"");
    if (freshness_of(answer) > kWorkerFreshMax)
      findings_.note("service-worker-cached",
                     url->text() + ": Cache-Control is \"" + answer.field("cache-control") + "\"");
    else
      findings_.good("service-worker", "skep-sw.js is there, with its media type.");
  }

  const DoctorOptions& options_;
  Findings findings_;
  net::HttpUrl page_url_;
  std::string policy_;
  ScriptTag tag_;
};

}  // namespace

DoctorReport examine(const DoctorOptions& options) { return Doctor(options).run(); }

}  // namespace skep::origin
