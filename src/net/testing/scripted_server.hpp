/// scripted_server.hpp: a server on loopback that says whatever a test wants it to say.
/// CONTRACT  one thread; a connection at a time; stops with its owner. `answer` gets the request's
///           header (for TLS: decrypted) and returns raw bytes, which are sent as they are before
///           the connection is closed. An empty answer keeps the connection open and silent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace skep::net::testing {

using Answer = std::function<std::string(const std::string& header)>;

class ScriptedServer {
 public:
  /// `certificate` set: speaks TLS with a key and certificate made for this name; its authority is
  /// written into the PEM file `authority`.
  explicit ScriptedServer(Answer answer, const std::string& certificate = "",
                          const std::string& authority = "");
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

/// A UDP port on loopback. `answer` gets each datagram; what it returns is sent back if not empty.
class DatagramServer {
 public:
  explicit DatagramServer(Answer answer);
  ~DatagramServer();
  DatagramServer(const DatagramServer&) = delete;
  DatagramServer& operator=(const DatagramServer&) = delete;

  std::uint16_t port() const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

/// A STUN server that tells every client that it is at 203.0.113.7:4000.
Answer honest_stun();

}  // namespace skep::net::testing
