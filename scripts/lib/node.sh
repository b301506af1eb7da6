# shellcheck shell=sh
# A Node that runs this project, on PATH: the system's when it is new enough, else a copy of ours in the cache.
# The system's own Node is never touched.

NODE_VERSION=24.21.0
NPM_VERSION=11.19.1
WINDFLOW_CACHE_DIR=${WINDFLOW_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/windflow}
export WINDFLOW_CACHE_DIR

# Node trusts only the authorities it carries; whoever runs a proxy has put its own among the system's.
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ]; then
  for authorities in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [ -r "$authorities" ]; then
      export NODE_EXTRA_CA_CERTS="$authorities"
      break
    fi
  done
fi

node_is_new_enough() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# node_platform: the suffix that both the npm packages and nodejs.org use.
node_platform() {
  case "$(uname -s)" in Linux) os=linux ;; Darwin) os=darwin ;; *) return 1 ;; esac
  case "$(uname -m)" in x86_64 | amd64) cpu=x64 ;; aarch64 | arm64) cpu=arm64 ;; *) return 1 ;; esac
  echo "$os-$cpu"
}

node_from_npm() { # DIR PLATFORM
  # The npm package carries the binary itself: no install script runs.
  quietly npm install --prefix "$1" --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error --fetch-retries=1 \
    "node-$2@$NODE_VERSION" "npm@$NPM_VERSION" &&
    mkdir -p "$1/bin" && ln -s "../node_modules/node-$2/bin/node" "$1/bin/node" &&
    ln -s ../node_modules/npm/bin/npm-cli.js "$1/bin/npm" && ln -s ../node_modules/npm/bin/npx-cli.js "$1/bin/npx"
}

node_from_nodejs_org() { # DIR PLATFORM
  archive=node-v$NODE_VERSION-$2.tar.gz
  for file in "$archive" SHASUMS256.txt; do
    curl -fsSL --retry 2 -o "$1/$file" "https://nodejs.org/dist/v$NODE_VERSION/$file" || return 1
  done
  (
    cd "$1" || exit 1
    grep " $archive\$" SHASUMS256.txt >expected
    if command -v sha256sum >/dev/null 2>&1; then sha256sum -c expected >/dev/null; else shasum -a 256 -c expected >/dev/null; fi
  ) || return 1
  tar -xzf "$1/$archive" -C "$1" --strip-components=1 && rm -f "$1/$archive" "$1/SHASUMS256.txt" "$1/expected"
}

# use_node: puts node and npm on PATH, or says what to install.
use_node() {
  node_is_new_enough && return 0
  platform=$(node_platform) || {
    fail "no Node for $(uname -sm)" "Install Node 24 (at least 22.19) with npm and run this again."
    return 1
  }
  node_home=$WINDFLOW_CACHE_DIR/node-$NODE_VERSION-npm-$NPM_VERSION-$platform
  if [ ! -x "$node_home/bin/node" ]; then
    say "Node $NODE_VERSION is needed: installing it into $node_home"
    mkdir -p "$WINDFLOW_CACHE_DIR" && node_part=$(mktemp -d "$WINDFLOW_CACHE_DIR/node-part.XXXXXX") || return 1
    chmod 755 "$node_part"
    if ! command -v npm >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
      say "no npm here: installing Debian's to fetch it with"
      { quietly apt-get update -q && quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends npm; } || true
    fi
    if command -v npm >/dev/null 2>&1 && node_from_npm "$node_part" "$platform"; then :
    elif command -v curl >/dev/null 2>&1 && node_from_nodejs_org "$node_part" "$platform"; then :
    else
      rm -rf "$node_part"
      fail "Node 24 could not be installed: npm and nodejs.org gave nothing" "Install Node 24 (at least 22.19) with npm and run this again."
      return 1
    fi
    # Another run may have been faster: its copy is as good.
    { [ ! -e "$node_home" ] && mv "$node_part" "$node_home"; } || rm -rf "$node_part"
  fi
  PATH=$node_home/bin:$PATH
  export PATH
  node_is_new_enough || {
    fail "the Node in $node_home does not run here" "Remove that folder, or install Node 24 with npm, and run this again."
    return 1
  }
}
