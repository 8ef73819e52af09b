/// replay.hpp: runs a trace through a fresh engine and compares what comes out.
/// CONTRACT  calls are repeated in the order in which they were recorded: an input is handled, an
///           output must be what the next poll() returns, byte for byte, and a drained record must
///           find nothing left and the same wake-up. Stops at the first difference.
/// SPEC      docs/formats/frames.md, "Trace files"
#pragma once

#include "abi/trace.hpp"

namespace skep::abi {

struct ReplayReport {
  std::uint64_t records = 0;  ///< repeated, the one that differs included
  std::uint64_t inputs = 0;
  std::uint64_t outputs = 0;
  engine::Stats stats;  ///< the engine's, after the last record
  /// Empty: the engine did the same. Else the first difference, for people.
  std::string difference;
};

/// ERRORS those of TraceReader and decode_input (the trace itself is malformed).
base::Result<ReplayReport> replay(base::ByteView trace);

/// The same for its first `records` records: of a file that was cut off, say.
base::Result<ReplayReport> replay_prefix(base::ByteView trace, std::uint64_t records);

}  // namespace skep::abi
