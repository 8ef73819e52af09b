// Each cause that the doctor knows, brought about by a server that lies about one thing.
#include "origin/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "codec/hex.hpp"
#include "net/testing/scripted_server.hpp"
#include "origin/causes.hpp"
#include "origin/testing/live_site.hpp"
#include "origin/testing/publish_site.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using namespace testing;
using ::testing::HasSubstr;
using Lies = std::map<std::string, LiveSite::Lie>;

const std::string kSkep = ".well-known/skep/";

LiveSite::Lie say(int status, const std::string& fields = "", const std::string& text = "") {
  return [=](const net::HttpRequest&) { return reply_with(status, fields, text); };
}

class DoctorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = new TempDirectory();
    write_small_site(*shared_ / "site");
    PublishOptions options = options_for(*shared_ / "site", *shared_ / "out");
    options.inject = true;
    torrent_ = kSkep + codec::encode_hex(publish(options).info_hash.view()) + ".torrent";
    const std::string part(tiny_runtime()[2].path.substr(kSkep.size()));
    write(out() / "skep.js", "import(\"" + part + "\");\n");
  }
  static void TearDownTestSuite() { delete shared_; }

  static fs::path out() { return *shared_ / "out"; }

  DoctorReport examine_site(const Lies& lies, const std::vector<std::string>& ice = {}) {
    const LiveSite site(out(), lies, ice);
    DoctorOptions options;
    options.url = site.url();
    options.now_s = now_s;
    options.paths = paths;
    options.timeout = base::milliseconds(2000);
    return examine(options);
  }
  /// The ids of the problems (and notes, if asked for) that one lie causes.
  std::string ids(const Lies& lies, const std::vector<std::string>& ice = {},
                  Level worst = Level::problem) {
    std::string out;
    for (const Finding& found : examine_site(lies, ice).findings)
      if (found.level <= worst) out += (out.empty() ? "" : " ") + found.id;
    return out;
  }
  static std::string latest() { return read(out() / (kSkep + "latest")); }

  std::int64_t now_s = std::time(nullptr);
  std::vector<std::string> paths;
  static inline TempDirectory* shared_ = nullptr;
  static inline std::string torrent_;
};

TEST_F(DoctorTest, AHealthySiteIsHealthy) {
  const net::testing::DatagramServer stun(net::testing::honest_stun());
  paths = {"assets/big.bin", "/assets/one"};
  const DoctorReport report = examine_site({}, {"stun:127.0.0.1:" + std::to_string(stun.port())});
  EXPECT_TRUE(report.healthy());
  std::string all;
  for (const Finding& found : report.findings) all += found.id + " ";
  EXPECT_EQ(
      all,
      "alone script-tag script runtime service-worker pointer torrent label label file ranges "
      "udp ");
}

TEST_F(DoctorTest, ThePage) {
  EXPECT_EQ(ids({{"/", say(500)}}), "page-unreachable");
  EXPECT_EQ(ids({{"/", say(200, "Content-Type: text/html\r\n", "<p>no tag</p>")}}),
            "script-missing");
  EXPECT_EQ(ids({{"/skep.js", say(404)}}), "script-unreachable");
  EXPECT_EQ(ids({{"/skep.js", say(200, "Content-Type: text/html\r\n", "<p>page</p>")}}),
            "script-unreachable");
  EXPECT_EQ(ids({{"/" + std::string(tiny_runtime()[2].path), say(403)}}), "runtime-missing");
  EXPECT_EQ(ids({{"/", say(200, "Content-Security-Policy: default-src 'none'\r\n",
                           read(out() / "index.html"))}}),
            "policy-blocked");
  EXPECT_EQ(ids({{"/", say(200, "Content-Security-Policy: default-src 'self'; img-src x\r\n",
                           read(out() / "index.html"))}}),
            "");
  EXPECT_EQ(ids({{"/", say(200, "", "<script src=skep.js data-peers=off></script>")}}),
            "peers-off");
  DoctorOptions options;
  options.url = *net::parse_http_url("http://192.0.2.1:9/");
  options.timeout = base::milliseconds(200);
  const DoctorReport far = examine(options);
  ASSERT_EQ(far.findings.size(), 2u);
  EXPECT_EQ(far.findings[0].id, "insecure-context");
  EXPECT_EQ(far.findings[1].id, "page-unreachable");
}

TEST_F(DoctorTest, TheCertificate) {
  const net::testing::ScriptedServer server([](const std::string&) { return "x"; }, "localhost");
  DoctorOptions options;
  options.url = *net::parse_http_url("https://localhost:" + std::to_string(server.port()) + "/");
  const DoctorReport report = examine(options);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].id, "tls-untrusted");
}

TEST_F(DoctorTest, TheServiceWorker) {
  EXPECT_EQ(ids({{"/skep-sw.js", say(404)}}), "service-worker-missing");
  EXPECT_EQ(ids({{"/skep-sw.js", say(200, "Content-Type: text/plain\r\n", "x")}}),
            "service-worker-type");
  EXPECT_THAT(ids({{"/skep-sw.js", say(200,
                                       "Content-Type: text/javascript\r\n"
                                       "Cache-Control: max-age=31536000\r\n",
                                       "x")}},
                  {}, Level::note),
              HasSubstr("service-worker-cached"));
}

TEST_F(DoctorTest, ThePointer) {
  const std::string path = "/" + kSkep + "latest";
  EXPECT_EQ(ids({{path, say(404)}}), "pointer-missing");
  EXPECT_EQ(ids({{path, say(200, "Content-Type: text/html\r\n", "<html>")}}), "pointer-malformed");
  EXPECT_EQ(ids({{path, say(200, "", "{\"not\":\"bencode\"}")}}), "pointer-malformed");
  EXPECT_EQ(ids({{path, say(200, "", std::string(100'000, 'd'))}}), "pointer-malformed");
  std::string forged = latest();
  forged[forged.find("3:seqi") + 6] = '9';
  EXPECT_EQ(ids({{path, say(200, "", forged)}}), "pointer-forged");
  EXPECT_THAT(ids({{path, say(200, "Cache-Control: max-age=3600\r\n", latest())}}, {}, Level::note),
              HasSubstr("pointer-cached"));
  EXPECT_EQ(
      ids({{"/",
            say(200, "", "<script src=skep.js data-key=" + std::string(64, 'a') + "></script>")}}),
      "pointer-other-key");
  now_s += 29 * 86'400;
  EXPECT_THAT(ids({}, {}, Level::note), HasSubstr("pointer-expires-soon"));
  now_s += 2 * 86'400;
  EXPECT_EQ(ids({}), "pointer-expired");
}

TEST_F(DoctorTest, TheSwitch) {
  const auto pointer = open_pointer(base::as_bytes(latest()));
  const std::string on(base::as_text(pointer->value));
  // The key `off` between `ih` and `v`, signed like any other value.
  const std::string off = on.substr(0, on.size() - 7) + "3:offi1e" + on.substr(on.size() - 7);
  site::Pointer switched = *pointer;
  switched.value.assign(off.begin(), off.end());
  switched.signature = sign(test_key(), site::pointer_bytes_to_sign(switched.seq, switched.value));
  const base::Bytes file = site::encode_pointer(switched);
  EXPECT_THAT(ids({{"/" + kSkep + "latest",
                    say(200, "Cache-Control: no-store\r\n", {file.begin(), file.end()})}}),
              HasSubstr("switched-off"));
}

TEST_F(DoctorTest, TheTorrent) {
  EXPECT_EQ(ids({{"/" + torrent_, say(404)}}), "torrent-missing");
  EXPECT_EQ(ids({{"/" + torrent_, say(200, "", "nonsense")}}), "torrent-mismatch");
  const TempDirectory other;
  write_small_site(other / "site");
  write(other / "site/assets/one", "2");
  const PublishReport report = publish(options_for(other / "site", other / "out"));
  const std::string file =
      read(other / "out" / kSkep / (codec::encode_hex(report.info_hash.view()) + ".torrent"));
  EXPECT_EQ(ids({{"/" + torrent_, say(200, "", file)}}), "torrent-mismatch");
}

TEST_F(DoctorTest, TheFiles) {
  const std::string whole = read(out() / "assets/big.bin");
  EXPECT_EQ(ids({{"/assets/big.bin", say(404)}}), "file-mismatch");
  EXPECT_EQ(ids({{"/assets/big.bin", say(200, "", std::string(300'000, 'x'))}}), "file-mismatch");
  EXPECT_EQ(ids({{"/assets/big.bin", say(200, "", whole)}}), "ranges-unsupported");
  paths = {"members/secret-list.txt"};
  EXPECT_EQ(ids({}), "label-private");
}

TEST_F(DoctorTest, TheTracker) {
  const std::string path = "/" + kSkep + "tracker";
  EXPECT_EQ(ids({{path, say(502)}}), "tracker-unreachable");
  const auto tag = [](const std::string& tracker) {
    return say(200, "", "<script src=skep.js data-tracker='" + tracker + "'></script>");
  };
  const net::testing::ScriptedServer silent([](const std::string&) { return ""; });
  EXPECT_EQ(ids({{"/", tag("ws://127.0.0.1:" + std::to_string(silent.port()) + "/")}}),
            "tracker-unreachable");
  const TempDirectory other;  // the tracker of another site
  write_small_site(other / "site");
  write(other / "site/assets/one", "2");
  publish(options_for(other / "site", other / "out"));
  const LiveSite elsewhere(other / "out");
  std::string url = elsewhere.url(path).text();
  EXPECT_EQ(ids({{"/", tag("ws" + url.substr(4))}}), "tracker-refused");
}

TEST_F(DoctorTest, Udp) {
  const net::testing::DatagramServer silent([](const std::string&) { return ""; });
  EXPECT_EQ(ids({}, {"stun:127.0.0.1:" + std::to_string(silent.port())}), "udp-blocked");
}

/// docs/diagnostics.md and the program say the same.
TEST(Causes, AreWhatTheDocumentSays) {
  const std::string document = read(std::string(SKEP_SOURCE_DIR) + "/docs/diagnostics.md");
  for (const Cause& known : causes()) {
    const std::size_t row = document.find("| `" + std::string(known.id) + "` | D |");
    ASSERT_NE(row, document.npos) << known.id;
    std::string line = document.substr(row, document.find('\n', row) - row);
    std::erase(line, '`');
    EXPECT_THAT(line,
                HasSubstr("| " + std::string(known.text) + " | " + std::string(known.advice)));
  }
}

}  // namespace
}  // namespace skep::origin
