#include "cli/failure.h"

#include <ostream>

namespace products::cli {
namespace {

std::string_view Advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
      return "check that a server runs at this address, or name another with --endpoint";
    case ErrorCode::kTimeout:
      return "allow more with --timeout, and look at the server's log and load";
    case ErrorCode::kNotFound:
      return "check the id, and with --endpoint that this is the server you mean";
    case ErrorCode::kInvalidArgument:
      return "correct it and repeat the command";
    case ErrorCode::kConflict:
      return "look at what is there now (productctl get ID --etag) and repeat the change on that";
    case ErrorCode::kTooLarge:
      return "send a smaller product";
    case ErrorCode::kOverloaded:
      return "repeat the command in a few seconds; productctl health tells how the server is";
    case ErrorCode::kCorrupt:
      return "check with --endpoint that this is a productd and not a proxy or another service";
    case ErrorCode::kInternal:
      return "look at the server's log for the reason";
  }
  return "repeat the command";
}

void PrintError(Io& io, const Palette& palette, const Error& error) {
  io.err << palette.Error("productctl:") << ' ' << error.message;
  if (!error.detail.empty()) io.err << " (" << error.detail << ')';
  io.err << "\n  try: ";
}

}  // namespace

ExitCode PrintFailure(Io& io, const Palette& palette, const Error& error) {
  PrintError(io, palette, error);
  io.err << Advice(error.code) << std::endl;
  return ExitCodeFor(error.code);
}

ExitCode PrintNotAtThisAddress(Io& io, const Palette& palette, const Error& error) {
  PrintError(io, palette, error);
  io.err << "name the server's management.listen with --management-endpoint" << std::endl;
  return ExitCodeFor(error.code);
}

ExitCode PrintUsageError(Io& io, const Palette& palette, std::string_view command,
                         const Error& error) {
  PrintError(io, palette, error);
  io.err << command << " --help" << std::endl;
  return ExitCode::kUsage;
}

}  // namespace products::cli
