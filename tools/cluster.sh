#!/usr/bin/env bash
# A real Kubernetes of two nodes for tests, on this machine and without a way out of it (root):
#   cluster.sh up                starts it: a control plane, DNS, two nodes with containerd
#   cluster.sh load ARCHIVE...   gives images (docker-archive or oci-archive) to both nodes
#   cluster.sh run COMMAND...    runs that inside, with kubectl on PATH and KUBECONFIG set
#   cluster.sh down              ends it, whatever state it is in
# All of it lives in one PID, mount and network namespace, so that the kernel ends every process and
# mount with the first process of the namespace. What lasts is in /var/tmp/productd-cluster.
set -euo pipefail
tools=$(realpath "$(dirname "$0")")
state=/var/tmp/productd-cluster
cgroup=productd-cluster
ready_seconds=120

fail() {
  echo "cluster: $*" >&2
  exit 1
}

# The first process, and its namespace, for its number may be another's by now.
running() {
  [[ -f $state/holder ]] || return 1
  read -r holder namespace <"$state/holder"
  [[ $(readlink "/proc/$holder/ns/net" 2>/dev/null) == "$namespace" ]]
}

# inside NODE COMMAND...
inside() {
  local node=$1
  shift
  nsenter --target "$holder" --mount --pid --net \
    nsenter --net="/run/netns/$node" "$@"
}

start() { # NODE NAME COMMAND...
  local node=$1 name=$2
  shift 2
  setsid nsenter --target "$holder" --mount --pid --net \
    nsenter --net="/run/netns/$node" env --chdir="$state" "$@" >"$name.log" 2>&1 </dev/null &
}

wait_for() { # WHAT LOG COMMAND...
  local what=$1 log=$2 deadline=$((SECONDS + ready_seconds))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS > deadline)); then
      tail -n 5 "$log.log" >&2
      fail "$what: not in $ready_seconds s; more is in $state/$log.log; tools/cluster.sh down ends it"
    fi
    sleep 0.2
  done
}

control_groups() { # of every hierarchy, or of the one there is
  awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/self/mounts
}

down() {
  if running; then
    kill -KILL "$holder"
    # Its namespaces end with it, but not at once.
    local deadline=$((SECONDS + 30))
    while [[ -e /proc/$holder ]]; do
      ((SECONDS < deadline)) || fail "process $holder does not end"
      sleep 0.1
    done
  fi
  local root
  control_groups | while read -r root; do
    # A process that was killed leaves its group a moment later.
    local deadline=$((SECONDS + 30))
    while [[ -d $root/$cgroup ]]; do
      find "$root/$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null || true
      ((SECONDS < deadline)) || fail "control group $root/$cgroup does not get empty"
    done
  done
  rm -rf "$state"
}

certificate() { # NAME SUBJECT [ALTERNATIVE-NAMES]
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "${3:-DNS:$1}" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 30 \
    -extfile "$1.ext" 2>/dev/null
  [[ $1 != apiserver ]] || return 0
  cat >"$1.conf" <<YAML
apiVersion: v1
kind: Config
clusters:
  - {name: test, cluster: {server: "https://10.250.0.1:6443", certificate-authority: $state/ca.crt}}
users: [{name: user, user: {client-certificate: $state/$1.crt, client-key: $state/$1.key}}]
contexts: [{name: test, context: {cluster: test, user: user}}]
current-context: test
YAML
}

authorities() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=productd-cluster \
    -days 30 2>/dev/null
  certificate apiserver /CN=apiserver \
    "IP:127.0.0.1,IP:10.96.0.1,IP:10.250.0.1,DNS:kubernetes.default.svc"
  certificate admin /O=system:masters/CN=admin
  certificate controller-manager /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  certificate proxy /CN=system:kube-proxy
  local number
  for number in 1 2; do
    certificate "node$number" "/O=system:nodes/CN=system:node:node$number" \
      "DNS:node$number,IP:10.250.0.$number"
  done
  openssl genrsa -out accounts.key 2048 2>/dev/null
  openssl rsa -in accounts.key -pubout -out accounts.pub 2>/dev/null
}

namespaces() {
  # shellcheck disable=SC2016  # expanded inside
  # --kill-child, or who kills unshare leaves the namespace running.
  setsid unshare --mount --pid --net --fork --kill-child --mount-proc bash -c '
    # What programs keep elsewhere stays in here.
    mkdir -p /run/netns /run/containerd /var/lib/kubelet /var/log/containers /opt
    for directory in /run/netns /run/containerd /var/lib/kubelet /var/log/containers /opt; do
      mount -t tmpfs tmpfs "$directory"
    done
    # As the first process it also buries the orphans of all others.
    while :; do sleep infinity & wait; done' >holder.log 2>&1 </dev/null &
  local outer=$!
  wait_for "the namespace" holder pgrep -P "$outer"
  holder=$(pgrep -P "$outer")
  echo "$holder $(readlink "/proc/$holder/ns/net")" >"$state/holder"
  wait_for "the namespace's mounts" holder \
    nsenter --target "$holder" --mount --pid mountpoint -q /opt
  # shellcheck disable=SC2016
  nsenter --target "$holder" --mount --pid --net bash -euc '
    for node in node1 node2; do
      ip netns add "$node"
      run=(nsenter "--net=/run/netns/$node")
      "${run[@]}" ip link set lo up
      # It stands for a network card: kubelet refuses a loopback address.
      "${run[@]}" ip link add node0 type bridge
      "${run[@]}" ip addr add "10.250.0.${node#node}/24" dev node0
      "${run[@]}" ip link set node0 up
      # An address of a Service needs a route before it is rewritten.
      "${run[@]}" ip route add 10.96.0.0/16 dev node0
      "${run[@]}" sysctl -qw net.ipv4.ip_forward=1
    done
    ip link add one netns node1 type veth peer name two netns node2
    nsenter --net=/run/netns/node1 ip link set one master node0 up
    nsenter --net=/run/netns/node2 ip link set two master node0 up
    nsenter --net=/run/netns/node1 ip route add 10.244.2.0/24 via 10.250.0.2
    nsenter --net=/run/netns/node2 ip route add 10.244.1.0/24 via 10.250.0.1'
}

control_plane() {
  start node1 etcd etcd --data-dir etcd.data --unsafe-no-fsync
  start node1 apiserver "$programs/kube-apiserver" --etcd-servers http://127.0.0.1:2379 \
    --bind-address 0.0.0.0 --advertise-address 10.250.0.1 \
    --tls-cert-file apiserver.crt --tls-private-key-file apiserver.key --client-ca-file ca.crt \
    --service-account-key-file accounts.pub --service-account-signing-key-file accounts.key \
    --service-account-issuer https://kubernetes.default.svc \
    --service-cluster-ip-range 10.96.0.0/16 --authorization-mode Node,RBAC \
    --kubelet-client-certificate admin.crt --kubelet-client-key admin.key \
    --kubelet-certificate-authority ca.crt --kubelet-preferred-address-types InternalIP
  wait_for "kube-apiserver is ready" apiserver run_inside kubectl get --raw /readyz
  start node1 controller-manager "$programs/kube-controller-manager" \
    --kubeconfig controller-manager.conf --service-account-private-key-file accounts.key \
    --root-ca-file ca.crt --use-service-account-credentials --leader-elect=false \
    --cluster-signing-cert-file ca.crt --cluster-signing-key-file ca.key
  start node1 scheduler "$programs/kube-scheduler" --kubeconfig scheduler.conf \
    --leader-elect=false
  cat >Corefile <<CORE
cluster.local:53 {
  bind 10.250.0.1
  errors
  kubernetes cluster.local {
    kubeconfig $state/admin.conf
  }
}
CORE
  start node1 dns "$programs/coredns" -conf Corefile
}

node() { # NUMBER
  local name=node$1 directory=$state/node$1 root
  mkdir -p "$directory/cni"
  control_groups | while read -r root; do mkdir -p "$root/$cgroup/$name"; done
  cat >"$directory/cni/10-bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "test", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipam": {
    "type": "host-local", "dataDir": "$directory/cni-state",
    "ranges": [[{"subnet": "10.244.$1.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
  # restrict_oom_score_adj: in a container of its own this machine may not lower a score.
  cat >"$directory/containerd.toml" <<TOML
version = 2
root = "$directory/containerd/root"
state = "$directory/containerd/state"
[grpc]
  address = "$directory/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$directory/cni"
TOML
  cat >"$directory/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup/$name
failSwapOn: false
containerRuntimeEndpoint: unix://$directory/containerd.sock
authentication:
  anonymous: {enabled: false}
  x509: {clientCAFile: $state/ca.crt}
  webhook: {enabled: true}
authorization: {mode: Webhook}
tlsCertFile: $state/$name.crt
tlsPrivateKeyFile: $state/$name.key
podLogsDir: $directory/pod-logs
resolvConf: /dev/null
clusterDomain: cluster.local
clusterDNS: [10.250.0.1]
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 99
imageGCLowThresholdPercent: 98
YAML
  start "$name" "$name-containerd" containerd --config "$directory/containerd.toml"
  wait_for "containerd of $name" "$name-containerd" \
    ctr --address "$directory/containerd.sock" version
  start "$name" "$name-kubelet" "$programs/kubelet" --config "$directory/kubelet.yaml" \
    --kubeconfig "$name.conf" --hostname-override "$name" --root-dir "$directory/kubelet" \
    --node-ip "10.250.0.$1"
  # --masquerade-all: answers of a pod on the same bridge would else come from an unknown address
  # where the kernel has no br_netfilter.
  start "$name" "$name-proxy" "$programs/kube-proxy" --kubeconfig proxy.conf --masquerade-all \
    --proxy-mode iptables --cluster-cidr 10.244.0.0/16 --hostname-override "$name" \
    --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 \
    --conntrack-tcp-timeout-close-wait 0
}

# A pod's first container holds its namespaces; the usual image comes from a registry.
pause_image() {
  mkdir -p pause
  cat >pause/pause.c <<'C'
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
static void end(int signal_number) { _exit(signal_number == SIGTERM ? 0 : 1); }
int main(void) {
  signal(SIGTERM, end);
  for (;;) pause();
}
C
  gcc -Os -static -o pause/pause pause/pause.c
  printf 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n' >pause/Dockerfile
  local buildah=(buildah --root "$state/pause/storage" --runroot "$state/pause/run"
    --storage-driver vfs)
  "${buildah[@]}" build --isolation chroot --quiet --tag localhost/pause:1 pause >/dev/null
  "${buildah[@]}" push --quiet localhost/pause:1 docker-archive:pause.tar:localhost/pause:1
}

load() {
  local archive number
  for archive in "$@"; do
    for number in 1 2; do
      # Its own mounts must be those that containerd sees.
      inside "node$number" ctr --address "$state/node$number/containerd.sock" --namespace k8s.io \
        images import "$(realpath "$archive")" >/dev/null
    done
  done
}

run_inside() {
  nsenter --target "$holder" --mount --pid --net nsenter --net=/run/netns/node1 \
    env --chdir="$PWD" "PATH=$programs:$PATH" "KUBECONFIG=$state/admin.conf" "$@"
}

up() {
  running && fail "one is running, and a machine has one at most: tools/cluster.sh down ends it"
  down
  mkdir -p "$state"
  cd "$state"
  authorities
  pause_image
  namespaces
  control_plane
  node 1
  node 2
  load "$state/pause.tar"
  wait_for "nodes are registered" node2-kubelet run_inside kubectl get node node1 node2
  wait_for "nodes are ready" node2-kubelet \
    run_inside kubectl wait --for=condition=Ready node --all --timeout=1s
}

[[ $EUID -eq 0 ]] || fail "run as root: it makes namespaces and control groups"
case ${1:-} in
  up)
    programs=$("$tools/cluster-tools.sh")
    up
    echo "cluster: ready; tools/cluster.sh run kubectl get nodes; tools/cluster.sh down ends it"
    ;;
  down)
    down
    ;;
  load | run)
    running || fail "none is running: tools/cluster.sh up starts one"
    programs=$("$tools/cluster-tools.sh")
    if [[ $1 == load ]]; then load "${@:2}"; else run_inside "${@:2}"; fi
    ;;
  *)
    fail "say up, load ARCHIVE..., run COMMAND... or down"
    ;;
esac
