// libtorrent_create.cpp: libtorrent's v2 creator over a directory, hashing stage only.
//   libtorrent_create DIR PIECE_LENGTH THREADS
// Prints one JSON object: seconds, bytes, pieces.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/file_storage.hpp>
#include <libtorrent/settings_pack.hpp>
#include <string>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::string path = argv[1];
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  lt::file_storage files;
  lt::add_files(files, path);
  lt::create_torrent torrent(files, std::atoi(argv[2]), lt::create_torrent::v2_only);
  lt::settings_pack settings;
  settings.set_int(lt::settings_pack::hashing_threads, std::atoi(argv[3]));
  const auto begin = std::chrono::steady_clock::now();
  lt::error_code error;
  lt::set_piece_hashes(
      torrent, path.substr(0, path.rfind('/')), settings, [](lt::piece_index_t) {}, error);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    return 1;
  }
  std::printf("{\"seconds\":%.3f,\"bytes\":%lld,\"pieces\":%d}\n", took.count(),
              static_cast<long long>(torrent.total_size()), torrent.num_pieces());
  return 0;
}
