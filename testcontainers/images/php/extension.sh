#!/bin/sh
# The public image compiles extensions; here they are Debian's packages, those most asked for being there already.
set -eu
for name; do
  case $name in
    -*) continue ;;
    mysqli | pdo_mysql | mysqlnd) package=mysql ;;
    pgsql | pdo_pgsql) package=pgsql ;;
    *) package=$name ;;
  esac
  php -m | grep -qix "$name" || { apt-get update -q && apt-get install -y -q --no-install-recommends "php8.2-$package"; }
done
