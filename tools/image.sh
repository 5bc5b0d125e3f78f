#!/usr/bin/env bash
# Builds the image of Dockerfile without Docker and without a registry (root): by buildah, on a base
# that debootstrap makes of this machine's own Debian mirrors. Prints the image's name. Layers are
# kept in a cache outside the tree ($PRODUCTD_IMAGES, default ~/.cache/productd-images); to make
# everything anew, remove that.
#   image.sh                 localhost/productd:VERSION
#   image.sh buildah ...     buildah with that cache, such as: image.sh buildah images
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${PRODUCTD_IMAGES:-${XDG_CACHE_HOME:-$HOME/.cache}/productd-images}
mkdir -p "$cache"
if [[ $EUID -ne 0 ]]; then
  echo "image: run as root: debootstrap and buildah make a root file system" >&2
  exit 1
fi
# overlay is many times as fast as vfs, which copies everything for each layer, but a machine that
# is itself a container may have no right to it.
driver=vfs
trial=$(mktemp -d "$cache/trial.XXXXXX")
mkdir "$trial"/{lower,upper,work,merged}
overlay="lowerdir=$trial/lower,upperdir=$trial/upper,workdir=$trial/work"
if mount -t overlay overlay -o "$overlay" "$trial/merged" 2>/dev/null; then
  umount "$trial/merged"
  driver=overlay
fi
rm -rf "$trial"
storage=(buildah --root "$cache/$driver" --runroot "$cache/run-$driver" --storage-driver "$driver")
if [[ ${1:-} == buildah ]]; then
  exec "${storage[@]}" "${@:2}"
fi
# Of two that start together one builds and the other waits.
exec 9>"$cache/lock"
flock 9

# Layers of old sources have no name to go by, so that all are given up once they are many.
most_megabytes=10000
if (($(du -sm "$cache" | cut -f 1) > most_megabytes)); then
  echo "image: $cache holds more than $most_megabytes MB: making its layers anew" >&2
  "${storage[@]}" rmi --all --force >/dev/null
fi

base=docker.io/library/debian:bookworm-slim
make_base() {
  echo "image: making $base by debootstrap" >&2
  local root
  root=$(mktemp -d "$cache/base.XXXXXX")
  debootstrap --variant=minbase bookworm "$root" >"$cache/debootstrap.log" 2>&1 || {
    tail -n 5 "$cache/debootstrap.log" >&2
    echo "image: debootstrap failed; all of its log is $cache/debootstrap.log" >&2
    exit 1
  }
  # The mirrors and their settings are the machine's; Debian slim leaves the same out.
  cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
  rm -f "$root/etc/apt/sources.list"
  find /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
    -maxdepth 0 -exec cp --parents {} "$root" \; 2>/dev/null || true
  printf 'path-exclude /usr/share/%s/*\n' doc groff info lintian locale man \
    >"$root/etc/dpkg/dpkg.cfg.d/docker"
  echo 'path-include /usr/share/doc/*/copyright' >>"$root/etc/dpkg/dpkg.cfg.d/docker"
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  rm -rf "$root"/usr/share/{groff,info,lintian,locale,man}/* "$root"/var/cache/apt/archives/*.deb \
    "$root"/var/lib/apt/lists/*
  local container
  container=$("${storage[@]}" from --pull-never scratch)
  cp -a "$root/." "$("${storage[@]}" mount "$container")"
  "${storage[@]}" config --cmd bash "$container"
  "${storage[@]}" commit --quiet --rm "$container" "$base" >/dev/null
  rm -rf "$root"
}
"${storage[@]}" inspect --type image "$base" >/dev/null 2>&1 || make_base

version=$(sed -n 's/^project(productd VERSION \(\S*\).*/\1/p' CMakeLists.txt)
# The commit that last changed what is compiled: any other leaves the image as it is.
mapfile -t sources < <(sed -n 's/^!//p' .dockerignore)
revision=$(git log -1 --format=%h --abbrev=12 -- Dockerfile "${sources[@]}" 2>/dev/null || true)
arguments=(--build-arg "VERSION=$version" --build-arg "REVISION=${revision:-unknown}"
  --tag "localhost/productd:$version")
# What ccache has from builds of this clone serves in the image too.
if objects=$(ccache --get-config cache_dir 2>/dev/null) && mkdir -p "$objects"; then
  arguments+=(--volume "$objects:/root/.cache/ccache")
fi
echo "image: building localhost/productd:$version; the first time takes minutes" >&2
# HEALTHCHECK is of Docker's format only.
"${storage[@]}" build --format docker --layers --isolation chroot --network host --pull-never \
  "${arguments[@]}" . >&2
echo "localhost/productd:$version"
