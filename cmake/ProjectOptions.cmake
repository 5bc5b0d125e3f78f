# Targets for language level, warnings and sanitizers, and the two ways to declare code of ours.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(THREADS_PREFER_PTHREAD_FLAG ON)

# Objects do not depend on where the clone lies, so that clones can share them (tools/build.sh).
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")

option(PRODUCTD_WARNINGS_AS_ERRORS "Warnings end the build" OFF)
option(PRODUCTD_LIBRARY_ASSERTIONS "Bounds and iterator checks of the standard library" OFF)
set(PRODUCTD_SANITIZE "" CACHE STRING "Sanitizers, as the compiler's -fsanitize takes them")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(productd_options INTERFACE)
target_compile_options(
  productd_options
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wno-sign-conversion
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Woverloaded-virtual
            -Wimplicit-fallthrough
            -Wcast-align
            -Wformat=2)
# g++ 12 at -O3 reports overlaps in std::string that cannot be (GCC bug 105651).
target_compile_options(productd_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(PRODUCTD_WARNINGS_AS_ERRORS)
  target_compile_options(productd_options INTERFACE -Werror)
endif()
if(PRODUCTD_LIBRARY_ASSERTIONS)
  target_compile_definitions(productd_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(PRODUCTD_SANITIZE)
  # Whole program, so set for every target rather than handed from one to the next.
  add_compile_options(-fsanitize=${PRODUCTD_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PRODUCTD_SANITIZE})
  # g++'s manual: sanitizers raise false positives of this warning; the release build keeps it.
  target_compile_options(productd_options
                         INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# productd_library(core_base SOURCES a.cc b.cc [PUBLIC lib ...] [PRIVATE lib ...])
# makes library core_base with alias productd::core_base. A third-party library is always PRIVATE, for
# no header of ours includes one.
function(productd_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  add_library(productd::${name} ALIAS ${name})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} productd_options)
endfunction()

# productd_test(NAME unit_base LABEL unit SOURCES a_test.cc [LIBRARIES lib ...])
# makes a GoogleTest program; each of its tests is a ctest test with that label.
function(productd_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT" "SOURCES;LIBRARIES;DEFINITIONS;PROPERTIES" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_include_directories(${ARG_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${ARG_NAME} PRIVATE ${ARG_DEFINITIONS})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBRARIES} GTest::gtest GTest::gmock
                                            GTest::gtest_main productd_options)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  gtest_discover_tests(
    ${ARG_NAME}
    DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ${ARG_PROPERTIES})
endfunction()
