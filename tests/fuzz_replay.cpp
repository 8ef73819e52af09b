// fuzz_replay.cpp: runs a libFuzzer target without libFuzzer: every file of its corpus folder, then
// bounded, seeded mutations of them, so that each plain test run exercises the decoder's edges.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/rng.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
constexpr int kMutationsPerFile = 300;

Input mutate(Input input, skep::base::Rng& rng) {
  for (std::uint64_t edits = 1 + rng.below(4); edits > 0; --edits) {
    const std::size_t at = input.empty() ? 0 : rng.below(input.size());
    switch (input.empty() ? 1 : rng.below(4)) {
      case 0:
        input[at] = static_cast<std::uint8_t>(rng.next());
        break;
      case 1:
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(at),
                     static_cast<std::uint8_t>(rng.next()));
        break;
      case 2:
        input.erase(input.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        input.resize(at);
        break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Input> corpus{{}};
  if (argc > 1 && std::filesystem::is_directory(argv[1])) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
      std::ifstream file(entry.path(), std::ios::binary);
      corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  if (corpus.size() == 1) {
    std::fprintf(stderr, "no corpus in %s: commit at least one input\n", argc > 1 ? argv[1] : "?");
    return 1;
  }
  skep::base::Rng rng(1);
  for (const Input& input : corpus) {
    LLVMFuzzerTestOneInput(input.data(), input.size());
    for (int i = 0; i < kMutationsPerFile; ++i) {
      const Input changed = mutate(input, rng);
      LLVMFuzzerTestOneInput(changed.data(), changed.size());
    }
  }
  std::printf("%zu inputs\n", corpus.size() * (kMutationsPerFile + 1));
  return 0;
}
