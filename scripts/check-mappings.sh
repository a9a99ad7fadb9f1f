#!/bin/sh
# Compiles the mappings of Tests/Diagnostics with the build that is there: those that are wrong must not compile, and say why in words that the
# first line of each file expects (an extended regular expression); the sound one must. Then a model of 30 columns must be checked within a second.
set -eu
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
compiler=$(dirname "$(command -v "$swift")")/swiftc
[ -x "$compiler" ] || compiler=swiftc
# shellcheck disable=SC2086
build=$($swift build ${SWIFT_BUILD_FLAGS:-} --show-bin-path)
[ -d "$build/Modules" ] || {
    echo "check-mappings: there is no debug build: run \`$swift build\`" >&2
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
# Of a second more than the time of the rest; a machine under load is given three tries.
for try in 1 2 3; do
    start=$(date +%s%N)
    check "$folder/narrow.swift"
    middle=$(date +%s%N)
    check "$folder/wide.swift"
    end=$(date +%s%N)
    cost=$(((end - middle - (middle - start)) / 1000000))
    [ $cost -ge 1000 ] || break
    [ "$try" -lt 3 ] || fail "a model of 30 columns takes $cost ms longer to check than one of 2"
done
echo "check-mappings: $found wrong mappings are refused; 28 columns more take $cost ms"
