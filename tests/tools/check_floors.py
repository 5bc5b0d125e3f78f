#!/usr/bin/env python3
"""check_floors.py [ROOT]: the layout rules that a compiler does not check.

Floors: a file includes its own folder and lower floors only. Doors: a third-party library is
included by the few .cc files named below and by no header, so that replacing it touches those only.
Tests include no library but their own, and C++ lives in .h and .cc files of the known folders, so
that no other name or place escapes these rules. Sizes and names: no file over 600 lines, nothing
named Manager, Helper, Util or Common. The version is in project(VERSION) and nowhere else.

Prints a line per finding, "file:line: what is wrong"; exit status 1 when there is any.
"""

import os
import pathlib
import re
import sys
from fnmatch import fnmatchcase
from typing import Iterator, NamedTuple, Optional

MAX_LINES = 600
CODE_FOLDERS = ("core", "server", "cli")
CPP_FOLDERS = CODE_FOLDERS + ("tests", "loadtest")
SKIPPED_FOLDERS = ("build", "__pycache__")
CODE_SUFFIXES = (".h", ".cc", ".cc.in")
# Spellings of C++ that this project does not use, so that no file is overlooked for its name.
OTHER_CPP_SUFFIXES = (".c", ".cpp", ".cppm", ".cxx", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".ipp",
                      ".ixx", ".tcc", ".tpp")
SOURCE_SUFFIXES = CODE_SUFFIXES + OTHER_CPP_SUFFIXES + (
    ".py", ".sh", ".go", ".lua", ".cmake", "CMakeLists.txt")

# From the ground up. Areas of one floor do not know each other; the first area whose patterns match
# is a file's own, so exceptions stand above their folder.
AREAS = (
    # (area, floor, patterns)
    ("core/base", 0, ("core/base/*",)),
    ("core/product", 1, ("core/product/*",)),
    ("server/config", 2, ("server/config/*",)),
    ("server/storage", 2, ("server/storage/*",)),
    ("server/service", 3, ("server/service/*",)),
    ("server/metrics", 3, ("server/metrics/*",)),
    ("server/http/pistache_*", 5, ("server/http/pistache_*", "server/http/http_server.*")),
    ("server/http", 4, ("server/http/*",)),
    ("server", 6, ("server/*",)),
    ("cli", 6, ("cli/*",)),
)

# A library: how its headers are spelled, which files may include them, and, where fewer than all of
# those may, a limit on a part of them.
class Library(NamedTuple):
    headers: tuple
    doors: tuple
    single_door_among: Optional[str] = None


LIBRARIES = {
    "Pistache": Library(("pistache/*",),
                        ("server/http/pistache_*.cc", "server/http/http_server.cc")),
    "Boost.Beast": Library(("boost/*",), ("server/http/request_parser.cc",)),
    "RapidJSON": Library(("rapidjson/*",), ("core/product/product_json.cc", "cli/*.cc"),
                         "cli/*.cc"),
    "LMDB": Library(("lmdb.h",), ("server/storage/lmdb_*.cc",)),
    "ISA-L": Library(("isa-l/*", "isa-l.h"), ("server/storage/checksum.cc",)),
    "xxHash": Library(("xxhash.h",), ("server/storage/product_record.cc",)),
    "liburcu": Library(("urcu/*", "urcu.h", "urcu-*"), ("server/storage/product_table.cc",)),
    "zlib": Library(("zlib.h",), ("core/base/line_reader.cc", "cli/gzip.cc")),
    "yaml-cpp": Library(("yaml-cpp/*",), ("server/config/*.cc", "cli/settings.cc",
                                          "cli/contexts.cc", "cli/product_file.cc")),
    "CLI11": Library(("CLI/*",), ("server/main.cc", "server/command_line.cc", "cli/app.cc",
                                  "cli/commands/*.cc")),
    "libcurl": Library(("curl/*",), ("cli/api_client*.cc",)),
}

# What tests/ and loadtest/ may include besides.
TEST_HEADERS = ("gtest/*", "gmock/*", "benchmark/*")

# C++ headers have no dot; those with one belong to the C library, the kernel or the compiler when
# they are among these.
SYSTEM_HEADERS = ("sys/*.h", "netinet/*.h", "arpa/*.h", "net/*.h", "linux/*.h", "sanitizer/*.h")
SYSTEM_HEADER_NAMES = frozenset(
    "dirent errno fcntl fnmatch getopt glob grp ifaddrs inttypes langinfo limits locale malloc "
    "math netdb poll pthread pty pwd sched semaphore signal spawn stddef stdint stdio stdlib "
    "string strings sysexits syslog termios time ucontext unistd wchar".split())

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Whatever the preprocessor takes for an include, in a spelling that INCLUDE may not read.
COMMENTS = r"\s*(?:/\*.*?\*/\s*)*"
ANY_INCLUDE = re.compile(rf"^{COMMENTS}(?:#|%:){COMMENTS}(?:include|import)")
VERSION = re.compile(r"\bproject\([^)]*\bVERSION\s+(\d+(?:\.\d+)+)")
TYPE_NAME = re.compile(r"\b(?:class|struct|union|enum|concept|using|namespace)\s+"
                       r"(?:class\s+|struct\s+)?(?:\[\[\w+\]\]\s*)?(\w+)")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
BANNED_WORDS = frozenset(("manager", "managers", "helper", "helpers", "util", "utils", "common"))


class Finding(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class Include(NamedTuple):
    line: int
    quoted: bool
    header: str


def matches(path: str, patterns: tuple) -> bool:
    """Like a shell's: "*" stands for a run without "/", but a last "/*" takes subfolders too."""
    for pattern in patterns:
        if pattern.endswith("/*") and path.startswith(pattern[:-1]):
            return True
        if pattern.count("/") == path.count("/") and fnmatchcase(path, pattern):
            return True
    return False


def area_of(path: str) -> Optional[tuple]:
    for area, floor, patterns in AREAS:
        if matches(path, patterns):
            return area, floor
    return None


def is_product_code(path: str) -> bool:
    """False for tests and the load test, which may include from every floor, but no library."""
    return path.partition("/")[0] in CODE_FOLDERS


def is_system_header(header: str) -> bool:
    if "." not in header and "/" not in header:
        return True
    name, _, suffix = header.rpartition(".")
    return matches(header, SYSTEM_HEADERS) or (suffix == "h" and name in SYSTEM_HEADER_NAMES)


def library_of(header: str) -> Optional[str]:
    for name, library in LIBRARIES.items():
        if matches(header, library.headers):
            return name
    return None


def includes_of(lines: list) -> Iterator[Include]:
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if found:
            yield Include(number, found.group(1) == '"', found.group(2))


def check_include_spelling(path: str, lines: list) -> Iterator[Finding]:
    for number, line in enumerate(lines, 1):
        if ANY_INCLUDE.match(line) and not INCLUDE.match(line):
            yield Finding(path, number, "an include that is not spelled #include <...> or \"...\"")


def check_own_include(root: pathlib.Path, path: str, include: Include) -> Iterator[Finding]:
    if ".." in include.header.split("/") or not (root / include.header).is_file():
        yield Finding(path, include.line, f'"{include.header}" is no file seen from the root')
        return
    if not is_product_code(path):
        return
    own, target = area_of(path), area_of(include.header)
    if own is None or target is None:
        outside = path if own is None else include.header
        yield Finding(path, include.line, f"{outside} belongs to no floor")
        return
    if own[0] == target[0]:
        return
    if own[0] == "cli" and not target[0].startswith("core/"):
        yield Finding(path, include.line, f"cli includes {target[0]}, and may include core only")
    elif target[1] >= own[1]:
        yield Finding(path, include.line, f"{own[0]} includes {target[0]}, which is not below it")


def check_library_include(path: str, include: Include) -> Iterator[Finding]:
    if is_system_header(include.header):
        return
    name = library_of(include.header)
    if not is_product_code(path):
        if not matches(include.header, TEST_HEADERS):
            yield Finding(path, include.line,
                          f"a test includes <{include.header}> of {name or 'a third party'}")
        return
    if path.endswith(".h"):
        yield Finding(path, include.line,
                      f"a header includes <{include.header}> of {name or 'a third party'}")
    elif name is None:
        yield Finding(path, include.line,
                      f"<{include.header}> belongs to no library that has a door")
    elif not matches(path, LIBRARIES[name].doors):
        doors = ", ".join(LIBRARIES[name].doors)
        yield Finding(path, include.line, f"{name} is included outside its doors: {doors}")


def check_single_doors(users: dict) -> Iterator[Finding]:
    """`users`: library → {file: line of its first include}."""
    for name, files in users.items():
        among = LIBRARIES[name].single_door_among
        several = sorted(path for path in files if among and matches(path, (among,)))
        for path in several[1:]:
            yield Finding(path, files[path],
                          f"a second door to {name} among {among}; the first is {several[0]}")


def check_names(path: str, lines: list) -> Iterator[Finding]:
    stem = path.rpartition("/")[2].partition(".")[0]
    for word in stem.split("_"):
        if word.lower() in BANNED_WORDS:
            yield Finding(path, 1, f'"{word}" in a file\'s name says nothing')
    if not path.endswith(CODE_SUFFIXES):
        return
    for number, line in enumerate(lines, 1):
        for name in TYPE_NAME.findall(line.partition("//")[0]):
            for word in WORD.findall(name):
                if word.lower() in BANNED_WORDS:
                    yield Finding(path, number, f'"{word}" in the name {name} says nothing')


def check_place(path: str, lines: list) -> Iterator[Finding]:
    """Of a file of C++: that its name and folder bring it under these rules."""
    if path.partition("/")[0] not in CPP_FOLDERS:
        yield Finding(path, 1, f"C++ outside of {', '.join(CPP_FOLDERS)}")
    if not path.endswith(CODE_SUFFIXES):
        yield Finding(path, 1, "C++ in a file that is neither .h nor .cc")
    if path.endswith(".h") and "#pragma once" not in lines:
        yield Finding(path, 1, "a header without #pragma once")


def check_version(path: str, lines: list, version: str) -> Iterator[Finding]:
    literal = re.compile(rf"(?<![\w.]){re.escape(version)}(?![\w.])")
    for number, line in enumerate(lines, 1):
        if literal.search(line):
            yield Finding(path, number, f"{version} belongs into project(VERSION) only")


def project_version(root: pathlib.Path) -> Optional[str]:
    found = VERSION.search((root / "CMakeLists.txt").read_text(encoding="utf-8"))
    return found.group(1) if found else None


def source_files(root: pathlib.Path) -> list:
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders
                      if name not in SKIPPED_FOLDERS and not name.startswith(".")]
        found += [(pathlib.Path(folder) / name).relative_to(root).as_posix() for name in files
                  if name.endswith(SOURCE_SUFFIXES)]
    return sorted(found)


def check_tree(root: pathlib.Path) -> list:
    findings = []
    users: dict = {}
    version = project_version(root)
    if version is None:
        findings.append(Finding("CMakeLists.txt", 1, "no project(VERSION)"))
    for path in source_files(root):
        lines = (root / path).read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_LINES:
            findings.append(Finding(path, len(lines), f"more than {MAX_LINES} lines"))
        findings += check_names(path, lines)
        if version is not None and path != "CMakeLists.txt":
            findings += check_version(path, lines, version)
        if not path.endswith(CODE_SUFFIXES + OTHER_CPP_SUFFIXES):
            continue
        findings += check_place(path, lines)
        findings += check_include_spelling(path, lines)
        for include in includes_of(lines):
            if include.quoted:
                findings += check_own_include(root, path, include)
                continue
            findings += check_library_include(path, include)
            name = library_of(include.header)
            if name is not None:
                users.setdefault(name, {}).setdefault(path, include.line)
    findings += check_single_doors(users)
    return findings


def main(arguments: list) -> int:
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2])
    if not all((root / folder).is_dir() for folder in CODE_FOLDERS):
        print(f"check_floors: {root} lacks one of {', '.join(CODE_FOLDERS)}", file=sys.stderr)
        return 2
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
