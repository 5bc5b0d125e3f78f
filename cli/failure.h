#pragma once

#include <string_view>

#include "cli/exit_code.h"
#include "cli/io.h"
#include "cli/output.h"
#include "core/base/error.h"

namespace products::cli {

/// How productctl says on standard error that something went wrong: what failed and where, then
/// what to try.
///     productctl: GET http://127.0.0.1:8080/products/7: no connection: Connection refused
///       try: check that the server runs there (productctl health), or name another --endpoint

/// Prints `error` and returns the exit code it stands for.
ExitCode PrintFailure(Io& io, const Palette& palette, const Error& error);

/// The same for a kNotFound that is no product but an operation which the server has at another
/// address: metrics or backups.
ExitCode PrintNotAtThisAddress(Io& io, const Palette& palette, const Error& error);

/// Prints what is wrong with the command line, the settings or a file they name; `command` is
/// "productctl" or "productctl get", whose --help is named. Returns kUsage.
ExitCode PrintUsageError(Io& io, const Palette& palette, std::string_view command,
                         const Error& error);

}  // namespace products::cli
