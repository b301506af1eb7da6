# shellcheck shell=bash
# etcd, API server, controller manager, scheduler. Sourced by entrypoint.sh.

start etcd etcd --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380
start kube-apiserver hyperkube kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --secure-port=6443 --advertise-address="$IP" \
  --tls-cert-file="$PKI/server.crt" --tls-private-key-file="$PKI/server.key" --client-ca-file="$PKI/ca.crt" \
  --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-client-certificate="$PKI/admin.crt" --kubelet-client-key="$PKI/admin.key" \
  --kubelet-preferred-address-types=InternalIP,Hostname --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local --service-account-key-file="$PKI/sa.key" --service-account-signing-key-file="$PKI/sa.key" \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --profiling=false
until_true api /readyz
start kube-controller-manager hyperkube kube-controller-manager --kubeconfig="$CONFIG/controller-manager" --authentication-kubeconfig="$CONFIG/controller-manager" \
  --authorization-kubeconfig="$CONFIG/controller-manager" --bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials=true \
  --root-ca-file="$PKI/ca.crt" --service-account-private-key-file="$PKI/sa.key" --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" \
  --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 --service-cluster-ip-range=10.96.0.0/16 --profiling=false
start kube-scheduler hyperkube kube-scheduler --kubeconfig="$CONFIG/scheduler" --authentication-kubeconfig="$CONFIG/scheduler" --authorization-kubeconfig="$CONFIG/scheduler" \
  --bind-address=127.0.0.1 --leader-elect=false --profiling=false
# Pods are refused until the controller manager has made their namespace's service account.
until_true api /api/v1/namespaces/default/serviceaccounts/default
