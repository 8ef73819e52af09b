/// frame.hpp: every Input and Output, and the Config, as bytes and back.
/// CONTRACT  encode_* append to a Writer; a payload is copied once. decode_* accept exactly what
///           encode_* produce and nothing else (one spelling per value, no bytes left over), so an
///           accepted frame encodes to the same octets. ByteViews in a decoded Input point into the
///           frame and live as long as it does; a decoded Output owns its bytes.
/// WHY       one flat form is wasm boundary, bug trace, fuzzer input and golden test.
/// SPEC      docs/formats/frames.md
/// LIMITS    kInputFrameMax; lists are bounded by the bytes that are there.
#pragma once

#include <string>

#include "base/cursor.hpp"
#include "engine/config.hpp"
#include "engine/io.hpp"

namespace skep::abi {

/// The largest Input: a .torrent of the largest size that we are willing to read, and its header.
inline constexpr std::size_t kInputFrameMax = base::kMetainfoSizeMax + 64 * 1024;

/// Appends the frame of `input`: the alternative's index, then its fields.
void encode_input(const engine::Input& input, base::Writer& to);
/// Appends the frame of `output`.
void encode_output(const engine::Output& output, base::Writer& to);
/// Appends the fields of `config`.
void encode_config(const engine::Config& config, base::Writer& to);

/// ERRORS limit_exceeded (longer than kInputFrameMax), unsupported (no such alternative),
/// truncated, trailing_bytes, bad_value (a bool that is neither 0 nor 1, an unknown enumerator, a
/// negative or absurd duration).
base::Result<engine::Input> decode_input(base::ByteView frame);
/// ERRORS as decode_input, but of any length.
base::Result<engine::Output> decode_output(base::ByteView frame);
/// What a page chooses of a Config, the rest has its default: peer_id, seed and, if there is more,
/// peer_grace. ERRORS truncated, trailing_bytes, bad_value.
base::Result<engine::Config> decode_choice(base::ByteView fields);
/// All fields, or a choice. ERRORS as decode_input, and out_of_range for values that no engine can
/// work with.
base::Result<engine::Config> decode_config(base::ByteView fields);

/// One line for people: `LinkSend link=3 bytes=68:13426974546f7272…`.
std::string describe(const engine::Input& input);
std::string describe(const engine::Output& output);

}  // namespace skep::abi
