#pragma once

#include <string>

namespace products {

/// What productd does to a data directory that no server uses, in place of serving it. Each prints
/// its report to standard output, its progress and its failure to standard error, and returns the
/// exit code: 0 done, 1 damage found or failed.

/// productd --verify: reads everything and checks it.
int VerifyDataDirectory(const std::string& directory);

/// productd --restore FILE: makes the data directory of a backup, all of it or nothing.
int RestoreDataDirectory(const std::string& backup_file, const std::string& directory);

}  // namespace products
