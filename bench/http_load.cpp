// http_load.cpp: HTTP/1.1 clients of one server, as many requests as one core can ask for.
//   http_load --port P --path /FILE [--connections N] [--seconds S] [--range BYTES --size BYTES]
// Each connection asks again as soon as it has the whole answer. With --range each request is for
// that many bytes of a file of --size bytes, beginning a million bytes after the one before.
// Bodies are counted but not copied out of the kernel (MSG_TRUNC): what is measured is the server,
// and a client that copies is slower than one. Prints one JSON object.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  int port = 0;
  std::string path;
  std::size_t connections = 8;
  double seconds = 3;
  std::uint64_t range = 0;
  std::uint64_t size = 0;
};

struct Connection {
  int fd = -1;
  std::string head;             // of the answer, while it comes
  std::uint64_t body_left = 0;  // once the head was whole
};

[[noreturn]] void fail(const char* what, std::string_view detail = {}) {
  std::fprintf(stderr, "%s %.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::exit(1);
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)) {}
  int run();

 private:
  void connect(Connection& connection);
  void ask(Connection& connection);
  void read(Connection& connection);
  /// The head is whole: what is left of the body behind `end`.
  void begin_body(Connection& connection, std::size_t end);

  Options options_;
  int epoll_ = ::epoll_create1(0);
  std::vector<Connection> connections_;
  std::uint64_t asked_ = 0;
  std::uint64_t answers_ = 0;
  std::uint64_t bytes_ = 0;
};

void Load::connect(Connection& connection) {
  connection.fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(options_.port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
  const int one = 1;
  ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &connection;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
}

void Load::ask(Connection& connection) {
  std::string request = "GET " + options_.path + " HTTP/1.1\r\nHost: localhost\r\n";
  if (options_.range > 0) {
    const std::uint64_t places = (options_.size - options_.range) / 1'000'000;
    const std::uint64_t first = asked_ % (places + 1) * 1'000'000;
    request += "Range: bytes=" + std::to_string(first) + "-" +
               std::to_string(first + options_.range - 1) + "\r\n";
  }
  request += "\r\n";
  ++asked_;
  if (::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    fail("send");
}

void Load::begin_body(Connection& connection, std::size_t end) {
  const std::string& head = connection.head;
  const bool partial = options_.range > 0;
  if (!head.starts_with(partial ? "HTTP/1.1 206 " : "HTTP/1.1 200 ")) fail("refused:", head);
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t at = head.find(kLength);
  if (at == head.npos || at > end) fail("no length:", head);
  const std::uint64_t length = std::strtoull(head.c_str() + at + kLength.size(), nullptr, 10);
  if (partial && length != options_.range) fail("not the range that was asked for:", head);
  connection.body_left = length - (head.size() - end);
  bytes_ += head.size() - end;
}

void Load::read(Connection& connection) {
  if (connection.body_left == 0) {
    char buffer[4096];
    const ssize_t n = ::recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n <= 0) fail("the server closed a connection");
    connection.head.append(buffer, static_cast<std::size_t>(n));
    const std::size_t end = connection.head.find("\r\n\r\n");
    if (end == std::string::npos) return;
    begin_body(connection, end + 4);
  }
  if (connection.body_left > 0) {
    const ssize_t n =
        ::recv(connection.fd, nullptr, connection.body_left, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) fail("the server closed a connection");
    connection.body_left -= static_cast<std::uint64_t>(n);
    bytes_ += static_cast<std::uint64_t>(n);
    if (connection.body_left > 0) return;
  }
  connection.head.clear();
  ++answers_;
  ask(connection);
}

int Load::run() {
  connections_.resize(options_.connections);
  for (Connection& connection : connections_) connect(connection);
  for (Connection& connection : connections_) ask(connection);
  const double begin = now_s();
  epoll_event events[64];
  while (now_s() - begin < options_.seconds) {
    const int n = ::epoll_wait(epoll_, events, 64, 100);
    for (int i = 0; i < n; ++i) read(*static_cast<Connection*>(events[i].data.ptr));
  }
  const double took = now_s() - begin;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"requests_per_s\":%.1f,\"bytes_per_s\":%.0f,\"cpu_s\":%.2f,\"seconds\":%.2f}\n",
              static_cast<double>(answers_) / took, static_cast<double>(bytes_) / took,
              static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                  static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
              took);
  return 0;
}

Options read_options(int argc, char** argv) {
  Options out;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--port")
      out.port = std::atoi(value.c_str());
    else if (name == "--path")
      out.path = value;
    else if (name == "--connections")
      out.connections = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--seconds")
      out.seconds = std::atof(value.c_str());
    else if (name == "--range")
      out.range = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--size")
      out.size = std::strtoull(value.c_str(), nullptr, 10);
    else
      std::exit(2);
  }
  if (out.port == 0 || out.path.empty() || out.range > out.size) std::exit(2);
  return out;
}

}  // namespace

int main(int argc, char** argv) { return Load(read_options(argc, argv)).run(); }
