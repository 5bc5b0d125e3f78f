#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace products::cli {

/// Columns that `text` (UTF-8) takes on a terminal: two for wide East Asian characters and emoji,
/// none for combining marks, one otherwise; a byte that is not UTF-8 counts as one. Independent of
/// the locale.
std::size_t DisplayWidth(std::string_view text);

/// The longest beginning of `text`, in whole characters, that takes at most `columns`.
std::string_view PrefixOfWidth(std::string_view text, std::size_t columns);

/// `text` with nothing in it that moves a cursor, ends a line or separates columns: control
/// characters as \t, \n, \r or \x1b, a backslash doubled, bytes that are not UTF-8 as \xff.
/// Whatever a server sends passes through this before it reaches a terminal or a plain line.
std::string Printable(std::string_view text);

/// `text` as one word of a POSIX shell, in single quotes.
std::string ShellQuoted(std::string_view text);

/// `text` for a command line that somebody pastes: quoted unless it is plain, and printable.
std::string ForShell(std::string_view text);

/// `text` (UTF-8) when it takes at most `columns` on a terminal, else as much of its beginning as
/// does with a "…" behind it; `columns` >= 1.
std::string CutToWidth(std::string_view text, std::size_t columns);

}  // namespace products::cli
