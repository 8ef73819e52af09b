#include "origin/audit.hpp"

#include <algorithm>

#include "origin/compress.hpp"

namespace skep::origin {
namespace {

/// Traffic of one file, as things are and after each improvement.
class Ledger {
 public:
  Ledger(const AuditedFile& file, const AuditAssumptions& with) : file_(file), with_(with) {}

  /// Bytes that the origin sends on an average visit.
  double per_visit(bool compressed, bool cached, bool shared) const {
    const double size =
        static_cast<double>(compressed ? std::min(file_.compressed, file_.size) : file_.size);
    const bool keeps = cached || file_.caching != Caching::not_cached;
    const double visits = keeps ? 1 - with_.returning : 1;
    const double by_origin = shared || file_.shared ? 1 - with_.peer_share : 1;
    return size * visits * by_origin;
  }

 private:
  const AuditedFile& file_;
  const AuditAssumptions& with_;
};

class Assessment {
 public:
  explicit Assessment(const AuditAssumptions& with) : with_(with) {}

  void add(const AuditedFile& file) {
    const Ledger ledger(file, with_);
    double now = ledger.per_visit(false, false, false);
    traffic_ += now;
    out_.bytes += file.size;
    const bool compress = worth_keeping(file.size, file.compressed);
    const bool cache = file.caching == Caching::not_cached && !file.page;
    const bool share = !file.shared && file.shareable && !file.page;
    const auto step = [&](bool wasted, Waste waste, const std::string& why, double then) {
      if (!wasted) return;
      found(waste, file.path, why, now - then);
      now = then;
    };
    step(compress, Waste::not_compressed, file.compressing_why,
         ledger.per_visit(compress, false, false));
    step(cache, Waste::not_cached, file.caching_why, ledger.per_visit(compress, cache, false));
    step(share, Waste::not_shared, file.sharing_why, ledger.per_visit(compress, cache, share));
  }

  AuditReport take(std::vector<AuditedFile> files) {
    std::stable_sort(
        out_.findings.begin(), out_.findings.end(),
        [](const AuditFinding& a, const AuditFinding& b) { return a.saves > b.saves; });
    out_.files = files.size();
    out_.traffic = in_all(traffic_);
    out_.money = price_of(out_.traffic);
    for (const AuditFinding& found : out_.findings) out_.saves += found.saves;
    out_.saves_money = price_of(out_.saves);
    out_.audited = std::move(files);
    return std::move(out_);
  }

 private:
  std::uint64_t in_all(double per_visit) const {
    const double all = per_visit * static_cast<double>(with_.visits);
    return static_cast<std::uint64_t>(std::min(all, 1e18));  // what is declared may be anything
  }
  double price_of(std::uint64_t bytes) const {
    return static_cast<double>(bytes) / 1e9 * with_.price_per_gb;
  }
  void found(Waste waste, const std::string& path, const std::string& why, double saved) {
    AuditFinding finding;
    finding.waste = waste;
    finding.path = path;
    finding.why = why;
    finding.saves_per_visit = static_cast<std::uint64_t>(saved);
    finding.saves = in_all(saved);
    finding.money = price_of(finding.saves);
    if (finding.saves > 0) out_.findings.push_back(std::move(finding));
  }

  const AuditAssumptions& with_;
  double traffic_ = 0;
  AuditReport out_;
};

}  // namespace

std::string_view name_of(Waste waste) {
  switch (waste) {
    case Waste::not_compressed:
      return "not-compressed";
    case Waste::not_cached:
      return "not-cached";
    case Waste::not_shared:
      return "not-shared";
  }
  return "";
}

AuditReport assess(std::vector<AuditedFile> files, const AuditAssumptions& assumptions) {
  Assessment assessment(assumptions);
  for (const AuditedFile& file : files) assessment.add(file);
  return assessment.take(std::move(files));
}

}  // namespace skep::origin
