#!/usr/bin/env bash
# Builds docker.io/locustio/locust:VERSION, as loadtest/requirements.txt has it, and prints that name.
# tools/image.sh has made the base before.
set -euo pipefail
cd "$(dirname "$0")/../../.."
version=$(sed -n 's/^locust==//p' loadtest/requirements.txt)
image=docker.io/locustio/locust:$version
if ! tools/image.sh buildah inspect --type image "$image" >/dev/null 2>&1; then
  context=$(mktemp -d)
  trap 'rm -rf "$context"' EXIT
  cp tests/cluster/locust/Dockerfile "$context"
  # Here and not in the image, for pip's settings are this machine's.
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
    --target "$context/packages" "locust==$version"
  tools/image.sh buildah build --isolation chroot --network host --pull-never --quiet \
    --tag "$image" "$context" >/dev/null
fi
echo "$image"
