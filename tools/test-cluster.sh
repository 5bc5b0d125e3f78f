#!/usr/bin/env bash
# The image, and the chart with it in a real Kubernetes (tools/cluster.sh); root. Minutes; with
# nothing in the caches half an hour more.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python

# Inside of the cluster nothing can be fetched any more.
tools/deploy-tools.sh >/dev/null
image=$(tools/image.sh)
"$python" -B tests/image/image_test.py
archives=$(mktemp -d)
trap 'rm -rf "$archives"' EXIT
for name in "$image" "$(tests/cluster/locust/build.sh)"; do
  tools/image.sh buildah push --quiet "$name" "docker-archive:$archives/${name//[\/:]/_}:$name"
done
"$python" -B tests/cluster/outside/cluster_life_test.py
trap 'rm -rf "$archives"; tools/cluster.sh down' EXIT
tools/cluster.sh up
tools/cluster.sh load "$archives"/*
tools/cluster.sh run "$python" -B -m unittest discover --verbose --start-directory tests/cluster \
  --pattern '*_test.py'
