#!/bin/bash
# Process 1 of the node. PARTS=control starts the control plane alone, which needs no privilege; otherwise the worker too.
# Says "cluster ready" when it is. When a component ends, so does the container.
set -euo pipefail
export DIR=/var/lib/cluster RUN=/run/cluster NODE=node
export PKI=$DIR/pki CONFIG=$DIR/kubeconfig LOG=$DIR/log
parts=${PARTS:-control worker}

if [ "$parts" != control ] && [ "${1:-}" != inside ]; then
  # A cgroup namespace of its own, whatever the engine chose: every hierarchy then starts at "/".
  exec unshare --cgroup -- "$0" inside
fi

own_cgroups() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = tmpfs ]; then # version 1, or hybrid
    local hierarchies mount options
    hierarchies=$(awk '$3 == "cgroup" && $2 ~ "^/sys/fs/cgroup" {print $2, $4}' /proc/mounts)
    while read -r mount options; do
      [ -n "$mount" ] || continue
      umount -l "$mount"
      mkdir -p "$mount"
      options=$(tr , '\n' <<<"$options" | grep -vE '^(rw|ro|nosuid|nodev|noexec|relatime|noatime|seclabel)$' | paste -sd,)
      mount -t cgroup -o "$options" cgroup "$mount"
    done <<<"$hierarchies"
  else # version 2: controllers are delegated only from a group without processes
    umount -l /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir -p /sys/fs/cgroup/init
    for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs || true; done
    for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true; done
  fi
}

if [ "$parts" != control ]; then
  mount --make-rshared /
  [ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
  own_cgroups
  mount -o remount,rw /sys 2>/dev/null || true
  mount -o remount,rw /proc/sys 2>/dev/null || true
  [ -e /dev/kmsg ] || ln -s /dev/null /dev/kmsg
fi

mkdir -p "$DIR" "$RUN" "$LOG"
IP=$(hostname -i | awk '{print $1}')
export IP
/node/certificates.sh

pids=()
start() { # NAME COMMAND…: runs it in the background, its output in a file
  local name=$1
  shift
  "$@" >"$LOG/$name.log" 2>&1 &
  pids+=($!)
}
stop() {
  trap - TERM INT
  kill "${pids[@]}" 2>/dev/null
  wait
  exit "${1:-0}"
}
trap stop TERM INT
api() { curl -sf --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "https://127.0.0.1:6443$1"; }
until_true() { # COMMAND…: waits for it while every component lives
  until "$@" >/dev/null 2>&1; do
    for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null || ended; done
    sleep 0.1
  done
}
ended() {
  echo "a component ended; the ends of their logs:"
  tail -n 5 "$LOG"/*.log
  stop 1
}

. /node/control-plane.sh
[ "$parts" = control ] || . /node/worker.sh
echo "cluster ready"
wait -n || true
ended
