#!/bin/sh
# Runs the workers' loop over a log in memory, where schedule, clocks, network and faults are a seed's: docs/simulation.md.
# Exit status 1 if anything was lost, doubled, out of order or got stuck.
#
#   simulate.sh [--seed N] [--count N] [--verbose] [--log]  seeds, from one on
#   simulate.sh --check-checker                             shows that flawed workers are caught
#
# A debug build, since the flaws need the insides of the worker.
set -eu
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
PKG_CONFIG_PATH=$(scripts/bootstrap.sh --pkg-config-path)
export PKG_CONFIG_PATH

# shellcheck disable=SC2086
$swift build ${SWIFT_BUILD_FLAGS:-} --product heliograph-simulation >&2
# shellcheck disable=SC2086
exec "$($swift build ${SWIFT_BUILD_FLAGS:-} --show-bin-path)/heliograph-simulation" "$@"
