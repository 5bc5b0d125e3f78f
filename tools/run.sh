#!/usr/bin/env bash
# run.sh [DIRECTORY]: starts the productd of DIRECTORY (default build/release/bin) on port $PORT
# (default 8080) with a sample catalogue and waits; Ctrl-C or SIGTERM drains and stops it. What was
# stored stays in $DATA_DIR (default ./productd-data) for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-build/release/bin}

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT

# In a session of its own, so that the terminal's Ctrl-C reaches this script alone and productd gets
# one signal: a second would end it without a drain.
setsid "$bin/productd" --http-listen "0.0.0.0:${PORT:-8080}" \
  --data-dir "${DATA_DIR:-./productd-data}" --ready-file "$state/ready" &
server=$!

stopped=
stop() {
  stopped=yes
  kill -TERM "$server" 2>/dev/null || true
}
# Returns productd's status once it has ended. A signal ends a wait before that, hence the loop.
wait_for_server() {
  while kill -0 "$server" 2>/dev/null; do wait "$server" || true; done
  wait "$server"
}
# However this script ends, productd ends first; a signal that it has had already is not repeated.
finish() {
  [[ -n "$stopped" ]] || stop
  wait_for_server || true
  rm -rf "$state"
}
trap finish EXIT
trap stop INT TERM HUP

while [[ ! -e "$state/ready" ]]; do
  if ! kill -0 "$server" 2>/dev/null; then
    wait_for_server
    exit 1
  fi
  sleep 0.05
done

address=$(head -n 1 "$state/ready")
endpoint=http://127.0.0.1:${address##*:}
"$bin/productctl" --endpoint "$endpoint" seed --count 1000 --if-empty
cat <<TEXT

productd serves on $endpoint. In another shell, try:

  $bin/productctl --endpoint $endpoint get 1
  curl -i $endpoint/products/1
  curl -s $endpoint/metrics | grep -v '^#' | head -n 20

Ctrl-C drains and stops it.
TEXT
wait_for_server
