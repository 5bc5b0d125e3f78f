# productd and productctl on Debian slim: docs/kubernetes.md says how to build and run it.
# Built on amd64 and arm64 alike: docker build --platform linux/arm64, on such a machine or emulated.
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${BASE_IMAGE} AS build
# Versions are those of the Debian release that BASE_IMAGE names; a pin would outlive its mirror.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
      ccache cmake g++ libbenchmark-dev libboost1.81-dev libcli11-dev libcurl4-openssl-dev \
      libgmock-dev libgtest-dev libisal-dev liblmdb-dev libpistache-dev liburcu-dev \
      libxxhash-dev libyaml-cpp-dev ninja-build pkg-config rapidjson-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# .dockerignore lets in only what is compiled, so that other changes leave this layer as it is.
COPY . .
ARG REVISION=unknown
RUN export PRODUCTD_COMMIT="${REVISION}" CCACHE_BASEDIR=/source \
    && cmake --preset release -DBUILD_TESTING=OFF -Wno-dev \
    && cmake --build --preset release --target productd productctl \
    && strip build/release/bin/productd build/release/bin/productctl

FROM ${BASE_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
      libcurl4 libisal2 liblmdb0 libpistache0 liburcu8 libxxhash0 libyaml-cpp0.7 \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache \
    && groupadd --gid 65532 productd \
    && useradd --uid 65532 --gid productd --no-log-init --home-dir /var/lib/productd \
      --shell /usr/sbin/nologin productd \
    && install --directory --owner productd --group productd /var/lib/productd
COPY --from=build /source/build/release/bin/productd /source/build/release/bin/productctl /usr/bin/
# By number, for Kubernetes cannot see whether a name is root's.
USER 65532:65532
# Where the default data_dir, ./productd-data, needs a volume once the root file system is read-only.
WORKDIR /var/lib/productd
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["/usr/bin/productctl", "health", "--timeout", "4s"]
ENTRYPOINT ["/usr/bin/productd"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="productd" \
      org.opencontainers.image.description="Product catalogue over HTTP, read from memory" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
