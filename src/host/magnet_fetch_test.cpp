// libtorrent seeds, `skep fetch`'s machine takes it by a magnet link: over TCP, every step real.
#include "host/magnet_fetch.hpp"

#include <gtest/gtest.h>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <thread>

#include "engine/testing/test_site.hpp"
#include "host/file_store.hpp"
#include "torrent/metainfo.hpp"

namespace skep::host {
namespace {

namespace fs = std::filesystem;
using engine::testing::TestSite;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "skep-host-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void put(const fs::path& path, base::ByteView bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << base::as_text(bytes);
}
base::Bytes get(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return base::to_bytes(base::as_bytes(text));
}

/// A layer of 700 hashes (two questions), one of two, a file of a piece, of an octet, of nothing.
TestSite some_site(bool hybrid = false) {
  return engine::testing::make_site({700 * 16'384 + 5, 40'000, 16'384, 1, 0}, 1, 16 * 1024, hybrid);
}

/// libtorrent with the whole site.
class Seeder {
 public:
  explicit Seeder(const TestSite& site) : session_(settings()) {
    for (std::size_t f = 0; f < site.files.size(); ++f)
      put(folder_.path() / "site" / ("f000" + std::to_string(f)), site.files[f]);
    lt::add_torrent_params params;
    params.ti = std::make_shared<lt::torrent_info>(
        lt::span<const char>(reinterpret_cast<const char*>(site.metainfo.data()),
                             static_cast<std::ptrdiff_t>(site.metainfo.size())),
        lt::from_span);
    params.save_path = folder_.path().string();
    params.flags |= lt::torrent_flags::seed_mode;
    params.flags &= ~(lt::torrent_flags::auto_managed | lt::torrent_flags::paused);
    session_.add_torrent(params);
  }
  PeerAddress address() const { return {"127.0.0.1", session_.listen_port()}; }

 private:
  static lt::settings_pack settings() {
    lt::settings_pack out;
    out.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
    for (const auto off : {lt::settings_pack::enable_dht, lt::settings_pack::enable_lsd,
                           lt::settings_pack::enable_upnp, lt::settings_pack::enable_natpmp})
      out.set_bool(off, false);
    out.set_bool(lt::settings_pack::allow_multiple_connections_per_ip, true);
    return out;
  }
  Folder folder_;
  lt::session session_;
};

MagnetFetchOptions options_for(const TestSite& site, const fs::path& to) {
  MagnetFetchOptions out;
  out.magnet.v2 = site.info_hash;
  out.folder = to;
  out.patience = base::seconds(30);
  return out;
}

void expect_site(const TestSite& site, const fs::path& folder) {
  for (std::size_t f = 0; f < site.files.size(); ++f) {
    const fs::path path = folder / "site" / ("f000" + std::to_string(f));
    ASSERT_TRUE(fs::exists(path)) << path;
    EXPECT_TRUE(get(path) == site.files[f]) << path;
    EXPECT_FALSE(fs::exists(path.string() + ".part"));
  }
}

TEST(MagnetFetch, TakesATorrentFromLibtorrentByItsHashAlone) {
  const TestSite site = some_site();
  const Seeder seeder(site);
  const Folder to;
  MagnetFetchOptions options = options_for(site, to.path());
  options.peers = {seeder.address()};
  const MagnetFetched got = fetch_magnet(options);
  EXPECT_EQ(got.trouble, "");
  EXPECT_EQ(got.name, "site");
  EXPECT_EQ(got.files, site.files.size());
  EXPECT_EQ(got.bytes, site.total);
  EXPECT_EQ(got.from_peers, site.total);
  expect_site(site, to.path());

  const MagnetFetched again = fetch_magnet(options);
  EXPECT_EQ(again.trouble, "");
  EXPECT_EQ(again.from_peers, 0u) << "all of it was here";
  EXPECT_EQ(again.from_store, site.total);
}

TEST(MagnetFetch, AHybridIsEnoughByItsFirstVersionsHash) {
  const TestSite site = some_site(true);
  const Seeder seeder(site);
  const Folder to;
  MagnetFetchOptions options = options_for(site, to.path());
  options.magnet.v2.reset();
  options.magnet.v1 = site.v1_hash;
  options.peers = {seeder.address()};
  const MagnetFetched got = fetch_magnet(options);
  EXPECT_EQ(got.trouble, "");
  expect_site(site, to.path());
}

TEST(MagnetFetch, GoesOnWhereItWasAndBelievesNothing) {
  const TestSite site = some_site();
  const Seeder seeder(site);
  const Folder to;
  base::Bytes half(site.files[0].begin(), site.files[0].begin() + 400 * 16'384);
  half[7 * 16'384 + 3] ^= 1;
  put(to.path() / "site" / "f0000.part", half);
  MagnetFetchOptions options = options_for(site, to.path());
  options.peers = {seeder.address()};
  const MagnetFetched got = fetch_magnet(options);
  EXPECT_EQ(got.trouble, "");
  EXPECT_EQ(got.from_store, 399u * 16'384);
  EXPECT_EQ(got.from_peers, site.total - 399 * 16'384);
  expect_site(site, to.path());
}

TEST(MagnetFetch, LeavesAloneWhatIsNotItsOwn) {
  const TestSite site = some_site();
  const Seeder seeder(site);
  const Folder to;
  const fs::path own = to.path() / "site" / "f0001";
  put(own, base::as_bytes("somebody's"));
  MagnetFetchOptions options = options_for(site, to.path());
  options.peers = {seeder.address()};
  EXPECT_EQ(fetch_magnet(options).trouble, own.string() + " exists and is another file");
  EXPECT_EQ(base::as_text(get(own)), "somebody's");
}

TEST(MagnetFetch, WritesTheTorrentAlone) {
  const TestSite site = some_site(true);
  const Seeder seeder(site);
  const Folder to;
  MagnetFetchOptions options = options_for(site, to.path());
  options.peers = {seeder.address()};
  options.metainfo = to.path() / "x.torrent";
  EXPECT_EQ(fetch_magnet(options).trouble, "");
  const auto read = torrent::parse_metainfo(get(options.metainfo));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->info.hash, site.info_hash);
  EXPECT_FALSE(fs::exists(to.path() / "site"));
}

/// Accepts connections and says one thing.
class Babbler {
 public:
  explicit Babbler(std::string says, bool hangs_up = false)
      : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
        says_(std::move(says)),
        hangs_up_(hangs_up) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Babbler() {
    io_.stop();
    thread_.join();
  }
  PeerAddress address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
  unsigned visits() const { return visits_; }

 private:
  void accept() {
    acceptor_.async_accept([this](auto error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      ++visits_;
      boost::system::error_code ignored;
      boost::asio::write(socket, boost::asio::buffer(says_), ignored);
      if (!hangs_up_) sockets_.push_back(std::move(socket));
      accept();
    });
  }
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::string says_;
  bool hangs_up_;
  std::vector<boost::asio::ip::tcp::socket> sockets_;
  std::atomic<unsigned> visits_ = 0;
  std::thread thread_;
};

TEST(MagnetFetch, StrangersOnTheWayDoNoHarm) {
  const TestSite site = some_site();
  const Seeder seeder(site);
  const Babbler silent("");
  const Babbler web(
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nwhat do you want of me here");
  const Folder to;
  MagnetFetchOptions options = options_for(site, to.path());
  options.peers = {silent.address(), web.address(), {"127.0.0.1", 1}, seeder.address()};
  const MagnetFetched got = fetch_magnet(options);
  EXPECT_EQ(got.trouble, "");
  expect_site(site, to.path());
  EXPECT_EQ(web.visits(), 1u) << "who is no peer is not asked twice";
}

TEST(MagnetFetch, SaysWhyItGivesUp) {
  const TestSite site = some_site();
  const Folder to;
  MagnetFetchOptions options = options_for(site, to.path());
  EXPECT_EQ(fetch_magnet(options).trouble, "the link names no peer (x.pe); name one with --peer");
  options.patience = base::seconds(2);
  options.peers = {{"127.0.0.1", 1}};
  EXPECT_EQ(fetch_magnet(options).trouble, "no peer could describe the torrent");
  const Babbler another_torrent("", true);  // what libtorrent does with a hash that it has not
  options.patience = base::seconds(4);
  options.peers = {another_torrent.address()};
  unsigned looked = 0;
  options.stopped = [&] { return ++looked > 20; };  // about once a second
  EXPECT_EQ(fetch_magnet(options).trouble, "no peer could describe the torrent");
  EXPECT_LT(another_torrent.visits(), 5u) << "its pauses grow";
  options.stopped = {};
  const Babbler web(
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nwhat do you want of me here");
  options.patience = base::seconds(30);
  options.peers = {web.address()};
  EXPECT_EQ(fetch_magnet(options).trouble, "no peer is left that has this torrent");
  options.peers = {{"127.0.0.1", 1}};
  options.stopped = [] { return true; };
  EXPECT_EQ(fetch_magnet(options).trouble, "stopped");
}

}  // namespace
}  // namespace skep::host
