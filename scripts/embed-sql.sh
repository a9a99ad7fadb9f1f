#!/bin/sh
# Turns sql/NNNN_name.sql into Swift source, so that a program carries its migrations with it.
#
#   embed-sql.sh            writes the source file
#   embed-sql.sh --check    writes nothing; exit status 1 and one line if the file is not what sql/ says
set -eu

cd "$(dirname "$0")/.."
target=Sources/HeliographLog/Migrations/EmbeddedMigrations.swift

fail() {
    echo "embed-sql: $*" >&2
    exit 1
}

# The whole file on standard output. Text keeps every character: a raw literal has one # more than any row of them in the
# text, so that nothing in it ends the literal or starts an escape.
generate() {
    cat <<'HEADER'
// Generated from sql/ by scripts/embed-sql.sh: change the SQL, then run `make sql`.
// swift-format-ignore-file

/// The migrations of schema `heliograph`, as the files of `sql/` have them.
enum EmbeddedMigrations {
    /// All migrations in the order in which they are applied.
    static let all: [Migration] = [
HEADER
    previous=0
    for file in sql/*.sql; do
        [ -e "$file" ] || continue
        base=$(basename "$file" .sql)
        echo "$base" | grep -Eq '^[0-9]{4}_[a-z0-9_]+$' || fail "$file: the name is not NNNN_name.sql"
        # Without leading zeros: the shell would take 0010 for octal.
        version=$(echo "${base%%_*}" | sed 's/^0*//')
        [ "${version:-0}" -eq $((previous + 1)) ] || fail "$file: version $((previous + 1)) was expected here"
        previous=$version
        awk -v version="$version" -v name="${base#*_}" '
            { lines[NR] = $0; rest = $0
              while (match(rest, /#+/)) { if (RLENGTH > longest) longest = RLENGTH; rest = substr(rest, RSTART + RLENGTH) } }
            END {
                for (i = 0; i <= longest; i++) fence = fence "#"
                printf "        Migration(\n            version: %d,\n            name: \"%s\",\n            sql: %s\"\"\"\n", version, name, fence
                for (i = 1; i <= NR; i++) print lines[i]
                # The literal leaves out its last line break: one more, so that the text ends with its own.
                printf "\n\"\"\"%s\n        ),\n", fence
            }' "$file"
    done
    echo '    ]'
    echo '}'
}

generated=$(mktemp)
trap 'rm -f "$generated"' EXIT
generate >"$generated"
case ${1:-} in
--check) cmp -s "$generated" "$target" || fail "$target is not what sql/ says: run make sql" ;;
'')
    # An unchanged file keeps its date, and its module is not built again.
    if ! cmp -s "$generated" "$target"; then
        mkdir -p "$(dirname "$target")"
        cp "$generated" "$target"
    fi
    ;;
*)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
