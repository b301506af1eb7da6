#!/bin/bash
# The first start makes the system tables, the users, the database and what /docker-entrypoint-initdb.d holds, from MARIADB_* variables.
set -euo pipefail

from_file() { # VARIABLE: its value may stand in the file that VARIABLE_FILE names
  local file=$1_FILE
  [ -z "${!file:-}" ] || export "$1=$(<"${!file}")"
}
quoted() { printf "'%s'" "$(sed "s/[\\\\']/\\\\&/g" <<<"$1")"; }
case "${1:-}" in -*) set -- mariadbd "$@" ;; esac
if [ "$1" = mariadbd ]; then
  shift
  for name in ROOT_PASSWORD USER PASSWORD DATABASE; do
    ours=MARIADB_$name
    mysql=MYSQL_$name
    from_file "$ours"; from_file "$mysql"
    declare "$ours=${!ours:-${!mysql:-}}"
  done
  if [ ! -d /var/lib/mysql/mysql ]; then
    [ -n "$MARIADB_ROOT_PASSWORD" ] || [ -n "${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-}${MARIADB_RANDOM_ROOT_PASSWORD:-}" ] || { echo "MARIADB_ROOT_PASSWORD is not set" >&2; exit 1; }
    mariadb-install-db --user=mysql --datadir=/var/lib/mysql --skip-test-db --auth-root-authentication-method=normal >/dev/null
    # Bootstrap mode takes one statement a line.
    {
      echo "FLUSH PRIVILEGES;"
      echo "ALTER USER root@localhost IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");"
      echo "CREATE USER root@'%' IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");"
      echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
      [ -z "$MARIADB_DATABASE" ] || echo "CREATE DATABASE \`$MARIADB_DATABASE\`;"
      [ -z "$MARIADB_USER" ] || echo "CREATE USER $(quoted "$MARIADB_USER")@'%' IDENTIFIED BY $(quoted "$MARIADB_PASSWORD");"
      [ -z "$MARIADB_USER" ] || [ -z "$MARIADB_DATABASE" ] || echo "GRANT ALL ON \`$MARIADB_DATABASE\`.* TO $(quoted "$MARIADB_USER")@'%';"
    } | mariadbd --bootstrap --datadir=/var/lib/mysql
    scripts=(/docker-entrypoint-initdb.d/*)
    if [ -e "${scripts[0]}" ]; then
      mariadbd --skip-networking --socket=/run/mysqld/init.sock &
      until mariadb-admin --socket=/run/mysqld/init.sock -uroot -p"$MARIADB_ROOT_PASSWORD" ping >/dev/null 2>&1; do kill -0 $! && sleep 0.1; done
      for script in "${scripts[@]}"; do
        case $script in
          *.sh) bash "$script" ;;
          *.sql) mariadb --socket=/run/mysqld/init.sock -uroot -p"$MARIADB_ROOT_PASSWORD" ${MARIADB_DATABASE:+"$MARIADB_DATABASE"} <"$script" ;;
        esac
      done
      mariadb-admin --socket=/run/mysqld/init.sock -uroot -p"$MARIADB_ROOT_PASSWORD" shutdown
      wait
    fi
  fi
  exec mariadbd --bind-address=0.0.0.0 "$@"
fi
exec "$@"
