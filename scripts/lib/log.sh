# shellcheck shell=sh
# What the scripts say: progress on stderr, so that stdout stays for results.

say() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line; do printf '       %s\n' "$line" >&2; done
  return 1
}

# quietly COMMAND…: runs it and shows its output only when it fails.
quietly() {
  quietly_log=$(mktemp)
  if "$@" >"$quietly_log" 2>&1 </dev/null; then
    rm -f "$quietly_log"
  else
    tail -n 20 "$quietly_log" >&2
    rm -f "$quietly_log"
    return 1
  fi
}
