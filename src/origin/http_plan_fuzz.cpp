// Any target and fields, one per line, against any facts: the plan must be one a session can send.
#include <array>
#include <string_view>

#include "base/assert.hpp"
#include "origin/http_plan.hpp"

using namespace skep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint8_t choice = data[0];
  const std::uint64_t file_size = std::uint64_t{data[1]} * 1000;
  std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
  net::HttpRequest request;
  request.method = (choice & 3) == 0 ? "HEAD" : (choice & 3) == 1 ? "OPTIONS" : "GET";
  for (std::string_view* field :
       {&request.target, &request.range, &request.if_range, &request.if_match,
        &request.if_none_match, &request.if_modified_since, &request.if_unmodified_since,
        &request.accept_encoding}) {
    const std::size_t end = rest.find('\n');
    *field = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  origin::FileFacts facts;
  facts.kind = static_cast<origin::FileKind>((choice >> 2) & 3);
  facts.stamp = {1, 2, file_size, 784111777'000'000'000};
  if ((choice & 16) != 0) facts.brotli = net::FileStamp{1, 3, file_size / 2, 0};
  if ((choice & 32) != 0) facts.gzip = net::FileStamp{1, 4, file_size / 3, 0};
  origin::FileFacts page;
  if ((choice & 64) != 0) page = {origin::FileKind::file, {1, 5, 77, 0}, {}, {}};

  const origin::Route route = origin::route_request(request);
  if (route.kind == origin::RouteKind::file && request.target != "*") {
    SKEP_ASSERT(!origin::is_hidden(route.path));
    SKEP_ASSERT(route.path.find('\0') == std::string::npos);
    SKEP_ASSERT(("/" + route.path + "/").find("/../") == std::string::npos);
    SKEP_ASSERT(!route.path.starts_with('/'));
  }
  const origin::HttpPlan plan = origin::decide_response(request, route, facts, page);
  SKEP_ASSERT(plan.status >= 200 && plan.status < 600);
  SKEP_ASSERT(plan.part.begin <= plan.part.end);
  if (plan.with_file) {
    SKEP_ASSERT(plan.part.end <= (plan.status == 404 ? page.stamp.size : file_size));
    SKEP_ASSERT(plan.status != 206 || plan.part.begin < plan.part.end);
  }
  std::uint64_t length = plan.text.size();
  std::uint64_t reached = 0;
  for (const net::HttpPart& part : plan.parts) {
    SKEP_ASSERT(part.range.begin >= reached && part.range.begin < part.range.end);
    SKEP_ASSERT(part.range.end <= file_size);
    reached = part.range.end;
    length += part.before.size() + part.range.size();
  }
  if (!plan.parts.empty())
    SKEP_ASSERT(plan.fields.find("Content-Length: " + std::to_string(length) + "\r\n") !=
                std::string::npos);
  // No field may smuggle another: every line break is one of ours, and no byte is a bare control.
  for (std::size_t i = 0; i < plan.fields.size(); ++i) {
    const char c = plan.fields[i];
    SKEP_ASSERT(c != '\r' || plan.fields[i + 1] == '\n');
    SKEP_ASSERT(c != '\n' || plan.fields[i - 1] == '\r');
    SKEP_ASSERT(c != '\0');
  }
  SKEP_ASSERT(plan.fields.find("\r\n\r\n") == std::string::npos);
  return 0;
}
