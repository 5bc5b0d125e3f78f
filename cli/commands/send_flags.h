#pragma once

#include "cli/send.h"

namespace CLI {
class App;
}

namespace products::cli {

/// --mode and --concurrency, for every command that sends products. `plan` must outlive the parse.
void AddSendFlags(CLI::App& command, SendPlan& plan);

}  // namespace products::cli
