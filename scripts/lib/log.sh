# shellcheck shell=sh
# What the scripts say: progress on stderr, so that stdout stays for results.

say() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line; do printf '       %s\n' "$line" >&2; done
  return 1
}
