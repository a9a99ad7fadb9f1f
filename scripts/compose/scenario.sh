#!/usr/bin/env bash
# What compose-test proves, with whatever engine `docker` talks to: the images are there, COMPOSE_FILE may name the
# files. Users and books come through the API and through psql; each worker is killed once while work is under way; in
# the end every living user has one Profile and every book one Summary.
set -euo pipefail

export COMPOSE_PROJECT_NAME=heliograph-compose-test COMPOSE_ANSI=never
export BOOKSHOP_PORT=${BOOKSHOP_PORT:-18080}
api=http://127.0.0.1:$BOOKSHOP_PORT
# How long anything may take before it counts as not happening, in seconds. The machine may be slow and shared.
patience=${COMPOSE_TEST_PATIENCE:-90}

say() {
    printf '[%3ss] %s\n' "$SECONDS" "$*"
}

fail() {
    echo "compose-test: $*" >&2
    exit 1
}

down() {
    docker compose down --volumes --remove-orphans --timeout 10 >/dev/null 2>&1
}

finish() {
    local status=$?
    trap - EXIT
    if [ $status -ne 0 ]; then
        docker compose ps --all >&2 || true
        docker compose --ansi never logs --no-color --tail 30 >&2 || true
    fi
    if ! down || [ -n "$(docker compose ps --all --quiet)" ]; then
        echo "compose-test: docker compose down left something behind" >&2
        [ $status -ne 0 ] || status=1
    fi
    exit $status
}

sql() {
    docker compose exec -T db psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username bookshop --dbname bookshop "$@"
}

value() { # SQL
    sql --no-align --tuples-only --command "$1"
}

post() { # PATH JSON
    local status
    status=$(curl --silent --show-error --max-time 30 --output /dev/null --write-out '%{http_code}' \
        --header 'Content-Type: application/json' --data "$2" "$api$1") || fail "POST $1: no answer"
    [ "$status" = 201 ] || fail "POST $1 $2: answered $status, not 201"
}

# Waits until the condition, an SQL expression, holds.
wait_for() { # WHAT CONDITION
    local deadline=$((SECONDS + patience))
    until [ "$(value "SELECT $2")" = t ]; do
        [ $SECONDS -lt $deadline ] || fail "not within $patience s: $1"
        sleep 0.2
    done
}

mirrored="NOT EXISTS (SELECT FROM users u WHERE NOT EXISTS (SELECT FROM profiles p WHERE p.user_id = u.id))
      AND NOT EXISTS (SELECT FROM books b WHERE NOT EXISTS (SELECT FROM summaries s WHERE s.book_id = b.id))"

# Users and books in many small transactions over several seconds, so that a worker killed on the way is killed at work.
burst() { # NAME
    sql --command "DO \$\$ BEGIN
        FOR i IN 1..150 LOOP
            INSERT INTO users (username, email)
                SELECT format('$1-%s-%s', i, n), format('$1-%s-%s@example.org', i, n) FROM generate_series(1, 10) AS n;
            INSERT INTO books (title) VALUES (format('$1-%s', i));
            COMMIT;
            PERFORM pg_sleep(0.04);
        END LOOP;
    END \$\$"
}

# Starts a burst, kills a worker (SIGKILL) as soon as the burst has effects, and waits until the other has done the rest.
kill_in_burst() { # NAME VICTIM SURVIVOR
    burst "$1" &
    local writer=$!
    wait_for "the first Profiles of $1" \
        "EXISTS (SELECT FROM profiles JOIN users ON users.id = user_id WHERE username LIKE '$1-%')"
    docker compose kill "$2" >/dev/null 2>&1
    kill -0 $writer 2>/dev/null || fail "$1 had ended before $2 was killed: nothing was proved"
    [ -z "$(docker compose ps --quiet --status running "$2")" ] || fail "$2 still runs"
    say "$2 killed (SIGKILL) while users of $1 are being written"
    post /users "{\"username\":\"api-during-$1\",\"email\":\"api-during-$1@example.org\"}"
    post /books "{\"title\":\"api-during-$1\"}"
    # The newest user goes, most likely before its Profile comes: the worker must get over that.
    value "DELETE FROM users WHERE id = (SELECT max(id) FROM users WHERE username LIKE '$1-%')"
    wait $writer || fail "writing the users of $1 failed"
    [ -n "$(docker compose ps --quiet --status running "$3")" ] || fail "$3 does not run"
    wait_for "$3 alone finishes $1" "$mirrored"
    say "$3 alone has finished $1"
}

expect() { # ROWS TABLES WHAT
    local found
    found=$(value "SELECT count(*) FROM $2")
    [ "$found" = "$1" ] || fail "$1 $3 were expected, $found found"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

docker compose config --quiet
down
docker compose up --detach --no-build --wait --wait-timeout "$patience" >/dev/null 2>&1 || fail "docker compose up failed"
say "up: database, migration, server and two workers"

# The Profiles' unique key would hide an effect that is applied twice. This notes every attempt that is committed, also one
# that the key made void.
sql --command "
    CREATE TABLE effect (sender text NOT NULL, key bigint NOT NULL);
    CREATE FUNCTION note_effect() RETURNS trigger LANGUAGE plpgsql AS \$\$
    BEGIN
        INSERT INTO effect VALUES (TG_ARGV[0], (to_jsonb(NEW) ->> TG_ARGV[1])::bigint);
        RETURN NEW;
    END \$\$;
    CREATE TRIGGER note_effect BEFORE INSERT ON profiles
        FOR EACH ROW EXECUTE FUNCTION note_effect('users', 'user_id');
    CREATE TRIGGER note_effect BEFORE INSERT ON summaries
        FOR EACH ROW EXECUTE FUNCTION note_effect('books', 'book_id');"

post /users '{"username":"api-ada","email":"api-ada@example.org"}'
post /books '{"title":"api-Notes on the Analytical Engine"}'
sql --command "INSERT INTO users (username, email) VALUES ('psql-grace', 'psql-grace@example.org');
               INSERT INTO books (title) VALUES ('psql-The Education of a Computer')"
wait_for "a Profile and a Summary for what came through the API and psql" "$mirrored"
say "a user and a book through the API, a user and a book through psql: Profiles and Summaries are there"

kill_in_burst burst1 worker-1 worker-2
# The killed one comes back and has nothing to do: worker-2 has the lanes. So the second kill hits the one at work.
docker compose start worker-1 >/dev/null 2>&1 || fail "worker-1 did not start again"
kill_in_burst burst2 worker-2 worker-1

docker compose exec -T server heliograph status

sql --command "
    WITH made AS (
        SELECT 'users' AS sender, users.id AS key, split_part(username, '-', 1) AS through, p.user_id IS NULL AS lacks
        FROM users LEFT JOIN profiles AS p ON p.user_id = users.id
        UNION ALL
        SELECT 'books', books.id, split_part(title, '-', 1), s.book_id IS NULL
        FROM books LEFT JOIN summaries AS s ON s.book_id = books.id
    ), applied AS (
        SELECT sender, key, count(*) AS times FROM effect GROUP BY sender, key
    )
    SELECT through, sender, count(*) AS written, sum(times) AS effects, count(*) FILTER (WHERE lacks) AS lost,
           sum(greatest(coalesce(times, 0) - 1, 0)) AS doubled
    FROM made LEFT JOIN applied USING (sender, key)
    GROUP BY through, sender ORDER BY through, sender DESC"

# Known numbers, so that a table of nothing cannot pass. Users: one by the API, one by psql, two by the API while a worker
# was dead, twice 1,499 in the bursts.
expect 3002 users users
expect 3002 "profiles JOIN users ON users.id = user_id AND bio = 'This is my bio.'" Profiles
expect 304 books books
expect 304 "summaries JOIN books ON books.id = book_id" Summaries
expect 0 "(SELECT FROM effect GROUP BY sender, key HAVING count(*) > 1) AS doubled" "doubled effects"
say "every living user has one Profile, every book one Summary"
