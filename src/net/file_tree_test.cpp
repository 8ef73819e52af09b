#include "net/file_tree.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace skep::net {
namespace {

namespace fs = std::filesystem;
using base::Errc;

class FileTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "skep-tree-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
    root_ = base_ / "root";
    fs::create_directories(root_ / "docs");
  }
  void TearDown() override { fs::remove_all(base_); }

  void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string text_of(const base::Result<std::shared_ptr<const FileEntry>>& found) {
    return found ? (*found)->file->read_head(1 << 20) : std::string(name_of(found.code()));
  }

  fs::path base_, root_;
};

TEST_F(FileTreeTest, FindsFilesAndTellsDirectoriesApart) {
  write(root_ / "docs/a.txt", "hello");
  FileTree tree(root_.string());
  EXPECT_EQ(text_of(tree.find("docs/a.txt")), "hello");
  EXPECT_EQ(tree.find("docs").code(), Errc::wrong_type);
  EXPECT_EQ(tree.find("docs/b.txt").code(), Errc::not_found);
  EXPECT_EQ(tree.find("docs/a.txt/x").code(), Errc::not_found);
}

TEST_F(FileTreeTest, LinksInsideAreFollowedAndLinksThatLeaveAreNot) {
  write(base_ / "secret", "secret");
  write(root_ / "docs/a.txt", "hello");
  fs::create_symlink("../docs/a.txt", root_ / "docs/inside");
  fs::create_symlink("../../secret", root_ / "docs/outside");
  fs::create_symlink(base_ / "secret", root_ / "absolute");
  fs::create_symlink("..", root_ / "up");
  FileTree tree(root_.string());
  EXPECT_EQ(text_of(tree.find("docs/inside")), "hello");
  EXPECT_EQ(tree.find("docs/outside").code(), Errc::unsafe_path);
  EXPECT_EQ(tree.find("absolute").code(), Errc::unsafe_path);
  EXPECT_EQ(tree.find("up/secret").code(), Errc::unsafe_path);
  EXPECT_EQ(tree.find("../secret").code(), Errc::unsafe_path);
}

TEST_F(FileTreeTest, AKnownFileThatBecomesALinkOutwardsIsNoLongerServed) {
  write(base_ / "secret", "secret");
  write(root_ / "a", "hello");
  FileTree tree(root_.string());
  EXPECT_EQ(text_of(tree.find("a")), "hello");
  fs::remove(root_ / "a");
  fs::create_symlink("../secret", root_ / "a");
  EXPECT_EQ(tree.find("a").code(), Errc::unsafe_path);
}

TEST_F(FileTreeTest, PipesAndDevicesAreRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0644), 0);
  FileTree tree(root_.string());
  EXPECT_EQ(tree.find("pipe").code(), Errc::unsafe_path);
}

TEST_F(FileTreeTest, SeesChangesAtTheNextLookup) {
  write(root_ / "a", "one");
  FileTree tree(root_.string());
  EXPECT_EQ(text_of(tree.find("a")), "one");
  write(root_ / "a.next", "two");
  fs::rename(root_ / "a.next", root_ / "a");
  EXPECT_EQ(text_of(tree.find("a")), "two");
  fs::remove(root_ / "a");
  EXPECT_EQ(tree.find("a").code(), Errc::not_found);
}

TEST_F(FileTreeTest, FollowsARootThatIsReplacedAndKeepsTheOldOneMeanwhile) {
  write(root_ / "a", "old");
  FileTree tree(root_.string());
  EXPECT_EQ(text_of(tree.find("a")), "old");
  const std::uint64_t generation = tree.generation();
  fs::rename(root_, base_ / "previous");
  EXPECT_EQ(text_of(tree.find("a")), "old");
  fs::create_directory(root_);
  write(root_ / "a", "new");
  EXPECT_EQ(text_of(tree.find("a")), "new");
  EXPECT_EQ(tree.generation(), generation + 1);
}

TEST_F(FileTreeTest, VariantsStandBesideTheirFileUnlessTheyAreOlder) {
  write(root_ / "a.js.br", "brotli");
  write(root_ / "a.js", "identity");
  fs::last_write_time(root_ / "a.js.br",
                      fs::last_write_time(root_ / "a.js") + std::chrono::seconds(2));
  FileTree tree(root_.string());
  auto found = tree.find("a.js");
  ASSERT_TRUE(found);
  ASSERT_NE((*found)->brotli, nullptr);
  EXPECT_EQ((*found)->brotli->read_head(100), "brotli");
  EXPECT_EQ((*found)->gzip, nullptr);

  fs::last_write_time(root_ / "a.js",
                      fs::last_write_time(root_ / "a.js.br") + std::chrono::seconds(60));
  found = tree.find("a.js");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->brotli, nullptr);
}

TEST_F(FileTreeTest, ForgetsTheLeastRecentlyUsedBeyondItsBounds) {
  for (const char* name : {"a", "b", "c"}) write(root_ / name, std::string(100, 'x'));
  FileTree few(root_.string(), {.entries_max = 2});
  std::weak_ptr<const FileEntry> a = *few.find("a");
  std::weak_ptr<const FileEntry> b = *few.find("b");
  ASSERT_TRUE(few.find("a"));
  ASSERT_TRUE(few.find("c"));
  EXPECT_EQ(few.entries(), 2u);
  EXPECT_FALSE(a.expired());
  EXPECT_TRUE(b.expired());

  FileTree small(root_.string(), {.mapped_bytes_max = 250});
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(small.find(name));
  EXPECT_EQ(small.entries(), 2u);
}

TEST_F(FileTreeTest, HidesWhatItsOwnerHides) {
  write(root_ / "key.json", "secret");
  FileTree tree(root_.string(), {.hides = [](const std::string&, const MappedFile& file) {
                  return file.read_head(6) == "secret";
                }});
  EXPECT_EQ(tree.find("key.json").code(), Errc::not_found);
}

TEST_F(FileTreeTest, SendingFromAMapWhoseFileWasCutIsAnErrorAndNotASignal) {
  write(root_ / "big", std::string(1 << 20, 'x'));
  FileTree tree(root_.string());
  const auto file = (*tree.find("big"))->file;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  EXPECT_TRUE(file->intact());
  EXPECT_EQ(::write(ends[1], file->address(1 << 19), 4096), 4096);
  fs::resize_file(root_ / "big", 100);
  EXPECT_FALSE(file->intact());
  EXPECT_EQ(::write(ends[1], file->address(1 << 19), 4096), -1);
  EXPECT_EQ(errno, EFAULT);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace skep::net
