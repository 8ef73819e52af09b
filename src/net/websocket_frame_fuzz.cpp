// A client's bytes after the upgrade: split anywhere, they mean the same.
#include <cstdlib>
#include <string>
#include <vector>

#include "net/websocket_frame.hpp"

namespace {

std::vector<std::string> hear(std::string bytes, std::size_t step) {
  skep::net::WebSocketDecoder decoder(2000);
  std::vector<std::string> out;
  std::string kept;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    kept += bytes.substr(at, step);
    std::size_t used = 0;
    while (auto event = decoder.feed(
               {reinterpret_cast<skep::base::Byte*>(kept.data()), kept.size()}, used)) {
      out.push_back(std::to_string(static_cast<int>(event->kind)) + std::string(event->payload));
      if (event->kind == skep::net::WebSocketEvent::Kind::text &&
          !skep::net::is_utf8(event->payload))
        std::abort();
      if (event->kind == skep::net::WebSocketEvent::Kind::broken) return out;
    }
    if (used > kept.size() || decoder.kept() > 8192) std::abort();
    kept.erase(0, used);
    if (kept.size() > 2000 + 14 + step) std::abort();  // what is kept is bounded
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (hear(bytes, 100'000) != hear(bytes, 1 + data[0] % 64)) std::abort();
  return 0;
}
