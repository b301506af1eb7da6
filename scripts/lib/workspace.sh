# shellcheck shell=sh
# The clone made ready to run: dependencies as the lock file says, packages built. Needs `use_node` before.

# An exact copy of the lock file that node_modules was made from tells whether it is still right.
install_dependencies() {
  if cmp -s package-lock.json node_modules/.installed-lock; then return 0; fi
  say "installing dependencies"
  quietly npm ci --prefer-offline --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.installed-lock ||
    fail "npm ci failed (its message is above)" "The npm registry must be reachable; a lock file that does not match package.json is put right by: npm install && scripts/lock-platforms"
}

build_packages() { quietly npm run --silent build || fail "the build failed (the compiler's message is above)"; }

# Finds a Docker engine, or installs and starts one where that is possible; prints which.
ensure_engine() { node testcontainers/src/engine-command.ts >&2; }
