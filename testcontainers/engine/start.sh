#!/bin/sh
# Installs (Debian, Ubuntu) and starts a Docker engine. Root only; idempotent; does not wait until it answers.
set -eu

. "$(dirname "$0")/../../scripts/lib/log.sh"

candidate() { apt-cache policy "$1" | sed -n 's/^ *Candidate: *\([0-9]*\).*/\1/p'; }

# Debian 12 has Docker 20; the next release's packages run on it. The mirror is the one this machine already uses.
allow_newer_docker() {
  . /etc/os-release
  site=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v r="$VERSION_CODENAME" '$1 == r && $2 == "main" {print $3; exit}')
  [ -n "$site" ] || fail "apt's sources name no mirror for $VERSION_CODENAME main"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "${site%/}" >/etc/apt/sources.list.d/windflow-trixie.list
  cat >/etc/apt/preferences.d/windflow-trixie <<'EOF'
Package: *
Pin: release n=trixie
Pin-Priority: 50

Package: docker.io docker-cli docker-compose docker-buildx containerd
Pin: release n=trixie
Pin-Priority: 900
EOF
  quietly apt-get update -q
}

install() {
  command -v apt-get >/dev/null 2>&1 || fail "no dockerd here, and this is not Debian or Ubuntu"
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update -q
  . /etc/os-release
  version=$(candidate docker.io)
  if [ "$ID" = debian ] && [ "${VERSION_CODENAME:-}" = bookworm ] && [ "${version:-0}" -lt 24 ]; then allow_newer_docker; fi
  quietly apt-get install -y -q --no-install-recommends docker.io iptables
  # In a package of its own since trixie; people want it beside the engine, we do not.
  command -v docker >/dev/null 2>&1 || quietly apt-get install -y -q --no-install-recommends docker-cli || true
}

command -v dockerd >/dev/null 2>&1 || install
if [ -d /run/systemd/system ]; then
  systemctl start docker
else
  # No init system would keep it: it gets a session of its own and outlives this shell.
  setsid dockerd </dev/null >>/var/log/dockerd.log 2>&1 &
fi
