#!/usr/bin/env bash
# Starts productd with a sample catalogue and waits; Ctrl-C or SIGTERM drains and stops it.
set -euo pipefail
cd "$(dirname "$0")/.."

port=${PORT:-8080}
bin=build/release/bin
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT

# In a session of its own, so that the terminal's Ctrl-C reaches this script alone and productd gets
# one signal: a second would end it without a drain.
setsid "$bin/productd" --http-listen "0.0.0.0:$port" --ready-file "$state/ready" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true' INT TERM

while [[ ! -e "$state/ready" ]]; do
  if ! kill -0 "$server" 2>/dev/null; then
    wait "$server" || exit $?
  fi
  sleep 0.05
done

endpoint=http://127.0.0.1:$port
"$bin/productctl" --endpoint "$endpoint" seed --count 1000 --if-empty
cat <<TEXT

productd serves on $endpoint. In another shell, try:

  $bin/productctl --endpoint $endpoint get 1
  curl -i $endpoint/products/1
  curl -s $endpoint/metrics | grep -v '^#' | head -n 20

Ctrl-C drains and stops it.
TEXT

# A signal ends the first wait before the server has ended.
wait "$server" || true
wait "$server" 2>/dev/null || true
