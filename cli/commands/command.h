#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "cli/api_client.h"
#include "cli/exit_code.h"
#include "cli/io.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace CLI {
class App;
}

/// A command is an options struct, `Add...Command`, which puts its flags into the tree, and
/// `Run...`, which does the work and can be called without the tree. To add one: a file here, a
/// line in app.cc, a golden help text in tests/cli.
namespace products::cli {

/// What a command runs with. Everything outlives the run.
struct CommandContext {
  Io& io;
  const Clock& clock;
  const Settings& settings;

  /// Colours for standard error, as settings and terminal have it.
  Palette err_palette() const { return Palette(settings.color && io.err_terminal.is_terminal()); }
  /// A client for the endpoint of the settings.
  Result<std::unique_ptr<ApiClient>> OpenClient() const {
    return ApiClient::Open(
        {.endpoint = settings.endpoint, .timeout = settings.timeout, .retries = settings.retries},
        clock);
  }
  /// One for /metrics, /readyz and /admin/, which may have an address of their own. Of 16 MiB for
  /// an answer, since each route, method and status has a hundred lines of histogram.
  Result<std::unique_ptr<ApiClient>> OpenManagementClient(std::chrono::milliseconds timeout) const {
    return ApiClient::Open({.endpoint = settings.management_endpoint.value_or(settings.endpoint),
                            .timeout = timeout,
                            .max_body_bytes = std::size_t{16} * 1024 * 1024},
                           clock);
  }
};

/// How it ended, or why it failed: an Error is printed, with advice, and turned into an exit code
/// in one place, app.cc.
using CommandRun = std::function<Result<ExitCode>(const CommandContext&)>;

}  // namespace products::cli
