// tracker_load.cpp: clients of a WebTorrent tracker, as many and as fast as one core can play them.
//   tracker_load --port P --connections N [--offers K] [--seconds S] [--rate ANNOUNCES_PER_S]
//                [--probes OFFERS_PER_S] [--hashes HEX,HEX…] [--path /announce] [--hold]
// Without --rate each client announces again as soon as it has its reply (closed loop). Every offer
// that arrives is answered. --probes sends targeted offers at that rate and times their relay.
// --hold announces once each, prints "ready" and keeps the connections until it is ended.
// Prints one JSON object. Clients are spread over the swarms; all names are ASCII.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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
  int connections = 500;
  int offers = 5;
  double seconds = 5;
  double rate = 0;
  double probes = 0;
  bool hold = false;
  std::string path = "/.well-known/skep/tracker";
  std::vector<std::string> hashes;  // as JSON strings without quotes
};

struct Counts {
  std::uint64_t announced = 0, replies = 0, offers = 0, answers = 0, failures = 0, gone = 0;
};

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A session description of the size that browsers make for a data channel with three candidates.
std::string sdp_text() {
  std::string out =
      "v=0\\r\\no=- 4611731400430051336 2 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\n"
      "a=group:BUNDLE 0\\r\\na=extmap-allow-mixed\\r\\na=msid-semantic: WMS\\r\\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\\r\\nc=IN IP4 0.0.0.0\\r\\n";
  for (int i = 0; i < 3; ++i)
    out += "a=candidate:296710432" + std::to_string(i) + " 1 udp 2113937151 192.168.1.1 5432" +
           std::to_string(i) + " typ host generation 0 network-cost 999\\r\\n";
  out +=
      "a=ice-ufrag:Bn1y\\r\\na=ice-pwd:+jJ6zTgqWpqBvBbQkzPmGZ8v\\r\\na=ice-options:trickle\\r\\n"
      "a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:"
      "C2:43:F0:A1:58:D0:A1:2C:19:08\\r\\na=setup:actpass\\r\\na=mid:0\\r\\na=sctp-port:5000\\r\\n"
      "a=max-message-size:262144\\r\\n";
  return out;
}

std::string twenty(const char* prefix, std::uint64_t number) {
  std::string digits = std::to_string(number);
  std::string out(prefix);
  out.append(20 - out.size() - digits.size(), '0');
  return out + digits;
}

void put_frame(std::string& to, std::string_view payload) {
  to += '\x81';
  if (payload.size() < 126) {
    to += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() <= 0xffff) {
    to += '\xfe';
    to += static_cast<char>(payload.size() >> 8);
    to += static_cast<char>(payload.size() & 0xff);
  } else {
    to += '\xff';
    for (int shift = 56; shift >= 0; shift -= 8)
      to += static_cast<char>((std::uint64_t{payload.size()} >> shift) & 0xff);
  }
  to.append(4, '\0');  // a mask that changes nothing: the server unmasks all the same
  to += payload;
}

std::string_view value_after(std::string_view text, std::string_view key) {
  const void* found = ::memmem(text.data(), text.size(), key.data(), key.size());
  if (found == nullptr) return {};
  const char* at = static_cast<const char*>(found) + key.size();
  const auto left = static_cast<std::size_t>(text.data() + text.size() - at);
  return {at, std::min<std::size_t>(left, 20)};
}

struct Client {
  int fd = -1;
  std::string peer_id;
  std::string announce_head;  // up to the offers
  std::string in;
  std::string out;
  std::size_t sent = 0;
  bool upgraded = false;
  bool dirty = false;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)) {
    sdp_ = sdp_text();
    epoll_ = ::epoll_create1(0);
  }

  int run();

 private:
  std::string announce(Client& client);
  void handle(Client& client, std::string_view message);
  void read(Client& client);
  void flush(Client& client);
  void mark(Client& client) {
    if (client.dirty) return;
    client.dirty = true;
    dirty_.push_back(&client);
  }
  void connect_all();
  void probe();
  void wait(int timeout_ms);

  Options options_;
  std::string sdp_;
  int epoll_ = -1;
  std::vector<Client> clients_;
  std::vector<Client*> dirty_;
  Counts counts_;
  std::uint64_t next_offer_ = 0;
  std::size_t next_probe_ = 0;
  std::vector<double> latencies_ms_;
  bool stopping_ = false;
  bool loop_ = false;
};

std::string Load::announce(Client& client) {
  std::string text = client.announce_head;
  for (int i = 0; i < options_.offers; ++i) {
    text += i == 0 ? R"({"offer":{"type":"offer","sdp":")" : R"(,{"offer":{"type":"offer","sdp":")";
    text += sdp_;
    text += R"("},"offer_id":")" + twenty("o", ++next_offer_) + "\"}";
  }
  text += "]}";
  ++counts_.announced;
  return text;
}

void Load::handle(Client& client, std::string_view message) {
  const std::string_view offer_id = value_after(message, R"("offer_id":")");
  if (offer_id.empty()) {
    if (message.find("failure reason") != message.npos) {
      if (++counts_.failures == 1) std::fprintf(stderr, "%.200s\n", std::string(message).c_str());
    }
    ++counts_.replies;
    if (loop_ && !stopping_) {
      put_frame(client.out, announce(client));
      mark(client);
    }
    return;
  }
  if (message.find("\"gone\"") != message.npos) {
    ++counts_.gone;
    return;
  }
  if (message.find(R"("answer":{)") != message.npos) {
    ++counts_.answers;
    return;
  }
  ++counts_.offers;
  if (offer_id.front() == 'p') {  // a probe carries its time in microseconds
    const double sent =
        static_cast<double>(std::strtoull(std::string(offer_id.substr(1)).c_str(), nullptr, 10)) /
        1e6;
    latencies_ms_.push_back((now_s() - sent) * 1e3);
    return;
  }
  const std::string_view from = value_after(message, R"("peer_id":")");
  std::string text = client.announce_head.substr(0, client.announce_head.find(",\"numwant\""));
  text += R"(,"to_peer_id":")";
  text += from;
  text += R"(","offer_id":")";
  text += offer_id;
  text += R"(","answer":{"type":"answer","sdp":")" + sdp_ + "\"}}";
  put_frame(client.out, text);
  mark(client);
}

void Load::flush(Client& client) {
  client.dirty = false;
  while (client.sent < client.out.size()) {
    const ssize_t n = ::send(client.fd, client.out.data() + client.sent,
                             client.out.size() - client.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) {
      mark(client);  // tried again at the next turn
      return;
    }
    client.sent += static_cast<std::size_t>(n);
  }
  client.out.clear();
  client.sent = 0;
}

void Load::read(Client& client) {
  static char buffer[256 * 1024];
  const ssize_t n = ::recv(client.fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n <= 0) {
    if (n < 0 && errno == EAGAIN) return;
    std::fprintf(stderr, "the server closed a connection: %.100s\n", client.in.c_str());
    std::exit(1);
  }
  client.in.append(buffer, static_cast<std::size_t>(n));
  std::size_t at = 0;
  if (!client.upgraded) {
    const std::size_t end = client.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (client.in.compare(0, 12, "HTTP/1.1 101") != 0) {
      std::fprintf(stderr, "%.300s\n", client.in.c_str());
      std::exit(1);
    }
    client.upgraded = true;
    at = end + 4;
  }
  while (client.in.size() - at >= 2) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(client.in[at + i]); };
    std::size_t size = octet(1) & 0x7f, head = 2;
    if (size == 126) {
      if (client.in.size() - at < 4) break;
      size = static_cast<std::size_t>(octet(2)) << 8 | octet(3);
      head = 4;
    } else if (size == 127) {
      if (client.in.size() - at < 10) break;
      size = 0;
      for (std::size_t i = 2; i < 10; ++i) size = size << 8 | octet(i);
      head = 10;
    }
    if (client.in.size() - at < head + size) break;
    if ((octet(0) & 0x0f) == 1)
      handle(client, std::string_view(client.in).substr(at + head, size));
    else if ((octet(0) & 0x0f) == 8) {
      std::fprintf(stderr, "closed: %s\n", client.in.substr(at + head + 2, size - 2).c_str());
      std::exit(1);
    }
    at += head + size;
  }
  client.in.erase(0, at);
}

void Load::connect_all() {
  clients_.resize(static_cast<std::size_t>(options_.connections));
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    client.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(client.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      std::perror("connect");
      std::exit(1);
    }
    const int one = 1;
    ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    client.peer_id = twenty("-LD0001-", i);
    const std::string& hash = options_.hashes[i % options_.hashes.size()];
    client.announce_head = R"({"action":"announce","info_hash":")" + hash + R"(","peer_id":")" +
                           client.peer_id + R"(","numwant":)" + std::to_string(options_.offers) +
                           R"(,"uploaded":0,"downloaded":0,"left":1,"offers":[)";
    client.out = "GET " + options_.path +
                 " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    flush(client);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &client;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
    if (i % 100 == 99) wait(0);  // the listen queue is not endless
  }
  while (!std::all_of(clients_.begin(), clients_.end(), [](const Client& c) { return c.upgraded; }))
    wait(100);
}

void Load::wait(int timeout_ms) {
  static epoll_event events[1024];
  const int n = ::epoll_wait(epoll_, events, 1024, timeout_ms);
  for (int i = 0; i < n; ++i) read(*static_cast<Client*>(events[i].data.ptr));
  std::vector<Client*> batch;
  batch.swap(dirty_);
  for (Client* client : batch) flush(*client);
}

/// A targeted offer to another peer of the same swarm.
void Load::probe() {
  Client& from = clients_[next_probe_ % clients_.size()];
  const Client& to = clients_[(next_probe_ + options_.hashes.size()) % clients_.size()];
  ++next_probe_;
  std::string text = from.announce_head.substr(0, from.announce_head.find(",\"numwant\""));
  text += R"(,"to_peer_id":")" + to.peer_id + R"(","offer_id":")" +
          twenty("p", static_cast<std::uint64_t>(now_s() * 1e6)) +
          R"(","offer":{"type":"offer","sdp":")" + sdp_ + "\"}}";
  put_frame(from.out, text);
  mark(from);
}

int Load::run() {
  connect_all();
  for (Client& client : clients_) {  // everybody is there before anything is measured
    put_frame(client.out, announce(client));
    mark(client);
    if (dirty_.size() >= 100) wait(0);
  }
  while (counts_.replies < clients_.size()) wait(100);
  if (options_.hold) {
    std::printf("ready\n");
    std::fflush(stdout);
    for (;;) wait(1000);
  }
  const Counts before = counts_;
  loop_ = options_.rate == 0;
  if (loop_)
    for (Client& client : clients_) {
      put_frame(client.out, announce(client));
      mark(client);
    }
  const double begin = now_s();
  double announces_due = 0, probes_due = 0, last = begin;
  std::size_t turn = 0;
  while (now_s() - begin < options_.seconds) {
    wait(1);
    const double now = now_s();
    announces_due += options_.rate * (now - last);
    probes_due += options_.probes * (now - last);
    last = now;
    for (; announces_due >= 1; announces_due -= 1) {
      Client& client = clients_[turn++ % clients_.size()];
      put_frame(client.out, announce(client));
      mark(client);
    }
    for (; probes_due >= 1; probes_due -= 1) probe();
  }
  const double took = now_s() - begin;
  stopping_ = true;
  std::sort(latencies_ms_.begin(), latencies_ms_.end());
  const auto percentile = [&](double p) {
    if (latencies_ms_.empty()) return 0.0;
    const auto count = static_cast<double>(latencies_ms_.size());
    return latencies_ms_[static_cast<std::size_t>(p * (count - 1))];
  };
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto per_s = [&](std::uint64_t after, std::uint64_t was) {
    return static_cast<double>(after - was) / took;
  };
  std::printf(
      "{\"replies_per_s\":%.0f,\"offers_per_s\":%.0f,\"answers_per_s\":%.0f,"
      "\"failures\":%lu,\"gone\":%lu,\"probes\":%zu,\"probe_p50_ms\":%.3f,"
      "\"probe_p99_ms\":%.3f,\"cpu_s\":%.2f,\"seconds\":%.2f}\n",
      per_s(counts_.replies, before.replies), per_s(counts_.offers, before.offers),
      per_s(counts_.answers, before.answers), counts_.failures, counts_.gone, latencies_ms_.size(),
      percentile(0.5), percentile(0.99),
      static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
          static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
      took);
  return 0;
}

std::string json_hash(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size() && i < 40; i += 2) {
    out += "\\u00";
    out += hex.substr(i, 2);
  }
  return out;
}

Options read_options(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--hold") {
      out.hold = true;
      continue;
    }
    if (i + 1 == argc) std::exit(2);
    const std::string value = argv[++i];
    if (name == "--port")
      out.port = std::atoi(value.c_str());
    else if (name == "--connections")
      out.connections = std::atoi(value.c_str());
    else if (name == "--offers")
      out.offers = std::atoi(value.c_str());
    else if (name == "--seconds")
      out.seconds = std::atof(value.c_str());
    else if (name == "--rate")
      out.rate = std::atof(value.c_str());
    else if (name == "--probes")
      out.probes = std::atof(value.c_str());
    else if (name == "--path")
      out.path = value;
    else if (name == "--hashes")
      for (std::size_t at = 0; at < value.size(); at += 41)
        out.hashes.push_back(json_hash(std::string_view(value).substr(at, 40)));
    else
      std::exit(2);
  }
  if (out.port == 0 || out.hashes.empty()) std::exit(2);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return Load(read_options(argc, argv)).run();
}
