#!/bin/sh
# Breaks workers, servers and networks while changes are written, and counts what was lost, doubled or out of order: a
# line a scenario. Exit status 1 if anything was. docs/chaos.md says what each scenario does.
#
#   chaos.sh [--check-checker | --only NAME]... [--seed N] [--json]  the long form, in minutes
#   chaos.sh --quick                                                 a little of everything, in less than a minute
#   chaos.sh --list                                                  the scenarios
#
# Recovery times are those of the debug build.
set -eu
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
PKG_CONFIG_PATH=$(scripts/bootstrap.sh --pkg-config-path)
export PKG_CONFIG_PATH

# shellcheck disable=SC2086
$swift build ${SWIFT_BUILD_FLAGS:-} --product heliograph-chaos >&2
# shellcheck disable=SC2086
exec "$($swift build ${SWIFT_BUILD_FLAGS:-} --show-bin-path)/heliograph-chaos" "$@"
