#pragma once

#include "server/http/routes.h"

namespace products {

/// POST /admin/backup: answers once the copy is durable, with its file, size and duration.
Answer PostBackup(const Request& request, HandlerContext& context, Response& response);

}  // namespace products
