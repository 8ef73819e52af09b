#include "abi/trace.hpp"

namespace skep::abi {

using base::Errc;
using base::fail;
using base::Instant;

TraceWriter::TraceWriter(const engine::Config& config) {
  file_.put(base::as_bytes(kTraceMagic));
  encode_config(config, frame_);
  file_.put_le(static_cast<std::uint32_t>(frame_.size()));
  file_.put(frame_.view());
}

void TraceWriter::input(Instant now, const engine::Input& input) {
  frame_ = base::Writer(frame_.take());
  encode_input(input, frame_);
  record(RecordKind::input, now);
}

void TraceWriter::output(Instant now, const engine::Output& output) {
  frame_ = base::Writer(frame_.take());
  encode_output(output, frame_);
  record(RecordKind::output, now);
}

void TraceWriter::drained(Instant now, Instant wakeup) {
  frame_ = base::Writer(frame_.take());
  frame_.put_le(static_cast<std::uint64_t>(wakeup.us));
  record(RecordKind::drained, now);
}

void TraceWriter::record(RecordKind kind, Instant now) {
  file_.put_le(static_cast<std::uint8_t>(kind));
  file_.put_le(static_cast<std::uint64_t>(now.us));
  file_.put_le(static_cast<std::uint32_t>(frame_.size()));
  file_.put(frame_.view());
}

base::Result<TraceReader> TraceReader::open(base::ByteView file) {
  base::Reader in(file);
  SKEP_TRY(const base::ByteView magic, in.take(kTraceMagic.size()));
  if (base::as_text(magic) != kTraceMagic) return fail(Errc::bad_syntax, "not a trace");
  SKEP_TRY(const std::uint32_t size, in.take_le<std::uint32_t>());
  SKEP_TRY(const base::ByteView fields, in.take(size));
  SKEP_TRY(const engine::Config config, decode_config(fields));
  return TraceReader(in, config);
}

base::Result<std::optional<Record>> TraceReader::next() {
  if (in_.done()) return std::optional<Record>();
  const std::size_t at = in_.position();
  SKEP_TRY(const std::uint8_t kind, in_.take_le<std::uint8_t>());
  SKEP_TRY(const std::uint64_t now_us, in_.take_le<std::uint64_t>());
  SKEP_TRY(const std::uint32_t size, in_.take_le<std::uint32_t>());
  SKEP_TRY(const base::ByteView frame, in_.take(size));
  if (kind > static_cast<std::uint8_t>(RecordKind::drained))
    return fail(Errc::bad_value, "an unknown kind of record", at);
  const Instant now{static_cast<std::int64_t>(now_us)};
  if (now < last_) return fail(Errc::bad_value, "time runs backwards", at);
  last_ = now;
  return std::optional<Record>(Record{static_cast<RecordKind>(kind), now, frame});
}

base::Result<Instant> decode_wakeup(base::ByteView frame) {
  base::Reader in(frame);
  SKEP_TRY(const std::uint64_t us, in.take_le<std::uint64_t>());
  SKEP_CHECK(in.finish());
  return Instant{static_cast<std::int64_t>(us)};
}

}  // namespace skep::abi
