#include "origin/testing/publish_site.hpp"

#include <stdlib.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/rng.hpp"
#include "codec/hex.hpp"
#include "crypto/sha256.hpp"

namespace skep::origin::testing {

namespace fs = std::filesystem;

TempDirectory::TempDirectory() {
  std::string name = (fs::temp_directory_path() / "skep-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string noise(std::size_t size, std::uint64_t seed) {
  base::Rng rng(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(rng.next() >> 56);
  return out;
}

std::span<const RuntimeAsset> tiny_runtime() {
  static const std::string loader = "console.log('loader');\n";
  static const std::string worker = "self.skep = 1;\n";
  static const std::string part = std::string(2000, ' ') + "export {};\n";
  static const std::string path =
      ".well-known/skep/rt/runtime." +
      codec::encode_hex(crypto::sha256(base::as_bytes(part)).view()).substr(0, 10) + ".js";
  static const std::string on_demand =
      ".well-known/skep/rt/more/panel." +
      codec::encode_hex(crypto::sha256(base::as_bytes(loader)).view()).substr(0, 10) + ".js";
  static const RuntimeAsset assets[] = {{"skep.js", base::as_bytes(loader)},
                                        {"skep-sw.js", base::as_bytes(worker)},
                                        {path, base::as_bytes(part)},
                                        {on_demand, base::as_bytes(loader)}};
  return assets;
}

KeyPair test_key() {
  std::array<base::Byte, 32> seed{};
  seed.fill(42);
  return key_from_seed(seed);
}

void write_small_site(const fs::path& root) {
  write(root / "index.html", "<!doctype html><html><head></head><body>hello</body></html>");
  write(root / "docs/index.html", "<html><head></head><body>docs</body></html>");
  write(root / "assets/big.bin", noise(300'000, 1));
  write(root / "assets/exact.bin", noise(65'536, 2));
  write(root / "assets/block.bin", noise(16'384, 3));
  write(root / "assets/one", "1");
  write(root / "assets/empty", "");
  write(root / "assets/s\xc3\xbc\xc3\x9f/\xe7\x8c\xab & dog#1.png", noise(1'000, 4));
  write(root / "assets/app.js", std::string(20'000, 'a') + noise(100, 5));
  write(root / "members/secret-list.txt", "nobody may see this name");
  write(root / ".env", "PASSWORD=x");
  write(root / "assets/tls.key", "key");
  write(root / "skep.toml",
        "[labels]\nshare = [\"assets/**\", \"docs/**\"]\nprivate = [\"**/*.txt\"]\n"
        "[offline]\npages = [\"index.html\"]\n");
}

PublishOptions options_for(const fs::path& source, const fs::path& out) {
  PublishOptions options;
  options.source = source;
  options.out = out;
  options.key = test_key();
  options.durable = false;
  options.threads = 2;
  options.name = "site";
  options.runtime = tiny_runtime();
  return options;
}

std::string problems_of(const fs::path& publication) {
  VerifyOptions options;
  options.publication = publication;
  options.key = test_key().public_key;
  options.now_s = std::time(nullptr);
  options.runtime = tiny_runtime();
  std::string out;
  for (const std::string& problem : verify_publication(options).problems) out += problem + "\n";
  return out;
}

}  // namespace skep::origin::testing
