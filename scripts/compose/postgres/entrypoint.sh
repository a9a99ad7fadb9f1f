#!/bin/sh
# Understands of the official image's settings what docker-compose.yml uses:
# POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and PGDATA.
set -eu

if [ "$(id -u)" = 0 ]; then
    # A fresh volume belongs to root, and PostgreSQL refuses to run as root.
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    install -d -o postgres -g postgres -m 2775 /var/run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    : "${POSTGRES_PASSWORD:?must be set}"
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    secret=$(mktemp)
    printf '%s' "$POSTGRES_PASSWORD" >"$secret"
    initdb --username="$user" --pwfile="$secret" --encoding=UTF8 --auth-local=trust --auth-host=scram-sha-256
    rm -f "$secret"
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
    # On the unix socket only while the database is made: a health check over TCP must not pass before.
    pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses=''" start
    [ "$database" = postgres ] || createdb --username="$user" --maintenance-db=postgres "$database"
    pg_ctl --pgdata="$PGDATA" --wait --mode=fast stop
fi

exec "$@"
