#include "origin/tracker_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/rng.hpp"

namespace skep::origin {
namespace {

using base::Errc;

// Twenty octets in every corner of the mapping: controls, quote, backslash, DEL, 0x80-0xff.
crypto::ShortHash corner_hash() {
  return {{0x00, 0x01, '"',  '\\', '/',  0x0a, 0x0d, 0x1f, 0x20, 0x7e,
           0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe9, 0xfe, 0xff}};
}
template <class Id>
Id id_of(char letter) {
  Id id;
  id.bytes.fill(static_cast<base::Byte>(letter));
  return id;
}
crypto::PeerId peer(char letter) { return id_of<crypto::PeerId>(letter); }
wire::OfferId offer_id(char letter) { return id_of<wire::OfferId>(letter); }
std::string twenty(char letter) { return std::string(20, letter); }

// What a browser's JSON.stringify makes of octets: one code point each.
std::string latin1(base::ByteView octets) {
  std::string text;
  for (const base::Byte octet : octets) {
    if (octet >= 0x80) text += static_cast<char>(0xc0 | (octet >> 6));
    text += static_cast<char>(octet >= 0x80 ? 0x80 | (octet & 0x3f) : octet);
  }
  return text;
}
std::string announce(const std::string& more = "") {
  return R"({"action":"announce","info_hash":")" + twenty('h') + R"(","peer_id":")" + twenty('p') +
         "\"" + more + "}";
}

base::Result<wire::TrackerRequest> parse(const std::string& text) {
  TrackerJsonParser parser;
  return parser.parse(text);
}
template <class T>
T parsed(const std::string& text) {
  const auto request = parse(text);
  EXPECT_TRUE(request.has_value()) << request.error().what << " in " << text;
  EXPECT_TRUE(std::holds_alternative<T>(*request));
  return std::get<T>(*request);
}

std::string printed(const wire::TrackerResponse& response,
                    std::span<const std::string> ice_urls = {}) {
  std::string out;
  print_tracker_response(out, response, ice_urls);
  return out;
}

TEST(TrackerJson, ReadsAStockAnnounce) {
  const auto m = parsed<wire::AnnounceRequest>(
      announce(R"(,"numwant":5,"uploaded":1,"downloaded":2,"left":3,"event":"started",)"
               R"("trackerid":"x",)"
               R"("offers":[{"offer":{"type":"offer","sdp":"v=0\r\n"},"offer_id":)"
               R"("aaaaaaaaaaaaaaaaaaaa"}])"));
  EXPECT_EQ(m.info_hash, id_of<crypto::ShortHash>('h'));
  EXPECT_EQ(m.peer_id, peer('p'));
  EXPECT_EQ(m.numwant, 5u);
  EXPECT_EQ(m.uploaded, 1u);
  EXPECT_EQ(m.downloaded, 2u);
  EXPECT_EQ(m.left, 3u);
  EXPECT_EQ(m.event, wire::TrackerEvent::started);
  ASSERT_EQ(m.offers.size(), 1u);
  EXPECT_EQ(m.offers[0], (wire::Offer{offer_id('a'), R"(v=0\r\n)"}));
  EXPECT_FALSE(m.candidates_wanted.has_value());
}

TEST(TrackerJson, TakesInfinityWrittenAsNullForAnUnknownSize) {
  const auto m = parsed<wire::AnnounceRequest>(announce(R"(,"left":null,"numwant":null)"));
  EXPECT_EQ(m.left, wire::kLeftUnknown);
  EXPECT_FALSE(m.numwant.has_value());
}

TEST(TrackerJson, MapsEachCodePointUpToFfToOneOctet) {
  const std::string raw = nlohmann::json(latin1(corner_hash().view())).dump();
  const std::string escaped = nlohmann::json(latin1(corner_hash().view())).dump(-1, ' ', true);
  ASSERT_NE(raw, escaped);
  for (const std::string& hash : {raw, escaped}) {
    const auto m = parsed<wire::ScrapeRequest>(R"({"action":"scrape","info_hash":)" + hash + "}");
    ASSERT_EQ(m.info_hashes.size(), 1u);
    EXPECT_EQ(m.info_hashes[0], corner_hash());
  }
}

TEST(TrackerJson, RefusesBinaryStringsThatAreNotTwentyOctets) {
  for (const std::string bad :
       {"\"\"", "\"aaaaaaaaaaaaaaaaaaa\"", "\"aaaaaaaaaaaaaaaaaaaaa\"",
        "\"aaaaaaaaaaaaaaaaaaa\\u0100\"", "\"aaaaaaaaaaaaaaaaaaa\xc4\x80\"",
        "\"aaaaaaaaaaaaaaaa\xf0\x9f\x98\x80\"", "\"aaaaaaaaaaaaaaaaaaa\xe2\x82\xac\""})
    EXPECT_EQ(parse(R"({"action":"scrape","info_hash":)" + bad + "}").code(), Errc::bad_value)
        << bad;
  EXPECT_EQ(parse(R"({"action":"scrape","info_hash":20})").code(), Errc::wrong_type);
  // A lone surrogate and a stray UTF-8 octet are not even text.
  EXPECT_EQ(parse(R"({"action":"scrape","info_hash":"aaaaaaaaaaaaaaaaaaa\ud800"})").code(),
            Errc::bad_syntax);
  EXPECT_EQ(parse("{\"action\":\"scrape\",\"info_hash\":\"aaaaaaaaaaaaaaaaaaa\xff\"}").code(),
            Errc::bad_syntax);
}

TEST(TrackerJson, ReadsTheTargetedExtension) {
  const auto wants = parsed<wire::AnnounceRequest>(announce(R"(,"skep":{"candidates":24})"));
  EXPECT_EQ(wants.candidates_wanted, 24u);
  const auto listed = parsed<wire::AnnounceRequest>(announce(R"(,"skep":{})"));
  EXPECT_EQ(listed.candidates_wanted, 0u);

  const auto offer = parsed<wire::TargetedOffer>(
      announce(R"(,"to_peer_id":"tttttttttttttttttttt","offer_id":"oooooooooooooooooooo",)"
               R"("offer":{"type":"offer","sdp":"s"})"));
  EXPECT_EQ(offer.peer_id, peer('p'));
  EXPECT_EQ(offer.to_peer_id, peer('t'));
  EXPECT_EQ(offer.offer, (wire::Offer{offer_id('o'), "s"}));
}

TEST(TrackerJson, ReadsAnAnswer) {
  const auto m = parsed<wire::AnswerRequest>(
      announce(R"(,"to_peer_id":"tttttttttttttttttttt","offer_id":"oooooooooooooooooooo",)"
               R"("answer":{"type":"answer","sdp":"s"})"));
  EXPECT_EQ(m.to_peer_id, peer('t'));
  EXPECT_EQ(m.offer_id, offer_id('o'));
  EXPECT_EQ(m.sdp, "s");
}

TEST(TrackerJson, ReadsAndPrintsCandidates) {
  const std::string line = "candidate:1 1 udp 2122 10.0.0.1 5000 typ host";
  const std::string message =
      R"(,"to_peer_id":"tttttttttttttttttttt","offer_id":"oooooooooooooooooooo",)"
      R"("candidate":{"type":"candidate","sdp":")" +
      line + "\\n" + line + "\"}";
  const auto m = parsed<wire::CandidateRequest>(announce(message));
  EXPECT_EQ(m.to_peer_id, peer('t'));
  EXPECT_EQ(m.offer_id, offer_id('o'));
  const auto push = nlohmann::json::parse(
      printed(wire::CandidatePush{m.info_hash, m.peer_id, m.offer_id, m.sdp}));
  EXPECT_EQ(push["action"], "announce");
  EXPECT_EQ(push["peer_id"], twenty('p'));
  EXPECT_EQ(push["offer_id"], twenty('o'));
  EXPECT_EQ(push["candidate"],
            (nlohmann::json{{"type", "candidate"}, {"sdp", line + "\n" + line}}));

  EXPECT_EQ(parse(announce(R"(,"candidate":{"type":"candidate","sdp":"s"})")).code(),
            Errc::missing_field);
  EXPECT_EQ(parse(announce(R"(,"candidate":{"type":"offer","sdp":"s"})")).code(), Errc::bad_value);
}

TEST(TrackerJson, ReadsScrapesOfOneManyOrAllSwarms) {
  EXPECT_TRUE(parsed<wire::ScrapeRequest>(R"({"action":"scrape"})").info_hashes.empty());
  const auto two = parsed<wire::ScrapeRequest>(
      R"({"action":"scrape","info_hash":["aaaaaaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbbbbbb"]})");
  EXPECT_EQ(two.info_hashes,
            (std::vector{id_of<crypto::ShortHash>('a'), id_of<crypto::ShortHash>('b')}));
}

TEST(TrackerJson, KeepsNoMoreOffersAndHashesThanTheirLimits) {
  std::string offers;
  std::string hashes;
  for (int i = 0; i < 100; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    offers += comma + R"({"offer":{"type":"offer","sdp":"s"},"offer_id":")" + twenty('o') + "\"}";
    hashes += comma + "\"" + twenty('h') + "\"";
  }
  EXPECT_EQ(parsed<wire::AnnounceRequest>(announce(",\"offers\":[" + offers + "]")).offers.size(),
            wire::kOffersMax);
  EXPECT_EQ(parsed<wire::ScrapeRequest>(R"({"action":"scrape","info_hash":[)" + hashes + "]}")
                .info_hashes.size(),
            wire::kScrapeHashesMax);
}

TEST(TrackerJson, RefusesWhatIsMissingOrOfAnotherType) {
  const std::string ids =
      R"(,"to_peer_id":"tttttttttttttttttttt","offer_id":"oooooooooooooooooooo")";
  const struct {
    std::string text;
    Errc code;
  } cases[] = {
      {"", Errc::bad_syntax},
      {"{", Errc::bad_syntax},
      {"{}{}", Errc::bad_syntax},
      {"[]", Errc::wrong_type},
      {"{}", Errc::missing_field},
      {R"({"action":1})", Errc::wrong_type},
      {R"({"action":"steal"})", Errc::bad_value},
      {R"({"action":"announce"})", Errc::missing_field},
      {R"({"action":"announce","info_hash":"hhhhhhhhhhhhhhhhhhhh"})", Errc::missing_field},
      {announce(R"(,"left":-1)"), Errc::out_of_range},
      {announce(R"(,"left":1.5)"), Errc::wrong_type},
      {announce(R"(,"left":"1")"), Errc::wrong_type},
      {announce(R"(,"event":"hello")"), Errc::bad_value},
      {announce(R"(,"event":1)"), Errc::wrong_type},
      {announce(R"(,"offers":{})"), Errc::wrong_type},
      {announce(R"(,"offers":[1])"), Errc::wrong_type},
      {announce(R"(,"offers":[{}])"), Errc::missing_field},
      {announce(R"(,"skep":true)"), Errc::wrong_type},
      {announce(ids), Errc::missing_field},
      {announce(ids + R"(,"offer":{"type":"answer","sdp":"s"})"), Errc::bad_value},
      {announce(ids + R"(,"offer":{"type":"offer"})"), Errc::missing_field},
      {announce(ids + R"(,"answer":{"type":"answer","sdp":1})"), Errc::wrong_type},
      {announce(R"(,"answer":{"type":"answer","sdp":"s"})"), Errc::missing_field},
  };
  for (const auto& each : cases) EXPECT_EQ(parse(each.text).code(), each.code) << each.text;
}

TEST(TrackerJson, RefusesHugeAndDeeplyNestedMessages) {
  EXPECT_EQ(parse(std::string(wire::kTrackerMessageMax + 1, ' ')).code(), Errc::limit_exceeded);
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  // Also in a key that would be ignored, and after a harmless first message.
  TrackerJsonParser parser;
  ASSERT_TRUE(parser.parse(announce()).has_value());
  EXPECT_EQ(parser.parse(announce(",\"x\":" + deep)).code(), Errc::depth_exceeded);
  EXPECT_EQ(parse(deep).code(), Errc::wrong_type);  // not even an object
  EXPECT_FALSE(parser.parse(deep.substr(0, 1000)).has_value());
  EXPECT_TRUE(parser.parse(announce()).has_value());

  const std::string sdp(wire::kSdpSizeMax + 1, 's');
  EXPECT_EQ(parse(announce(R"(,"offers":[{"offer":{"type":"offer","sdp":")" + sdp +
                           R"("},"offer_id":"oooooooooooooooooooo"}])"))
                .code(),
            Errc::limit_exceeded);
}

TEST(TrackerJson, PrintsRepliesThatReadBackTheSame) {
  const std::string hash = latin1(corner_hash().view());
  const auto reply = nlohmann::json::parse(printed(
      wire::AnnounceReply{corner_hash(), 120, 1, 2,
                          std::vector<wire::Candidate>{{peer('a'), true}, {peer('b'), false}}}));
  EXPECT_EQ(reply, (nlohmann::json{{"action", "announce"},
                                   {"info_hash", hash},
                                   {"interval", 120},
                                   {"complete", 1},
                                   {"incomplete", 2},
                                   {"skep",
                                    {{"candidates",
                                      {{{"peer_id", twenty('a')}, {"seeding", true}},
                                       {{"peer_id", twenty('b')}, {"seeding", false}}}}}}}));
  const auto scrape = nlohmann::json::parse(printed(wire::ScrapeReply{{{corner_hash(), 1, 2, 3}}}));
  EXPECT_EQ(scrape["files"][hash],
            (nlohmann::json{{"complete", 1}, {"incomplete", 2}, {"downloaded", 3}}));
  const auto gone =
      nlohmann::json::parse(printed(wire::GonePush{corner_hash(), peer('t'), offer_id('o')}));
  EXPECT_EQ(gone["skep"], (nlohmann::json{{"gone", twenty('t')}, {"offer_id", twenty('o')}}));
}

// What the tracker makes of `sdp`, written in JSON, when it relays it.
std::string relayed(const std::string& json_sdp) {
  const auto m = parsed<wire::AnswerRequest>(
      announce(R"(,"to_peer_id":"tttttttttttttttttttt","offer_id":"oooooooooooooooooooo",)"
               R"("answer":{"sdp" : )" +
               json_sdp + " \n,\t\"type\":\"answer\"}"));
  const auto push =
      nlohmann::json::parse(printed(wire::AnswerPush{m.info_hash, m.peer_id, m.offer_id, m.sdp}));
  EXPECT_EQ(push["offer_id"], twenty('o'));
  EXPECT_EQ(push["peer_id"], twenty('p'));
  EXPECT_EQ(push["answer"]["type"], "answer");
  const auto offer =
      nlohmann::json::parse(printed(wire::OfferPush{m.info_hash, m.peer_id, {m.offer_id, m.sdp}}));
  EXPECT_EQ(offer["offer"], (nlohmann::json{{"type", "offer"}, {"sdp", push["answer"]["sdp"]}}));
  return push["answer"]["sdp"];
}

TEST(TrackerJson, RelaysSessionDescriptionsWithoutChangingACharacter) {
  std::string sdp = "v=0\r\n\t\"quoted\\\" \x01\x1f\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9d";
  EXPECT_EQ(relayed(nlohmann::json(sdp).dump()), sdp);
  sdp += '\0';
  EXPECT_EQ(relayed(nlohmann::json(sdp).dump()), sdp);
  EXPECT_EQ(relayed(nlohmann::json(sdp).dump(-1, ' ', true)), sdp);  // all escaped
  EXPECT_EQ(relayed(R"("\\u0041\/\b\f")"), "\\u0041/\b\f");
  EXPECT_EQ(relayed(R"("")"), "");
  EXPECT_EQ(relayed(R"("\\")"), "\\");
}

TEST(TrackerJson, RefusesSessionDescriptionsThatAreNoText) {
  const auto code = [](const std::string& json_sdp) {
    return parse(announce(R"(,"to_peer_id":"tttttttttttttttttttt",)"
                          R"("offer_id":"oooooooooooooooooooo","answer":{"type":"answer","sdp":)" +
                          json_sdp + "}"))
        .code();
  };
  EXPECT_EQ(code(R"("\x")"), Errc::bad_syntax);
  EXPECT_EQ(code(R"("\n\ud800")"), Errc::bad_syntax);
  EXPECT_EQ(code(R"("\u12")"), Errc::bad_syntax);
  EXPECT_EQ(code("\"a\nb\""), Errc::bad_syntax);
  EXPECT_EQ(code("\"\xff\""), Errc::bad_syntax);
  EXPECT_EQ(code(R"("a" "b")"), Errc::bad_syntax);
  EXPECT_EQ(code(R"("a)"), Errc::bad_syntax);
  EXPECT_EQ(code("1"), Errc::wrong_type);
  // The limit is of the text, however it is written.
  const auto times = [](std::size_t count, const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += text;
    return "\"" + out + "\"";
  };
  for (const std::string each : {"s", R"(\n)", R"(\u0041)"}) {
    EXPECT_EQ(code(times(wire::kSdpSizeMax, each)), Errc::none) << each;
    EXPECT_EQ(code(times(wire::kSdpSizeMax + 1, each)), Errc::limit_exceeded) << each;
  }
}

TEST(TrackerJson, KeepsAPointerThatIsAttached) {
  TrackerJsonParser parser;
  ASSERT_TRUE(parser.parse(announce(R"(,"skep":{"pointer":"QUJD","candidates":1})")).has_value());
  EXPECT_EQ(parser.attached_pointer(), "QUJD");
  ASSERT_TRUE(parser.parse(announce(R"(,"skep":{"pointer":7})")).has_value());
  EXPECT_EQ(parser.attached_pointer(), "");
  ASSERT_TRUE(parser.parse(announce(R"(,"skep":{"pointer":"QUJD"})")).has_value());
  ASSERT_FALSE(parser.parse("{").has_value());
  EXPECT_EQ(parser.attached_pointer(), "");
}

TEST(TrackerJson, RefusesWhatIsNoJsonUnderAKeyThatNobodyReads) {
  for (const std::string bad :
       {"tru", "nul", "nullx", "01", "-", "1e", R"("\x")", R"({"a":})", R"({"a" 1})", R"({1:2})",
        "[1 2]", "[1,]", R"([{"a":[tru]}])", "'a'"})
    EXPECT_EQ(parse(announce(",\"x\":" + bad)).code(), Errc::bad_syntax) << bad;
  for (const std::string good : {"true", "null", "0", "-1.5e3", R"("\u0041")", "{}", "[]",
                                 R"({"a":{"b":[null,false,"",{}]}})", "[[[[[[[]]]]]]]"})
    EXPECT_TRUE(parse(announce(",\"x\":" + good)).has_value()) << good;
  EXPECT_EQ(parse(announce(R"(,"x":[[[[[[[[]]]]]]]])")).code(), Errc::depth_exceeded);
}

TEST(TrackerJson, NamesNoActionInAFailureWithoutAHash) {
  const auto bare = nlohmann::json::parse(printed(wire::FailureReply{{}, {}, "because \"x\""}));
  EXPECT_EQ(bare, (nlohmann::json{{"failure reason", "because \"x\""}}));
  const auto whole = nlohmann::json::parse(
      printed(wire::FailureReply{wire::FailureReply::Action::scrape, corner_hash(), "no"}));
  EXPECT_EQ(whole["action"], "scrape");
  EXPECT_EQ(whole["info_hash"], latin1(corner_hash().view()));
}

TEST(TrackerJson, AnyHashSurvivesPrintingAndReading) {
  base::Rng rng(7);
  TrackerJsonParser parser;
  for (int round = 0; round < 2000; ++round) {
    crypto::ShortHash hash;
    for (base::Byte& octet : hash.bytes) octet = static_cast<base::Byte>(rng.next());
    const std::string text =
        printed(wire::FailureReply{wire::FailureReply::Action::scrape, hash, "x"});
    const auto back = parser.parse(text);  // it has the keys of a scrape request
    ASSERT_TRUE(back.has_value()) << text;
    ASSERT_EQ(std::get<wire::ScrapeRequest>(*back).info_hashes, std::vector{hash});
  }
}

TEST(TrackerJson, OfAKeyThatComesTwiceTheLastCounts) {
  const auto offer = [](char id) {
    return R"({"offer":{"type":"offer","sdp":"s"},"offer_id":")" + twenty(id) + "\"}";
  };
  const auto m = parsed<wire::AnnounceRequest>(
      announce(R"(,"peer_id":")" + twenty('q') + R"(","info_hash":[],"info_hash":")" + twenty('i') +
               R"(","event":"started","event":"update","left":5,"left":0,"left":null,"offers":[)" +
               offer('a') + "," + offer('b') + "],\"offers\":[" + offer('c') +
               R"(],"numwant":1,"numwant":2,)" +
               R"("skep":{"candidates":3,"pointer":"AAAA"},"skep":{"candidates":4})"));
  EXPECT_EQ(m.peer_id, peer('q'));
  EXPECT_EQ(m.info_hash, id_of<crypto::ShortHash>('i'));
  EXPECT_EQ(m.event, wire::TrackerEvent::none);
  EXPECT_EQ(m.left, 0u);
  ASSERT_EQ(m.offers.size(), 1u);
  EXPECT_EQ(m.offers[0].id, offer_id('c'));
  EXPECT_EQ(m.numwant, 2u);
  EXPECT_EQ(m.candidates_wanted, 4u);
}

TEST(TrackerJson, KnownKeysHaveTheirTypesInScrapesToo) {
  EXPECT_EQ(parse(R"({"action":"scrape","left":"none"})").code(), Errc::wrong_type);
  EXPECT_EQ(parse(R"({"action":"scrape","peer_id":1})").code(), Errc::wrong_type);
  EXPECT_TRUE(parse(R"({"action":"scrape","left":1,"other":"none"})").has_value());
}

TEST(TrackerJson, RecommendsIceServersToThoseWhoAskForCandidates) {
  const std::vector<std::string> ice{"stun:stun.example:3478", "turn:turn.example"};
  wire::AnnounceReply reply;
  reply.info_hash = corner_hash();
  EXPECT_FALSE(nlohmann::json::parse(printed(reply, ice)).contains("skep"));
  reply.candidates = {{peer('t'), true}};
  const auto skep = nlohmann::json::parse(printed(reply, ice)).at("skep");
  EXPECT_EQ(skep.at("ice"), nlohmann::json(ice));
  EXPECT_EQ(skep.at("candidates").size(), 1U);
}

}  // namespace
}  // namespace skep::origin
