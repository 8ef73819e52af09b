#include "wire/metadata_message.hpp"

#include <gtest/gtest.h>

#include "base/errc.hpp"

namespace skep::wire {
namespace {

using base::Bytes;
using base::Errc;

Errc code(const std::string& payload) {
  return decode_metadata_request(base::as_bytes(payload)).code();
}

TEST(MetadataMessage, ReadsBep9sRequests) {
  EXPECT_EQ(*decode_metadata_request(base::as_bytes("d8:msg_typei0e5:piecei3ee")), 3U);
  EXPECT_EQ(*decode_metadata_request(base::as_bytes("d1:ai1e8:msg_typei0e5:piecei0ee")), 0U);
}

TEST(MetadataMessage, AnswersWithAPieceOrAReject) {
  Bytes info(kMetadataPieceSize + 3, 7);
  info.back() = 'x';
  const Bytes last = encode_metadata_answer(1, info);
  EXPECT_EQ(base::as_text(last), "d8:msg_typei1e5:piecei1e10:total_sizei16387ee\x07\x07x");
  const std::string head = "d8:msg_typei1e5:piecei0e10:total_sizei16387ee";
  const Bytes first = encode_metadata_answer(0, info);
  EXPECT_EQ(base::as_text(first).substr(0, head.size()), head);
  EXPECT_EQ(first.size(), head.size() + kMetadataPieceSize);
  EXPECT_EQ(base::as_text(encode_metadata_answer(2, info)), "d8:msg_typei2e5:piecei2ee");
  EXPECT_EQ(base::as_text(encode_metadata_answer(0, {})), "d8:msg_typei2e5:piecei0ee");
  EXPECT_EQ(base::as_text(encode_metadata_answer(INT32_MAX, info)),
            "d8:msg_typei2e5:piecei2147483647ee");
}

TEST(MetadataMessage, RefusesWhatIsNoRequest) {
  EXPECT_EQ(code(""), Errc::truncated);
  EXPECT_EQ(code("de"), Errc::missing_field);
  EXPECT_EQ(code("d8:msg_typei0ee"), Errc::missing_field);
  EXPECT_EQ(code("d8:msg_type1:x5:piecei0ee"), Errc::wrong_type);
  EXPECT_EQ(code("d8:msg_typei0e5:piecei-1ee"), Errc::bad_value);
  EXPECT_EQ(code("d8:msg_typei0e5:piecei4294967296ee"), Errc::bad_value);
  EXPECT_EQ(code("d8:msg_typei2e5:piecei0ee"), Errc::bad_value);
  EXPECT_EQ(code("d8:msg_typei1e5:piecei0e10:total_sizei3eeabc"), Errc::trailing_bytes);
  EXPECT_EQ(code("lllllllleeeeeeee"), Errc::depth_exceeded);
  EXPECT_EQ(code("1100:" + std::string(1100, 'x')), Errc::limit_exceeded);
}

TEST(MetadataMessage, ReadsWhatAPeerAnswers) {
  Bytes info(kMetadataPieceSize + 3, 7);
  const Bytes answer = encode_metadata_answer(1, info);
  const auto data = decode_metadata_message(answer);
  ASSERT_TRUE(data.has_value());
  EXPECT_EQ(data->type, MetadataMessage::Type::data);
  EXPECT_EQ(data->piece, 1u);
  EXPECT_EQ(data->total_size, info.size());
  EXPECT_EQ(data->data.size(), 3u);
  EXPECT_EQ(decode_metadata_message(encode_metadata_answer(9, info))->type,
            MetadataMessage::Type::reject);
  EXPECT_EQ(*decode_metadata_request(encode_metadata_request(77)), 77u);
  EXPECT_EQ(decode_metadata_message(encode_metadata_request(77))->piece, 77u);
}

TEST(MetadataMessage, RefusesWhatIsNoAnswer) {
  const auto refusal = [](std::string text) {
    return decode_metadata_message(base::as_bytes(text)).code();
  };
  const std::string head = "d8:msg_typei1e5:piecei0e10:total_sizei99999ee";
  EXPECT_EQ(refusal(head + std::string(kMetadataPieceSize, 'x')), Errc::none);
  EXPECT_EQ(refusal(head + std::string(kMetadataPieceSize + 1, 'x')), Errc::limit_exceeded);
  EXPECT_EQ(refusal("d8:msg_typei1e5:piecei0eexyz"), Errc::missing_field) << "total_size";
  EXPECT_EQ(refusal("d8:msg_typei1e5:piecei0e10:total_sizei-1eexyz"), Errc::bad_value);
  EXPECT_EQ(refusal("d8:msg_typei0e5:piecei0eexyz"), Errc::trailing_bytes);
  EXPECT_EQ(refusal("d8:msg_typei3e5:piecei0ee"), Errc::bad_value);
  EXPECT_EQ(refusal("d8:msg_typei1e5:piecei-1e10:total_sizei1eex"), Errc::bad_value);
  EXPECT_EQ(refusal("d8:msg_type" + std::string(2000, 'i')), Errc::bad_syntax);
  EXPECT_EQ(refusal("what"), Errc::bad_syntax);
}

}  // namespace
}  // namespace skep::wire
