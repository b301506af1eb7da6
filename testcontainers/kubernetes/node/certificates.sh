#!/bin/bash
# One authority, the certificates it signs, and a kubeconfig for each client. Made once: a restarted node keeps them.
set -euo pipefail
[ ! -f "$PKI/done" ] || exit 0
mkdir -p "$PKI" "$CONFIG"
cd "$PKI"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
key ca
openssl req -x509 -new -key ca.key -subj /CN=windflow-test-authority -days 3650 -out ca.crt \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:$NODE
names=$names,DNS:host.docker.internal,DNS:docker,IP:127.0.0.1,IP:10.96.0.1,IP:$IP
[ -z "${SERVER_NAME:-}" ] || case $SERVER_NAME in *[!0-9.]*) names=$names,DNS:$SERVER_NAME ;; *) names=$names,IP:$SERVER_NAME ;; esac

leaf() { # NAME SUBJECT USAGE
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" | openssl x509 -req -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days 3650 -out "$1.crt" \
    -extfile <(printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$3" "$names") 2>/dev/null
}
leaf server /CN=kube-apiserver serverAuth,clientAuth
leaf admin /O=system:masters/CN=admin clientAuth
leaf kubelet "/O=system:nodes/CN=system:node:$NODE" serverAuth,clientAuth
leaf controller-manager /CN=system:kube-controller-manager serverAuth,clientAuth
leaf scheduler /CN=system:kube-scheduler serverAuth,clientAuth
leaf proxy /CN=system:kube-proxy clientAuth
openssl genrsa -out sa.key 2048 2>/dev/null

for user in admin kubelet controller-manager scheduler proxy; do
  cat >"$CONFIG/$user" <<EOF
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $user, user: {client-certificate-data: $(base64 -w0 "$user.crt"), client-key-data: $(base64 -w0 "$user.key")}}]
contexts: [{name: test, context: {cluster: test, user: $user}}]
current-context: test
EOF
done
touch done
