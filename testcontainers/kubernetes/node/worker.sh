# shellcheck shell=bash
# containerd, kubelet, kube-proxy. Sourced by entrypoint.sh after the control plane.

socket=$RUN/containerd.sock
cat >"$DIR/containerd.toml" <<EOF
version = 2
root = "$DIR/containerd"
state = "$RUN/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "$socket"
[ttrpc]
  address = "$socket.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "$DIR/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"
  tolerate_missing_hugetlb_controller = true
  # Some virtual machines lack CAP_SYS_RESOURCE: a negative score makes runc die with "can't get final child's PID".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DIR/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    discard_unpacked_layers = false
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
EOF
mkdir -p "$DIR/cni"
cat >"$DIR/cni/10-bridge.conflist" <<EOF
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$DIR/cni-data", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOF
start containerd containerd --config "$DIR/containerd.toml"
until_true ctr -a "$socket" version
ctr -a "$socket" -n k8s.io images import /node/pause.tar >>"$LOG/import.log" 2>&1

cat >"$DIR/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 0.0.0.0
containerRuntimeEndpoint: unix://$socket
cgroupDriver: cgroupfs
cgroupRoot: /
failSwapOn: false
tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
resolvConf: $DIR/resolv.conf
imageGCHighThresholdPercent: 100
evictionHard: {nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}
staticPodPath: ""
volumePluginDir: $DIR/volume-plugins
podLogsDir: $DIR/pod-logs
nodeStatusUpdateFrequency: 4s
shutdownGracePeriod: 0s
registerNode: true
EOF
: >"$DIR/resolv.conf"
start kubelet hyperkube kubelet --config="$DIR/kubelet.yaml" --kubeconfig="$CONFIG/kubelet" --root-dir="$DIR/kubelet" --cert-dir="$DIR/kubelet-pki" \
  --hostname-override="$NODE" --node-ip="$IP"
start kube-proxy hyperkube kube-proxy --kubeconfig="$CONFIG/proxy" --proxy-mode=iptables --cluster-cidr=10.244.0.0/16 --hostname-override="$NODE" \
  --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0s --conntrack-tcp-timeout-close-wait=0s
node_ready() { api "/api/v1/nodes/$NODE" | tr -d ' \n' | grep -q '"type":"Ready","status":"True"'; }
until_true node_ready
