#include "abi/trace.hpp"

#include <gtest/gtest.h>

#include "abi/testing/random_frame.hpp"

namespace skep::abi {
namespace {

using base::Bytes;
using base::Errc;
using base::Instant;

Bytes a_trace() {
  TraceWriter writer{engine::Config()};
  writer.input(Instant{5}, engine::Tick());
  writer.output(Instant{5}, engine::LinkSend{base::LinkId(1), {1, 2, 3}});
  writer.drained(Instant{5}, base::kNever);
  writer.input(Instant{9}, engine::LinkClosed{base::LinkId(1)});
  return base::to_bytes(writer.view());
}

TEST(Trace, ReadsBackWhatWasWritten) {
  const Bytes file = a_trace();
  auto reader = TraceReader::open(file);
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->config().links_max, engine::Config().links_max);

  auto record = *reader->next();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->kind, RecordKind::input);
  EXPECT_EQ(record->now, Instant{5});
  EXPECT_EQ(describe(*decode_input(record->frame)), "Tick");
  record = *reader->next();
  EXPECT_EQ(record->kind, RecordKind::output);
  EXPECT_EQ(describe(*decode_output(record->frame)), "LinkSend link=1 bytes=3:010203");
  record = *reader->next();
  EXPECT_EQ(record->kind, RecordKind::drained);
  EXPECT_EQ(*decode_wakeup(record->frame), base::kNever);
  record = *reader->next();
  EXPECT_EQ(record->now, Instant{9});
  EXPECT_FALSE(*reader->next()) << "the end";
}

TEST(Trace, ATornFileEndsInAnErrorNeverInARecord) {
  const Bytes file = a_trace();
  std::size_t whole = 0;
  for (std::size_t size = 0; size < file.size(); ++size) {
    auto reader = TraceReader::open(base::ByteView(file).first(size));
    if (!reader) continue;
    auto record = reader->next();
    while (record && *record) record = reader->next();
    if (record)
      ++whole;
    else
      EXPECT_EQ(record.code(), Errc::truncated) << size;
  }
  EXPECT_EQ(whole, 4u) << "a cut between records, and only there, leaves a shorter trace";
}

TEST(Trace, OtherFilesAndTimeThatRunsBackwardsAreRefused) {
  EXPECT_EQ(TraceReader::open(base::as_bytes("SKEPTRC2........")).code(), Errc::bad_syntax);
  TraceWriter writer{engine::Config()};
  writer.input(Instant{9}, engine::Tick());
  writer.input(Instant{8}, engine::Tick());
  auto reader = TraceReader::open(writer.view());
  ASSERT_TRUE(reader.has_value());
  ASSERT_TRUE(reader->next().has_value());
  EXPECT_EQ(reader->next().code(), Errc::bad_value);
}

}  // namespace
}  // namespace skep::abi
