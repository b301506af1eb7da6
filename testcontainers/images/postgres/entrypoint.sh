#!/bin/bash
# The first start makes the cluster, the database and what /docker-entrypoint-initdb.d holds, from POSTGRES_* variables.
set -euo pipefail

from_file() { # VARIABLE: its value may stand in the file that VARIABLE_FILE names
  local file=$1_FILE
  [ -z "${!file:-}" ] || export "$1=$(<"${!file}")"
}
case "${1:-}" in -*) set -- postgres "$@" ;; esac
if [ "$1" = postgres ]; then
  from_file POSTGRES_PASSWORD; from_file POSTGRES_USER; from_file POSTGRES_DB
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    hosts=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    [ -n "${POSTGRES_PASSWORD:-}" ] || [ "$hosts" = trust ] || { echo "POSTGRES_PASSWORD is not set" >&2; exit 1; }
    initdb -U "$user" --pwfile=<(echo "${POSTGRES_PASSWORD:-unused}") --auth-host=scram-sha-256 --auth-local=trust -E UTF8 >/dev/null
    echo "host all all all $hosts" >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=" -w start >/dev/null
    [ "$database" = postgres ] || createdb -U "$user" "$database"
    for script in /docker-entrypoint-initdb.d/*; do
      case $script in
        *.sh) bash "$script" ;;
        *.sql) psql -v ON_ERROR_STOP=1 -U "$user" -d "$database" -f "$script" ;;
      esac
    done
    pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
  fi
  shift
  exec postgres -c listen_addresses='*' "$@"
fi
exec "$@"
