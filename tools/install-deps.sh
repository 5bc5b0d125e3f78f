#!/usr/bin/env bash
# Installs the Debian packages of packaging/apt-packages.txt that are missing; a second run does
# nothing. With an argument, such as cluster, those of packaging/apt-packages-cluster.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
list=packaging/apt-packages${1:+-$1}.txt

missing=()
while read -r package; do
  [[ -z "$package" || "$package" == \#* ]] && continue
  # A Go toolchain from elsewhere serves as well as Debian's.
  if [[ "$package" == golang-go ]] && command -v go >/dev/null; then continue; fi
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ "$status" == installed ]] || missing+=("$package")
done <"$list"

if [[ ${#missing[@]} -eq 0 ]]; then
  echo "install-deps: everything is installed"
  exit 0
fi

as_root=()
if [[ $EUID -ne 0 ]]; then
  command -v sudo >/dev/null || {
    echo "install-deps: run as root or install sudo; missing: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi

echo "install-deps: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
# A terminal sees apt-get at work, for minutes on a bare machine; a log would get a thousand lines.
output=/dev/null
if [[ -t 1 ]]; then output=/dev/stdout; fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$output"
# Of these packages only the programs are wanted, not the services that they start.
for service in prometheus etcd containerd; do
  if [[ " ${missing[*]} " =~ \ $service(-server)?\  && -d /run/systemd/system ]]; then
    "${as_root[@]}" systemctl disable --quiet --now "$service"
  fi
done
echo "install-deps: done"
