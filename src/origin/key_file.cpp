#include "origin/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "codec/hex.hpp"

namespace skep::origin {
namespace {

using nlohmann::json;

constexpr const char* kType = "skep-ed25519";
/// A key file has about 200 bytes.
constexpr std::size_t kKeyFileMax = 4096;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw KeyFileError(path.string() + ": " + why);
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::array<base::Byte, 32> octets(const std::filesystem::path& path, const json& object,
                                  const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string())
    fail(path, std::string("is no skep key: no \"") + name + "\"");
  const auto bytes = codec::decode_hex(found->get_ref<const std::string&>());
  if (!bytes.has_value() || bytes->size() != 32)
    fail(path, std::string("\"") + name + "\" is not 64 hex digits");
  std::array<base::Byte, 32> out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

}  // namespace

void write_key_file(const std::filesystem::path& path, const KeyPair& key) {
  const json object = {{"type", kType},
                       {"secret", codec::encode_hex(key.seed)},
                       {"public", codec::encode_hex(key.public_key.view())}};
  const std::string text = object.dump(2) + "\n";
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.fd() < 0 && errno == EEXIST)
    fail(path, "exists already; a key is never overwritten, choose another name");
  if (file.fd() < 0) fail(path, std::strerror(errno));
  if (::write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.fd()) != 0) {
    const std::string why = std::strerror(errno);
    ::unlink(path.c_str());
    fail(path, why);
  }
}

LoadedKey read_key_file(const std::filesystem::path& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd() < 0 && errno == ENOENT)
    fail(path, "no such key file; make one with: skep key new -o " + path.string());
  if (file.fd() < 0) fail(path, std::strerror(errno));
  std::string text(kKeyFileMax, '\0');
  const ssize_t size = ::read(file.fd(), text.data(), text.size());
  if (size < 0) fail(path, std::strerror(errno));
  text.resize(static_cast<std::size_t>(size));
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object() || object.value("type", json()) != kType)
    fail(path, "is no skep key (made by: skep key new)");
  LoadedKey out;
  out.key = key_from_seed(octets(path, object, "secret"));
  if (out.key.public_key.bytes != octets(path, object, "public"))
    fail(path, "its public key does not belong to its secret");
  struct stat status{};
  if (::fstat(file.fd(), &status) == 0 && (status.st_mode & 077) != 0)
    out.warning = path.string() + ": others can read this key; run: chmod 600 " + path.string();
  return out;
}

PublicKey parse_public_key(const std::string& text) {
  const auto bytes = codec::decode_hex(text);
  if (!bytes.has_value()) throw KeyFileError("a public key is 64 hex digits");
  const auto key = PublicKey::from(*bytes);
  if (!key.has_value()) throw KeyFileError("a public key is 64 hex digits");
  return *key;
}

}  // namespace skep::origin
