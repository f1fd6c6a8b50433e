# SPDX-License-Identifier: GPL-3.0-or-later
# One static library per room (src/<room>/*.cc) and one test program per room
# (src/<room>/*_test.cc); one program per app (apps/<app>/*.cc).
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
find_package(date REQUIRED)
find_package(Boost 1.74 REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(LIBSSL REQUIRED IMPORTED_TARGET libssl libcrypto)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(PUGIXML REQUIRED IMPORTED_TARGET pugixml)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(AV REQUIRED IMPORTED_TARGET libavcodec libavutil)
pkg_check_modules(OPUS REQUIRED IMPORTED_TARGET opus)
pkg_check_modules(SRTP REQUIRED IMPORTED_TARGET libsrtp2)
pkg_check_modules(SPANDSP REQUIRED IMPORTED_TARGET spandsp)  # of tests only
pkg_check_modules(AUDIO REQUIRED IMPORTED_TARGET sndfile soxr)
pkg_check_modules(PANGO REQUIRED IMPORTED_TARGET pangocairo cairo cairo-pdf)
pkg_check_modules(ISOFS REQUIRED IMPORTED_TARGET libisofs-1)
pkg_check_modules(TESSERACT REQUIRED IMPORTED_TARGET tesseract)
pkg_check_modules(LEPTONICA REQUIRED IMPORTED_TARGET lept)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(TIFF REQUIRED IMPORTED_TARGET libtiff-4)
# A static library that Debian's mupdf.pc only half describes.
pkg_check_modules(MUPDF_NEEDS REQUIRED IMPORTED_TARGET freetype2 harfbuzz libjpeg libopenjp2 zlib)
add_library(mupdf INTERFACE)
target_link_libraries(mupdf INTERFACE -lmupdf -lmupdf-third PkgConfig::MUPDF_NEEDS -ljbig2dec -lmujs -lgumbo -lcrypto)
enable_testing()
include(GoogleTest)
add_custom_target(programs)    # what a user runs, and the benchmarks
add_custom_target(unit_tests)  # every room's test program and what it runs

# Larger compilation units: the headers of ten files are read and their templates made once, which makes a clean build
# several times cheaper. Names that a file keeps to itself are therefore unique in their room. The preset `single`
# (clang-tidy, editors) compiles file by file: each still stands alone.
option(WRIT_UNITY "compile the files of a room by tens" ON)
add_library(writ_flags INTERFACE)
target_compile_options(writ_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  # libstdc++ 12's own std::stable_sort calls what libstdc++ 12 declares deprecated; GCC does not look there.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(WRIT_UNITY)
  # Neighbours' names are no outer scope, and a class of an anonymous namespace in one's Impl stays in its file.
  target_compile_options(writ_flags INTERFACE -Wno-shadow
    $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local -Wno-subobject-linkage>)
endif()
target_link_options(writ_flags INTERFACE -Wl,--as-needed)  # a program loads what it calls
target_include_directories(writ_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(writ_flags INTERFACE Threads::Threads)

# What is not the product's speed (rooms marked COLD: they wait for signatures and disks) compiles a quarter faster with the
# first of these; tests do not get it, since less optimised GCC 12 warns of a std::fill of theirs that is right. Under the
# sanitizers nothing is optimised, which compiles three times faster, but the rooms marked HOT: the tests would take longer
# than that saves.
set(WRIT_COLD_FLAGS "" CACHE STRING "compile options of rooms that need no speed")
set(WRIT_HOT_FLAGS "" CACHE STRING "compile options of rooms of which even the tests need speed")

function(writ_unity target)
  if(WRIT_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
  endif()
endfunction()

function(writ_room name)
  cmake_parse_arguments(R "COLD;HOT" "SHARDS;COST" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(deps ${R_DEPS})
  list(TRANSFORM deps PREPEND writ_)
  if(sources)
    add_library(writ_${name} STATIC ${sources})
    if(R_COLD)
      target_compile_options(writ_${name} PRIVATE ${WRIT_COLD_FLAGS})
    elseif(R_HOT)
      target_compile_options(writ_${name} PRIVATE ${WRIT_HOT_FLAGS})
    endif()
    writ_unity(writ_${name})
    target_link_libraries(writ_${name} PUBLIC writ_flags ${deps} ${R_LIBS})
  else()
    add_library(writ_${name} INTERFACE)
    target_link_libraries(writ_${name} INTERFACE writ_flags ${deps} ${R_LIBS})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    add_dependencies(unit_tests ${name}_test)
    writ_unity(${name}_test)
    target_link_libraries(${name}_test PRIVATE writ_${name} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE WRIT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    set(environment LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp)
    if(R_SHARDS)
      # What a test needs is made once in a process and copied (argon2id is slow on purpose): few processes, not one a test.
      # COST: the longest begin first, so that no core waits for the other at the end.
      math(EXPR last "${R_SHARDS} - 1")
      foreach(shard RANGE ${last})
        add_test(NAME ${name}.${shard} COMMAND ${name}_test)
        set_tests_properties(${name}.${shard} PROPERTIES LABELS unit TIMEOUT 1500 COST ${R_COST}
          ENVIRONMENT "${environment};GTEST_TOTAL_SHARDS=${R_SHARDS};GTEST_SHARD_INDEX=${shard}")
      endforeach()
    else()
      gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 TEST_PREFIX "${name}."
                           PROPERTIES LABELS unit ENVIRONMENT ${environment})
    endif()
    # writ-decode is found beside the running program.
    set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  endif()
endfunction()

function(writ_app name)
  cmake_parse_arguments(A "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/apps/${name}/*.cc)
  if(NOT sources)
    return()
  endif()
  set(deps ${A_DEPS})
  list(TRANSFORM deps PREPEND writ_)
  add_executable(${name} ${sources})
  target_compile_options(${name} PRIVATE ${WRIT_COLD_FLAGS})
  add_dependencies(programs ${name})
  writ_unity(${name})
  target_link_libraries(${name} PRIVATE ${deps} ${A_LIBS})
endfunction()
