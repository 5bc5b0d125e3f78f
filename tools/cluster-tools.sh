#!/usr/bin/env bash
# Builds what tools/cluster.sh runs from Go modules, Kubernetes and its DNS, each once, into the
# cache of deploy-tools.sh. Prints the path of their directory. Minutes the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
version=1.36.3
dns_version=1.14.7
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)
directory=${PRODUCTD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/productd-tools}/kubernetes-$version
mkdir -p "$directory"
# Of two that start together one builds and the other waits.
exec 9>"$directory/lock"
flock 9

missing=()
for program in "${programs[@]}" coredns; do
  [[ -x $directory/$program ]] || missing+=("$program")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "$directory"
  exit
fi

go_program=$(tools/deploy-tools.sh --go)
module=$(mktemp -d)
trap 'rm -rf "$module"' EXIT
mkdir "$module/kubernetes" "$module/dns"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=mod -buildvcs=false -trimpath"

cd "$module/kubernetes"
"$go_program" mod init cluster-tools 2>/dev/null
"$go_program" mod edit -require "k8s.io/kubernetes@v$version"
# The module names its own parts as v0.0.0, for a checkout where they lie beside it.
manifest=$("$go_program" mod download -json "k8s.io/kubernetes@v$version" |
  sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
while read -r part; do
  "$go_program" mod edit -replace "$part=$part@v0.${version#*.}"
done < <(sed -n 's/^\s*\(k8s\.io\/\S*\) v0\.0\.0\s*$/\1/p' "$manifest")
{
  echo 'package tools'
  printf 'import _ "k8s.io/kubernetes/cmd/%s"\n' "${programs[@]}"
} >tools.go

# CoreDNS with two of its plugins: all of them are ten times as much to build.
cd "$module/dns"
"$go_program" mod init cluster-dns 2>/dev/null
"$go_program" mod edit -require "github.com/coredns/coredns@v$dns_version"
cat >main.go <<'GO'
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() {
	dnsserver.Directives = []string{"bind", "errors", "kubernetes"}
	coremain.Run()
}
GO

name=k8s.io/component-base/version
flags="-s -w -X $name.gitVersion=v$version -X $name.gitMajor=1 -X $name.gitMinor=36"
for program in "${missing[@]}"; do
  echo "cluster-tools: building $program" >&2
  if [[ $program == coredns ]]; then
    cd "$module/dns"
    package=.
  else
    cd "$module/kubernetes"
    package=k8s.io/kubernetes/cmd/$program
  fi
  "$go_program" build -ldflags "$flags" -o "$directory/$program.new" "$package"
  mv "$directory/$program.new" "$directory/$program"
done
echo "$directory"
