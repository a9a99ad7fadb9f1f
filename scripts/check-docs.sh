#!/bin/sh
# Checks that the Swift samples of the documentation are those of Snippets/, which the build compiles.
#
# A sample stands behind a line such as <!-- Snippets/QuickStart.swift -->; one without it is refused.
set -eu

cd "$(dirname "$0")/.."
sample=$(mktemp)
trap 'rm -f "$sample"' EXIT

fail() {
    echo "check-docs: $*" >&2
    exit 1
}

found=0
for document in README.md CONTRIBUTING.md docs/*.md docs/*/*.md; do
    [ -e "$document" ] || continue
    count=$(grep -c '^```swift$' "$document" || true)
    number=0
    while [ $number -lt "$count" ]; do
        number=$((number + 1))
        found=$((found + 1))
        name=$(awk -v n=$number '/^```swift$/ { if (++k == n) { print last; exit } } { last = $0 }' "$document" \
            | sed -n 's/^<!-- \(Snippets\/[A-Za-z0-9]*\.swift\) -->$/\1/p')
        [ -n "$name" ] && [ -f "$name" ] || fail "$document: sample $number does not stand behind <!-- Snippets/NAME.swift -->"
        awk -v n=$number '/^```$/ { inside = 0 } inside { print } /^```swift$/ { inside = (++k == n) }' "$document" >"$sample"
        cmp -s "$sample" "$name" || fail "$document: sample $number is not what $name says"
    done
done
# A check that finds nothing to check has lost its way.
[ $found -gt 0 ] || fail "no sample was found"
