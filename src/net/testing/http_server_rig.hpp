/// http_server_rig.hpp: an HttpServer on a thread of its own and clients that speak to it by hand.
/// CONTRACT  blocking calls on loopback, for tests only. "/socket" is a WebSocket that echoes,
/// "/file"
///           what make_file() wrote; any other target's answer is the method and the target.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "net/http_server.hpp"

namespace skep::net::testing {

/// A blocking client socket. Reading gives up after 20 s, which no passing test needs.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view text) {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  /// At most `size` bytes, as they come; "" at the end.
  std::string some(std::size_t size = 65536) {
    size = std::min<std::size_t>(size, 65536);
    std::string out(size, '\0');
    const ssize_t n = ::recv(fd_, out.data(), size, 0);
    ended_ = n == 0 || (n < 0 && errno == ECONNRESET);
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }
  /// Exactly `size` bytes, or less at the end.
  std::string exactly(std::size_t size) {
    std::string out;
    while (out.size() < size) {
      const std::string part = some(size - out.size());
      if (part.empty()) break;
      out += part;
    }
    return out;
  }
  /// Everything until the server closes.
  std::string rest() { return exactly(SIZE_MAX); }
  bool ended() const { return ended_; }
  std::string until(std::string_view mark) {
    std::string out;
    while (out.find(mark) == std::string::npos) {
      const std::string part = some(1);
      if (part.empty()) break;
      out += part;
    }
    return out;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
  bool ended_ = false;
};

/// Echoes what it is told through a WebSocket; "flood" makes it send without end.
class EchoSocket final : public WebSocketEvents {
 public:
  void on_open(WebSocketPeer& peer) override { peer_ = &peer; }
  void on_text(std::string_view text) override {
    if (text == "close") return peer_->close(1008, "as you wish");
    for (int i = text == "flood" ? 200 : 1; i > 0; --i)
      peer_->send(text == "flood" ? std::string(100'000, 'x') : std::string(text));
  }
  void on_close() override {}

 private:
  WebSocketPeer* peer_ = nullptr;
};

class HttpServerTest : public ::testing::Test, public HttpHandler {
 protected:
  HttpReply handle(const HttpRequest& request) override {
    HttpReply reply;
    if (request.target == "/socket") {
      reply.websocket = std::make_unique<EchoSocket>();
      return reply;
    }
    if (request.target == "/file") {
      reply.file = file_;
      reply.part = {0, file_->size()};
      reply.fields = "Content-Length: " + std::to_string(file_->size()) + "\r\n";
      return reply;
    }
    reply.text = std::string(request.method) + " " + std::string(request.target);
    reply.fields = "Content-Length: " + std::to_string(reply.text.size()) + "\r\n";
    reply.head_only = request.method == "HEAD";
    return reply;
  }
  void finished(const HttpRequest& request, const HttpOutcome& outcome) override {
    const std::lock_guard lock(mutex_);
    outcomes_.emplace_back(std::string(request.target), outcome);
  }

  std::uint16_t start(HttpServerOptions options = {}) {
    server_ = std::make_unique<HttpServer>(*this, std::move(options));
    port_ = server_->listen({});
    thread_ = std::thread([this] { server_->run(); });
    return port_;
  }
  void make_file(std::size_t size) {
    std::string name = (std::filesystem::temp_directory_path() / "skep-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "file";
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
    std::ofstream(path_, std::ios::binary) << bytes;
    const int root = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY);
    file_ = *MappedFile::open(root, "file");
    ::close(root);
    bytes_ = std::move(bytes);
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void TearDown() override {
    if (server_) server_->stop();
    if (server_) server_->stop();
    join();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  std::uint16_t port_ = 0;
  std::filesystem::path folder_, path_;
  std::shared_ptr<const MappedFile> file_;
  std::string bytes_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, HttpOutcome>> outcomes_;
};

inline std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

/// A client frame with a zero mask (RFC 6455 §5.3 wants a mask, not a secret one).
inline std::string frame(std::uint8_t opcode, std::string_view text) {
  std::string out;
  out.push_back(static_cast<char>(0x80 | opcode));
  if (text.size() < 126) {
    out.push_back(static_cast<char>(0x80 | text.size()));
  } else {
    const bool small = text.size() < 65536;
    out.push_back(static_cast<char>(0x80 | (small ? 126 : 127)));
    for (int shift = small ? 8 : 56; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>((std::uint64_t{text.size()} >> shift) & 0xff));
  }
  out.append(4, '\0');
  out.append(text);
  return out;
}

inline void open_socket(Client& client) {
  client.send(get("/socket",
                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  const std::string head = client.until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos)
      << head;  // the RFC's own example
}

}  // namespace skep::net::testing
