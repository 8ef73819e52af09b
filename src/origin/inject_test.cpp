#include "origin/inject.hpp"

#include <gtest/gtest.h>

namespace skep::origin {
namespace {

TEST(Inject, TagIsRelativeToThePage) {
  EXPECT_EQ(script_tag("index.html", ""), R"(<script type="module" src="skep.js"></script>)");
  EXPECT_EQ(script_tag("a/b/index.html", "0f"),
            R"(<script type="module" src="../../skep.js" data-key="0f"></script>)");
}

struct Row {
  const char* name;
  const char* before;
  const char* after;  ///< T stands for the tag; nullptr: unchanged
};

TEST(Inject, FindsTheHeadOfRealPages) {
  const Row rows[] = {
      {"plain", "<html><head><title>x</title></head><body>",
       "<html><head><title>x</title>T</head><body>"},
      {"upper case", "<HTML><HEAD></HEAD>", "<HTML><HEAD>T</HEAD>"},
      {"space in the tag", "<head></head >", "<head>T</head >"},
      {"no head", "<!doctype html><p>hi<body>x", "<!doctype html><p>hiT<body>x"},
      {"nothing but a body", "<body class='>'>x</body>", "T<body class='>'>x</body>"},
      {"doctype only", "<!DOCTYPE html><p>hi", "<!DOCTYPE html>T<p>hi"},
      {"open head", "<html lang=en><head><p>hi", "<html lang=en><head>T<p>hi"},
      {"comment", "<!-- </head> --><head></head>", "<!-- </head> --><head>T</head>"},
      {"text in a script", "<head><script>'</head>'</script></head>",
       "<head><script>'</head>'</script>T</head>"},
      {"style", "<head><style></head></style></head>", "<head><style></head></style>T</head>"},
      {"title", "<head><title></head></TITLE></head>", "<head><title></head></TITLE>T</head>"},
      {"base moves relative URLs", "<head><base href=/x/><title>t</title></head>",
       "<head>T<base href=/x/><title>t</title></head>"},
      {"quoted >", "<head><meta content='</head>'></head>",
       "<head><meta content='</head>'>T</head>"},
      {"byte order mark", "\xef\xbb\xbf<p>x", "\xef\xbb\xbfT<p>x"},
      {"has it", "<head><script type=module src=\"../skep.js\"></script></head>", nullptr},
      {"has it unquoted", "<head><script type=module src=skep.js></script></head>", nullptr},
      {"has it further down", "<head></head><body><script src='/a/skep.js?v=1'></script>", nullptr},
      {"another one's name", "<head><script src=notskep.js></script></head>",
       "<head><script src=notskep.js></script>T</head>"},
      {"only talks of it", "<head><!-- skep.js --></head>", "<head><!-- skep.js -->T</head>"},
      {"frames", "<html><head></head><frameset cols=2></frameset>", nullptr},
      {"no HTML", "plain text, 1 < 2", nullptr},
      {"empty", "", nullptr},
      {"UTF-16", "\xff\xfe<h", nullptr},
      {"unfinished", "<head><script>", "<head>T<script>"},
  };
  for (const Row& row : rows) {
    const auto out = inject_tag(row.before, "T");
    if (row.after == nullptr)
      EXPECT_FALSE(out.has_value()) << row.name << ": " << *out;
    else
      EXPECT_EQ(out.value_or("(unchanged)"), row.after) << row.name;
  }
}

TEST(Inject, KnowsPagesByName) {
  EXPECT_TRUE(is_html_path("a/b.HTML"));
  EXPECT_TRUE(is_html_path("b.htm"));
  EXPECT_FALSE(is_html_path("b.xhtml"));
  EXPECT_FALSE(is_html_path(".html"));
}

}  // namespace
}  // namespace skep::origin
