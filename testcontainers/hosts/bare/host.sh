#!/bin/bash
# The machine's life: `boot` is process 1, the other verbs are called while it runs.
# Environment: AUTHORIZED_KEY (of all users), SSHD_CONFIG (lines before the distribution's), PASSWORD (of all users; empty: none).
set -u

sshd_start() {
  mkdir -p /run/sshd
  /usr/sbin/sshd -E /var/log/sshd.log
}

# With the sessions: to a client it looks as if the machine went away.
sshd_stop() {
  pkill -x sshd
  for _ in $(seq 100); do pgrep -x sshd >/dev/null || return 0; sleep 0.05; done
  echo "sshd does not stop" >&2
  return 1
}

dockerd_start() {
  rm -f /run/docker.pid /run/docker/containerd/containerd.pid
  setsid dockerd </dev/null >>/var/log/dockerd.log 2>&1 &
}

dockerd_stop() {
  pkill -x dockerd
  for _ in $(seq 400); do pgrep -x dockerd >/dev/null || return 0; sleep 0.05; done
  echo "dockerd does not stop" >&2
  return 1
}

boot() {
  for home in /root /home/deploy /home/plain; do
    mkdir -p -m 700 "$home/.ssh"
    printf '%s\n' "$AUTHORIZED_KEY" >"$home/.ssh/authorized_keys"
    chown -R "$(stat -c %U:%G "$home")" "$home/.ssh"
  done
  if [ -n "${PASSWORD:-}" ]; then for user in root deploy plain; do echo "$user:$PASSWORD" | chpasswd; done; fi
  # The first value of a setting counts.
  { printf '%s\n' "${SSHD_CONFIG:-}" "LogLevel VERBOSE"; cat /etc/ssh/sshd_config; } >/etc/ssh/sshd_config.new
  mv /etc/ssh/sshd_config.new /etc/ssh/sshd_config
  ssh-keygen -A >/dev/null
  if command -v dockerd >/dev/null; then dockerd_start; fi
  sshd_start
  trap 'exit 0' TERM
  sleep infinity &
  wait
}

case $1 in
boot) boot ;;
sshd-stop) sshd_stop ;;
sshd-start) sshd_start ;;
dockerd-stop) dockerd_stop ;;
dockerd-start) dockerd_start ;;
*) echo "host.sh: no verb $1" >&2; exit 64 ;;
esac
