#!/bin/sh
# Compiles the mappings of Tests/Diagnostics with the debug build that is there: those that are wrong must not compile, and say why in words that
# the first line of each file expects (an extended regular expression); the sound one must.
#
#   check-mappings.sh            that
#   check-mappings.sh --measure  with the release build, how much longer a model of 30 columns takes the compiler than one of 2: a line of JSON,
#                                and exit status 1 if it is a second or more
set -eu
cd "$(dirname "$0")/.."

PKG_CONFIG_PATH=$(scripts/bootstrap.sh --pkg-config-path)
export PKG_CONFIG_PATH
configuration=debug
[ "${1:-}" != --measure ] || configuration=release

swift=${SWIFT:-swift}
compiler=$(dirname "$(command -v "$swift")")/swiftc
[ -x "$compiler" ] || compiler=swiftc
# shellcheck disable=SC2086
build=$($swift build ${SWIFT_BUILD_FLAGS:-} --configuration $configuration --show-bin-path)
[ -d "$build/Modules" ] || {
    echo "check-mappings: there is no $configuration build" >&2
    exit 1
}
libpq=$(pkg-config --cflags libpq 2>/dev/null || true)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

check() {
    # shellcheck disable=SC2086
    "$compiler" -typecheck -swift-version 6 -I "$build/Modules" -Xcc -fmodule-map-file="$PWD/Sources/CLibPQ/module.modulemap" \
        $(for flag in $libpq; do printf -- '-Xcc %s ' "$flag"; done) -module-cache-path "$build/ModuleCache" "$@"
}

fail() {
    echo "check-mappings: $*" >&2
    exit 1
}

if [ $configuration = debug ]; then
    found=0
    for file in Tests/Diagnostics/*.swift; do
        expected=$(sed -n '1s|^// ||p' "$file")
        [ -n "$expected" ] || fail "$file: the first line does not say what is expected"
        if check "$file" >"$folder/out" 2>&1; then
            [ "$expected" = compiles ] || fail "$file: compiles, and should not"
            continue
        fi
        [ "$expected" != compiles ] || {
            cat "$folder/out" >&2
            fail "$file: does not compile, and should"
        }
        # A compiler that crashes, or cannot find a module, proves nothing.
        ! grep -qE 'no such module|PLEASE submit|failed to produce diagnostic' "$folder/out" || {
            cat "$folder/out" >&2
            fail "$file: is refused for another reason"
        }
        grep -E 'error:' "$folder/out" | grep -qE -- "$expected" || {
            cat "$folder/out" >&2
            fail "$file: is refused in other words than $expected"
        }
        found=$((found + 1))
    done
    [ $found -gt 0 ] || fail "no wrong mapping was found"
    echo "check-mappings: $found wrong mappings are refused"
    exit 0
fi

# A model of so many columns of many types, beside one of a single column: the difference is what the columns cost.
model() {
    echo 'import Foundation'
    echo 'import Heliograph'
    echo 'struct Wide: Model {'
    echo '    var id: Int64?'
    number=1
    while [ $number -lt "$1" ]; do
        case $((number % 6)) in
        0) type=String ;; 1) type='Int?' ;; 2) type=Bool ;; 3) type='Date?' ;; 4) type=Double ;; 5) type='[String]' ;;
        esac
        echo "    var property$number: $type"
        number=$((number + 1))
    done
    echo '    static let mapping = Mapping("wide", Wide.init) {'
    echo '        Key("id", \.id)'
    number=1
    while [ $number -lt "$1" ]; do
        echo "        Column(\"column_$number\", \\.property$number)$([ $((number % 6)) -ne 0 ] || echo '.validated(.required, .length(...40)).unique()')"
        number=$((number + 1))
    done
    echo '    }'
    echo '}'
}
model 30 >"$folder/wide.swift"
model 2 >"$folder/narrow.swift"
# In nanoseconds; not every date has them.
now() { python3 -c 'import time; print(time.time_ns())'; }

times=
for _ in 1 2 3 4 5; do
    start=$(now)
    check "$folder/narrow.swift"
    middle=$(now)
    check "$folder/wide.swift"
    end=$(now)
    times="$times $(((end - middle - (middle - start)) / 1000000))"
done
# shellcheck disable=SC2086
cost=$(printf '%s\n' $times | sort -n | sed -n 3p)
holds=true
[ "$cost" -lt 1000 ] || holds=false
echo "{\"name\":\"signals.mapping.compile\",\"value\":$cost,\"unit\":\"ms that 28 more columns take the compiler\",\"goal\":\"<= 1000\",\"holds\":$holds,\"rounds\":5}"
[ $holds = true ]
