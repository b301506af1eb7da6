#!/bin/bash
# `healthcheck.sh --connect --innodb_initialized`, as the public image has it: answers over TCP, which the first start does not open.
set -eu
mariadb --protocol=tcp -h127.0.0.1 -uroot -p"${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}" -Nse 'SELECT 1' >/dev/null
