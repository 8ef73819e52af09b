/// golden.hpp: files under tests/ that a program wrote and later runs must match.
/// CONTRACT  read_golden() returns the committed file; with SKEP_RECORD=1 in the environment,
///           write_if_recording() replaces it and returns true.
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace skep::abi::testing {

/// The file's bytes; empty when it is not there.
base::Bytes read_golden(const std::string& path);
/// Writes `bytes` to `path` when the run was asked to record. ERRORS of the disk abort.
bool write_if_recording(const std::string& path, base::ByteView bytes);

}  // namespace skep::abi::testing
