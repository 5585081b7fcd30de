#!/bin/bash
# MongoDB's protocol on port 27017, by FerretDB and PostgreSQL with DocumentDB, with the first user as MongoDB's image makes it.
set -euo pipefail
bin=/usr/lib/postgresql/18/bin
data=/data/db/postgres
sockets=/tmp/postgres
as_store=(setpriv --reuid 999 --regid 999 --clear-groups)

mkdir -p "$data" "$sockets"
chown -R 999:999 /data/db "$sockets"
[ -s "$data/PG_VERSION" ] || "${as_store[@]}" "$bin/initdb" -D "$data" --auth=trust --encoding=UTF8 \
  --locale=C.UTF-8 --username=postgres --no-instructions >/dev/null
rm -f "$data/postmaster.pid"
"${as_store[@]}" "$bin/postgres" -D "$data" -c listen_addresses= -c unix_socket_directories="$sockets" -c max_connections=200 \
  -c max_worker_processes=24 -c jit=off -c timezone=GMT -c log_timezone=GMT -c cron.database_name=postgres -c cron.use_background_workers=on \
  -c shared_preload_libraries=pg_cron,pg_documentdb_core,pg_documentdb -c log_min_error_statement=panic \
  -c documentdb.localhost_connection_string="host=$sockets user=postgres" &
postgres=$!
sql() { "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$sockets" -U postgres "$@" postgres; }
until sql -c 'SELECT 1' >/dev/null 2>&1; do sleep 0.2; done
sql -c 'CREATE EXTENSION IF NOT EXISTS documentdb CASCADE'
user="$MONGO_INITDB_ROOT_USERNAME"
if [ "$(sql -At -c "SELECT count(*) FROM pg_roles WHERE rolname = '$user'")" = 0 ]; then
  sql <<SQL
SELECT documentdb_api.create_user('{"createUser": "$user", "pwd": "$(cat "$MONGO_INITDB_ROOT_PASSWORD_FILE")", "roles": [{"role": "clusterAdmin", "db": "admin"}, {"role": "readWriteAnyDatabase", "db": "admin"}]}');
SQL
fi
"${as_store[@]}" ferretdb --postgresql-url="postgres:///postgres?host=$sockets&user=postgres&pool_max_conns=50" --listen-addr=:27017 \
  --state-dir=/tmp --debug-addr=- --telemetry=disable --log-level=error &
trap 'kill -INT "$postgres"' TERM INT
wait -n || true
kill -INT "$postgres" 2>/dev/null || true
wait "$postgres"
