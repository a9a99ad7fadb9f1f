#!/bin/sh
# The client under AddressSanitizer and ThreadSanitizer: everything the benchmark does, in its short form, and the pool.
# Each builds for itself, without the HTTP server, and fails at the first report.
set -eu
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
PKG_CONFIG_PATH=$(scripts/bootstrap.sh --pkg-config-path)
export PKG_CONFIG_PATH
# The locks of swift-subprocess, which starts the server, are those that ThreadSanitizer cannot see into; see
# Sources/HeliographPostgres/SanitizerMutex.swift.
suppressions=$(mktemp)
trap 'rm -f "$suppressions"' EXIT
printf 'race:Subprocess\nrace:HeliographTesting\nrace:libFoundation\n' >"$suppressions"
# What the runtime keeps until the end of the process is no leak of ours.
export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS="halt_on_error=1 suppressions=$suppressions"

for kind in address thread; do
    folder=.build/sanitize-$kind
    define=
    [ "$kind" = address ] || define="-Xswiftc -DHELIOGRAPH_THREAD_SANITIZER"
    # $define is two words or none.
    $swift build --sanitize=$kind $define --scratch-path "$folder" --product heliograph-bench >&2
    "$($swift build --sanitize=$kind --scratch-path "$folder" --show-bin-path)/heliograph-bench" driver --quick >/dev/null
    echo "sanitize: $kind: nothing found"
done
