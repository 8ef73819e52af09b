# skep_folder(NAME [PORTABLE] [DEPS folder...] [LIBS target...] [TEST_LIBS target...])
# One library per folder of src/. Tests, fuzz targets and benchmarks stand beside their source:
#   x_test.cpp   all of a folder's tests make one GoogleTest program, NAME_test
#   x_fuzz.cpp   one target each; without SKEP_FUZZ it replays its corpus and mutations of it
#   x_bench.cpp  one Google Benchmark program per folder, NAME_bench
# PORTABLE folders (floors 0-4 but rtc) also build for wasm: no exceptions, no RTTI.
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(Threads REQUIRED)
include(GoogleTest)

function(skep_folder name)
  cmake_parse_arguments(ARG "PORTABLE" "" "DEPS;LIBS;TEST_LIBS" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")  # a program's, never a library's
  file(GLOB tests CONFIGURE_DEPENDS ${dir}/*_test.cpp)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${dir}/*_fuzz.cpp)
  file(GLOB benches CONFIGURE_DEPENDS ${dir}/*_bench.cpp)
  file(GLOB rigs CONFIGURE_DEPENDS ${dir}/testing/*.cpp)
  if(tests OR fuzzers OR benches)
    list(REMOVE_ITEM sources ${tests} ${fuzzers} ${benches})
  endif()
  list(TRANSFORM ARG_DEPS PREPEND skep_ OUTPUT_VARIABLE deps)

  if(sources)
    add_library(skep_${name} STATIC ${sources})
    target_include_directories(skep_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(skep_${name} PUBLIC ${deps} ${ARG_LIBS})
    target_compile_options(skep_${name} PRIVATE ${SKEP_WARNINGS})
    if(ARG_PORTABLE)
      target_compile_options(skep_${name} PRIVATE -fno-exceptions -fno-rtti)
    endif()
  else()
    add_library(skep_${name} INTERFACE)
    target_include_directories(skep_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(skep_${name} INTERFACE ${deps} ${ARG_LIBS})
  endif()

  if(rigs)
    add_library(skep_${name}_testing STATIC ${rigs})
    target_link_libraries(skep_${name}_testing PUBLIC skep_${name} ${ARG_TEST_LIBS})
    target_compile_options(skep_${name}_testing PRIVATE ${SKEP_WARNINGS})
    set(rig skep_${name}_testing)
  endif()

  if(tests AND NOT SKEP_FUZZ)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE skep_${name} ${rig} ${ARG_TEST_LIBS}
                                               GTest::gmock GTest::gtest_main)
    target_compile_options(${name}_test PRIVATE ${SKEP_WARNINGS})
    target_compile_definitions(${name}_test PRIVATE SKEP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST
                         DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit TIMEOUT 900)
  endif()

  foreach(source ${fuzzers})
    get_filename_component(target ${source} NAME_WE)
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE skep_${name} ${rig})
    target_compile_options(${target} PRIVATE ${SKEP_WARNINGS})
    if(NOT SKEP_FUZZ)
      target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz_replay.cpp)
      add_test(NAME "fuzz: ${target}" COMMAND ${target} ${CMAKE_SOURCE_DIR}/tests/corpus/${target})
      set_tests_properties("fuzz: ${target}" PROPERTIES LABELS fuzz TIMEOUT 300)
    endif()
  endforeach()

  if(benches AND NOT SKEP_FUZZ)
    add_executable(${name}_bench EXCLUDE_FROM_ALL ${benches})
    target_link_libraries(${name}_bench PRIVATE skep_${name} ${rig} ${ARG_TEST_LIBS}
                                                benchmark::benchmark_main)
    target_compile_options(${name}_bench PRIVATE ${SKEP_WARNINGS})
  endif()
endfunction()
