// A whole host of the engine: takes one file of a published site by HTTP, every byte checked.
//   embed-engine HOST PORT INFO_HASH URL_PATH >FILE   ("skep show"; what it lists as .gz: | gunzip)
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <deque>
#include <iostream>

#include "codec/hex.hpp"
#include "codec/url.hpp"
#include "engine/engine.hpp"

using namespace skep::engine;
std::string get(char** server, std::string path, size_t begin = 0, size_t end = 1 << 26) {
  boost::asio::ip::tcp::iostream http(server[0], server[1]);
  http << "GET /" << skep::codec::encode_url_path(path) << " HTTP/1.1\r\nHost: " << server[0]
       << "\r\nConnection: close\r\nRange: bytes=" << begin << "-" << end - 1 << "\r\n\r\n"
       << std::flush;
  std::string line;
  if (getline(http, line) && !line.starts_with("HTTP/1.1 206")) throw std::runtime_error(line);
  while (std::getline(http, line) && line != "\r") continue;
  return {std::istreambuf_iterator<char>(http), {}};
}

int main(int argc, char** argv) try {
  const auto hex = skep::codec::decode_hex(argc == 5 ? argv[3] : "");
  const auto hash = skep::crypto::Digest256::from(hex.value_or({}));
  if (!hash) throw std::runtime_error("usage: embed-engine HOST PORT INFO_HASH URL_PATH >FILE");
  const auto info = get(argv + 1, ".well-known/skep/" + std::string(argv[3]) + ".torrent");
  Engine engine({.peer_id = {{'e', 'm', 'b', 'e', 'd'}}});
  std::deque<Output> todo;
  auto handle = [&](const Input& input) {
    const std::chrono::nanoseconds now = std::chrono::steady_clock::now().time_since_epoch();
    engine.handle({now.count() / 1000}, input);
    while (auto output = engine.poll()) todo.push_back(std::move(*output));
  };
  handle(TorrentAdded{TorrentId(1), *hash, skep::base::as_bytes(info)});
  const auto files = std::get<TorrentReady>(todo.at(0)).files;  // TorrentRefused throws
  const auto file = std::ranges::find(files, argv[4], &SiteFile::url_path);
  if (file == files.end()) throw std::runtime_error("no such file");
  const auto path = std::ranges::find(files, file->file, &SiteFile::file)->url_path +
                    (file->content_encoding.empty() ? "" : ".gz");
  std::string store(file->size, '\0');  // only verified bytes get here
  handle(FetchRequested{FetchId(1), TorrentId(1), file->file, 0, file->size, Urgency::urgent, {}});
  for (;; todo.pop_front()) {
    while (todo.empty()) handle(Tick{});  // with links to peers: sleep until engine.next_wakeup()
    if (auto* wanted = std::get_if<HttpGet>(&todo.front())) {
      const auto body = get(argv + 1, path, wanted->begin, wanted->end);
      handle(HttpStarted{wanted->http, 206, wanted->begin});
      handle(HttpBytes{wanted->http, skep::base::as_bytes(body)});
      handle(HttpEnded{wanted->http, true});
    } else if (auto* write = std::get_if<StoreWrite>(&todo.front())) {
      std::ranges::copy(write->bytes, store.begin() + std::ptrdiff_t(write->offset));
    }
    if (std::get_if<FetchDone>(&todo.front())) return std::cout << store << std::flush ? 0 : 1;
    if (std::get_if<FetchFailed>(&todo.front())) throw std::runtime_error("other bytes than named");
  }
} catch (const std::exception& error) {
  return std::cerr << "embed-engine: " << error.what() << "\n", 1;
}
