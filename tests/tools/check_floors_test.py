#!/usr/bin/env python3
"""Each rule of check_floors.py against a small tree that breaks it, so that the check can fail."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_floors  # noqa: E402

# Keeps every rule; each test breaks one of them. A header's text follows #pragma once.
CLEAN = {
    "CMakeLists.txt": "project(sample VERSION 7.8.9 LANGUAGES CXX)\n",
    "core/base/error.h": "#include <string>\n#include <sys/types.h>\n",
    "core/product/product.h": '#include "core/base/error.h"\n',
    "core/product/product_json.cc": '#include <rapidjson/reader.h>\n',
    "server/config/config.h": '#include "core/base/error.h"\n',
    "server/config/file.cc": '#include <yaml-cpp/yaml.h>\n',
    "server/storage/engine.h": '#include "core/product/product.h"\n',
    "server/storage/product_table.cc": '#include <urcu/urcu-memb.h>\n#include <fcntl.h>\n',
    "server/service/catalog.h": '#include "server/storage/engine.h"\n',
    "server/metrics/figures.cc": '#include <map>\n',
    "server/metrics/figures.h": '#include "core/base/error.h"\n',
    "server/http/routes.h": '#include "server/service/catalog.h"\n',
    "server/http/request_parser.cc": '#include <boost/beast/http/basic_parser.hpp>\n',
    "server/http/pistache_transport.h": '#include "server/http/routes.h"\n',
    "server/http/pistache_transport.cc": '#include <pistache/transport.h>\n',
    "server/http/http_server.h": '#include "server/http/pistache_transport.h"\n',
    "server/main.cc": '#include <CLI/CLI.hpp>\n\n#include "server/http/http_server.h"\n',
    "cli/app.h": '#include "core/product/product.h"\n',
    "cli/api_client.cc": '#include <curl/curl.h>\n',
    "cli/answer_json.cc": '#include <rapidjson/document.h>\n',
    "cli/commands/get.cc": '#include <CLI/CLI.hpp>\n\n#include "cli/app.h"\n',
}


class CheckFloors(unittest.TestCase):
    def findings(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in {**CLEAN, **changes}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                once = "#pragma once\n" if path.endswith(".h") else ""
                (root / path).write_text(once + text, encoding="utf-8")
            return [str(finding) for finding in check_floors.check_tree(root)]

    def assert_finds(self, path, text, *expected):
        found = self.findings({path: text})
        self.assertEqual(len(found), 1, found)
        for part in (path, *expected):
            self.assertIn(part, found[0])

    def test_a_tree_that_keeps_the_rules_has_no_finding(self):
        self.assertEqual(self.findings({}), [])

    def test_an_include_from_a_higher_floor_is_found_with_its_line(self):
        for path, header in (
                ("core/base/up.h", "core/product/product.h"),
                ("core/product/up.cc", "server/config/config.h"),
                ("server/storage/up.h", "server/service/catalog.h"),
                ("server/service/up.cc", "server/http/routes.h"),
                ("server/metrics/up.cc", "server/http/routes.h"),
                ("server/http/up.h", "server/http/pistache_transport.h"),
                ("server/http/up.cc", "server/http/http_server.h"),
                ("server/config/up.cc", "server/command_line.h"),
        ):
            with self.subTest(path=path, header=header):
                found = self.findings({path: f'#include <string>\n#include "{header}"\n',
                                       "server/command_line.h": "\n"})
                self.assertEqual(len(found), 1, found)
                line = 3 if path.endswith(".h") else 2
                self.assertIn(f"{path}:{line}:", found[0])
                self.assertIn("not below it", found[0])

    def test_an_include_of_a_neighbour_on_the_same_floor_is_found(self):
        self.assert_finds("server/storage/side.h", '#include "server/config/config.h"\n',
                          "not below it")
        self.assert_finds("server/service/side.h", '#include "server/metrics/figures.h"\n',
                          "not below it")

    def test_cli_and_server_do_not_include_each_other(self):
        self.assert_finds("cli/commands/peek.cc", '#include "server/config/config.h"\n',
                          "core only")
        self.assert_finds("server/config/peek.cc", '#include "cli/app.h"\n', "not below it")
        self.assert_finds("server/http/peek.cc", '#include "cli/app.h"\n', "not below it")

    def test_a_library_outside_its_door_is_found(self):
        for path, header, library in (
                ("server/http/connection.cc", "pistache/peer.h", "Pistache"),
                ("server/main2.cc", "pistache/peer.h", "Pistache"),
                ("server/http/message.cc", "boost/beast/core.hpp", "Boost.Beast"),
                ("core/product/product_draft.cc", "rapidjson/document.h", "RapidJSON"),
                ("server/storage/engine.cc", "urcu.h", "liburcu"),
                ("cli/app.cc", "yaml-cpp/yaml.h", "yaml-cpp"),
                ("server/config/flags.cc", "CLI/CLI.hpp", "CLI11"),
                ("cli/seeder.cc", "curl/curl.h", "libcurl"),
        ):
            with self.subTest(path=path, header=header):
                self.assert_finds(path, f"#include <{header}>\n", library, "outside its doors")

    def test_a_second_json_door_in_cli_is_found(self):
        self.assert_finds("cli/other_json.cc", "#include <rapidjson/reader.h>\n", "second door")

    def test_a_library_without_a_door_is_found(self):
        self.assert_finds("core/base/text.cc", "#include <fmt/core.h>\n",
                          "no library that has a door")

    def test_a_header_that_includes_a_third_party_header_is_found(self):
        for path, header in (("server/http/pistache_listener.h", "pistache/listener.h"),
                             ("server/config/yaml.h", "yaml-cpp/yaml.h"),
                             ("core/base/text.h", "fmt/core.h")):
            with self.subTest(path=path):
                self.assert_finds(path, f"#include <{header}>\n", "a header includes")

    def test_an_include_that_is_not_named_from_the_root_is_found(self):
        self.assert_finds("core/product/near.cc", '#include "product.h"\n',
                          "no file seen from the root")
        self.assert_finds("core/product/lost.cc", '#include "core/gone.h"\n', "no file")
        self.assert_finds("tests/unit/near_test.cc", '#include "near.h"\n', "no file")

    def test_an_include_that_climbs_out_of_its_folder_is_found(self):
        for path, header in (("core/base/climb.cc", "core/base/../product/product.h"),
                             ("server/climb.cc", "server/../cli/app.h")):
            with self.subTest(path=path):
                self.assert_finds(path, f'#include "{header}"\n', "no file seen from the root")

    def test_an_include_in_a_spelling_that_hides_it_is_found(self):
        for line in ("#include_next <curl/curl.h>", "#import <curl/curl.h>", "#include CURL_HEADER",
                     "#include \\", "/* a */ #include <curl/curl.h>", "%:include <curl/curl.h>",
                     "#include /* a */ <curl/curl.h>", "# /* a */ include <curl/curl.h>"):
            with self.subTest(line=line):
                self.assert_finds("core/base/hidden.cc", f"int a;\n{line}\n", ":2:", "not spelled")

    def test_a_file_of_cpp_with_another_suffix_or_place_is_found(self):
        for path in ("core/base/text.hpp", "server/http/parse.inl", "cli/seed.cpp"):
            with self.subTest(path=path):
                self.assert_finds(path, "\n", "neither .h nor .cc")
        for path in ("lib/text.cc", "text.h"):
            with self.subTest(path=path):
                self.assert_finds(path, "\n", "outside of core, server, cli")

    def test_what_was_built_is_not_looked_at(self):
        self.assertEqual(self.findings({"build/release/CMakeFiles/check.cpp": "\n",
                                        ".venv/lib/site.hpp": "\n"}), [])

    def test_a_test_that_includes_another_library_than_its_own_is_found(self):
        self.assertEqual(self.findings({
            "tests/unit/own_test.cc": '#include <gtest/gtest.h>\n#include "cli/app.h"\n'}), [])
        self.assert_finds("tests/unit/curl_test.cc", "#include <curl/curl.h>\n",
                          "a test includes", "libcurl")
        self.assert_finds("loadtest/peers/beast.cc", "#include <boost/asio.hpp>\n", "Beast")

    def test_a_header_without_pragma_once_is_found(self):
        self.assertEqual(
            [str(f) for f in check_floors.check_place("core/base/twice.h", ["#ifndef A"])],
            ["core/base/twice.h:1: a header without #pragma once"])

    def test_the_version_is_found_wherever_else_it_stands(self):
        self.assert_finds("server/version.cc", 'const char* kVersion = "7.8.9";\n', "7.8.9")
        self.assert_finds("core/CMakeLists.txt", "set(V 7.8.9)\n", "project(VERSION)")
        self.assertEqual(self.findings({"core/base/near.cc": "// 17.8.9, 7.8.90, v7.8.9.1\n"}), [])
        self.assertIn("no project(VERSION)", self.findings({"CMakeLists.txt": "project(a)\n"})[0])

    def test_a_file_in_a_folder_without_a_floor_is_found(self):
        self.assert_finds("core/extra/new.cc", '#include "core/base/error.h"\n', "no floor")

    def test_600_lines_are_allowed_and_601_are_found(self):
        self.assertEqual(self.findings({"tests/unit/long_test.cc": "\n" * 600}), [])
        self.assert_finds("tests/unit/long_test.cc", "\n" * 601, "more than 600 lines")
        self.assert_finds("loadtest/long.py", "\n" * 601, "more than 600 lines")

    def test_names_that_say_nothing_are_found_in_files_and_types(self):
        self.assert_finds("core/base/string_util.cc", "\n", "string_util.cc:1")
        self.assert_finds("tests/support/helpers.h", "\n", "helpers")
        for line in ("class ConnectionManager {", "struct ParseHelper;", "enum class CommonCode {",
                     "namespace utils {", "using ManagerPtr = int*;"):
            with self.subTest(line=line):
                self.assert_finds("core/base/name.h", line + "\n", "says nothing")

    def test_a_banned_word_inside_another_word_or_a_comment_is_no_finding(self):
        self.assertEqual(self.findings(
            {"core/base/utilization.h": "struct Utilization {};  // class Manager\n"}), [])


if __name__ == "__main__":
    unittest.main()
