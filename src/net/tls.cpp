#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <stdexcept>

namespace skep::net {
namespace {

/// TLS 1.2: forward secrecy and authenticated encryption only (TLS 1.3 has nothing else).
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char kSessionContext[] = "skep";

/// The system's word, where it began with one ("No such file or directory"), else OpenSSL's last.
std::string openssl_reason() {
  const unsigned long first = ::ERR_peek_error();
  const unsigned long code = ::ERR_peek_last_error();
  const char* reason = first != 0 && ERR_SYSTEM_ERROR(first) ? std::strerror(ERR_GET_REASON(first))
                                                             : ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + openssl_reason());
}

/// We speak one protocol; a client that offers others only cannot be served.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  const int chosen = ::SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kOurs,
                                             sizeof kOurs - 1, offered, offered_size);
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// A key with a password would make the server wait for a person at its terminal.
int refuse_password(char*, int, int, void*) { return -1; }

}  // namespace

TlsIdentity::TlsIdentity(std::string certificate_file, std::string key_file)
    : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets without MSG_NOSIGNAL
  reload();
}

TlsIdentity::Stamp TlsIdentity::stamp_of(const std::string& path) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return {};
  return {static_cast<std::int64_t>(st.st_ino), st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
}

bool TlsIdentity::files_changed() const {
  return stamp_of(certificate_file_) != certificate_stamp_ || stamp_of(key_file_) != key_stamp_;
}

void TlsIdentity::reload() {
  certificate_stamp_ = stamp_of(certificate_file_);
  key_stamp_ = stamp_of(key_file_);
  std::unique_ptr<SSL_CTX, SslDeleter> context(::SSL_CTX_new(::TLS_server_method()));
  if (context == nullptr) fail("cannot set up TLS");
  SSL_CTX* raw = context.get();
  ::SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  ::SSL_CTX_set_options(
      raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  ::SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Clients keep their sessions in tickets; the server keeps nothing.
  ::SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
  ::SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  ::SSL_CTX_set_default_passwd_cb(raw, refuse_password);
  if (::SSL_CTX_set_cipher_list(raw, kCiphers12) != 1) fail("cannot set up TLS");
  if (::SSL_CTX_use_certificate_chain_file(raw, certificate_file_.c_str()) != 1)
    fail("cannot use the certificate " + certificate_file_);
  const X509* certificate = ::SSL_CTX_get0_certificate(raw);
  const bool usable = ::SSL_CTX_use_PrivateKey_file(raw, key_file_.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!usable && ERR_GET_REASON(::ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
    fail("cannot use the key " + key_file_);
  // OpenSSL compares keys of one kind only: an RSA key beside an ECDSA certificate passes above.
  if (!usable || ::X509_check_private_key(certificate, ::SSL_CTX_get0_privatekey(raw)) != 1)
    fail("the key " + key_file_ + " does not belong to the certificate " + certificate_file_);
  context_ = std::move(context);
}

SslSession TlsIdentity::accept_on(int fd) const {
  SslSession session(::SSL_new(context_.get()));
  if (session == nullptr || ::SSL_set_fd(session.get(), fd) != 1) return nullptr;
  ::SSL_set_accept_state(session.get());
  return session;
}

}  // namespace skep::net
