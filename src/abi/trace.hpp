/// trace.hpp: a recording of everything an engine was told and everything it answered.
/// CONTRACT  a trace is a Config and a list of records in the order of the calls: handle (input),
///           poll with a result (output), poll without one (drained). Any prefix of its records is
///           a trace. TraceReader borrows the file; records point into it.
/// WHY       a failure anywhere (a browser, the simulator) becomes a file that replays natively.
/// SPEC      docs/formats/frames.md, "Trace files"
/// LIMITS    the reader is bounded by the file; the writer by whoever stops recording.
#pragma once

#include <optional>

#include "abi/frame.hpp"

namespace skep::abi {

inline constexpr std::string_view kTraceMagic = "SKEPTRC1";

enum class RecordKind : std::uint8_t {
  input = 0,    ///< frame: an Input
  output = 1,   ///< frame: an Output
  drained = 2,  ///< frame: i64, when the engine wants to be woken
};

struct Record {
  RecordKind kind = RecordKind::input;
  base::Instant now;
  base::ByteView frame;
};

/// Writes a trace into memory.
class TraceWriter {
 public:
  explicit TraceWriter(const engine::Config& config);

  void input(base::Instant now, const engine::Input& input);
  void output(base::Instant now, const engine::Output& output);
  void drained(base::Instant now, base::Instant wakeup);

  /// The file so far; valid until the next call.
  base::ByteView view() const { return file_.view(); }

 private:
  void record(RecordKind kind, base::Instant now);

  base::Writer file_;
  base::Writer frame_;
};

/// Walks a trace.
class TraceReader {
 public:
  /// ERRORS bad_syntax (not a trace), truncated, and those of decode_config.
  static base::Result<TraceReader> open(base::ByteView file);

  const engine::Config& config() const { return config_; }
  /// The next record, nullopt at the end. Frames are not decoded here.
  /// ERRORS truncated, bad_value (an unknown kind, or time that runs backwards).
  base::Result<std::optional<Record>> next();

 private:
  TraceReader(base::Reader in, const engine::Config& config) : in_(in), config_(config) {}

  base::Reader in_;
  engine::Config config_;
  base::Instant last_;
};

/// The wake-up that a drained record's frame holds. ERRORS truncated, trailing_bytes.
base::Result<base::Instant> decode_wakeup(base::ByteView frame);

}  // namespace skep::abi
