# wasm32.cmake: toolchain for the engine's module: Debian's clang-19, lld-19, wasi-libc and
# libc++-19-dev-wasm32; no emscripten, no generated glue, no archives (so no llvm-ar).
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
