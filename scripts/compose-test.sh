#!/usr/bin/env bash
# Runs docker-compose.yml for real: up, users and books through the API and psql, both workers killed at work, down.
#
#   compose-test.sh            with the docker engine and registry that are at hand; on Debian 12 as root without an
#                              engine with one of its own, from Debian's packages and this machine's build
#   compose-test.sh --check    the short form: is docker-compose.yml well formed? needs no engine and no image
#   compose-test.sh --clean    forgets the own engine's images and state
#
# Environment: HELIOGRAPH_BIN_DIR, a folder with ready programs for the own engine (default: this package is built, with
# SWIFT_BUILD_FLAGS); COMPOSE_TEST_PATIENCE, seconds after which something counts as not happening (90); BOOKSHOP_PORT.
set -euo pipefail

cd "$(dirname "$0")/.."
state=${TMPDIR:-/tmp}/heliograph-compose
programs=(heliograph bookshop-server bookshop-worker)

fail() {
    echo "compose-test: $*" >&2
    exit 1
}

check() {
    # The plugin of an earlier whole run serves as well.
    local configuration=${DOCKER_CONFIG:-$HOME/.docker}
    docker compose version >/dev/null 2>&1 || configuration=$state/docker
    if DOCKER_CONFIG=$configuration docker compose version >/dev/null 2>&1; then
        DOCKER_CONFIG=$configuration docker compose config --quiet
        echo "compose-test: docker-compose.yml is well formed (docker compose config)"
        return
    fi
    # Without docker's own reader: what the scenario and the image need by name, no more.
    local service
    for service in db migrate server worker-1 worker-2; do
        grep -q "^  $service:\$" docker-compose.yml || fail "docker-compose.yml has no service '$service'"
    done
    ! grep -q "$(printf '\t')" docker-compose.yml || fail "docker-compose.yml has a tab, which YAML does not allow"
    echo "compose-test: docker-compose.yml has its services (docker compose is not installed: names only)"
}

# The programs and the Swift libraries they are linked with, in one folder: each finds them beside itself.
collect_programs() { # FOLDER
    local folder=$1 source=${HELIOGRAPH_BIN_DIR:-} program
    if [ -z "$source" ]; then
        scripts/bootstrap.sh
        PKG_CONFIG_PATH=$(scripts/bootstrap.sh --pkg-config-path)
        export PKG_CONFIG_PATH
        # The flags are a list.
        for program in "${programs[@]}"; do
            swift build ${SWIFT_BUILD_FLAGS:-} --product "$program"
        done
        source=$(swift build ${SWIFT_BUILD_FLAGS:-} --show-bin-path)
    fi
    rm -rf "$folder"
    mkdir -p "$folder"
    for program in "${programs[@]}"; do
        [ -x "$source/$program" ] || fail "$source has no program '$program'"
        # Without debugging information, which nobody reads in the container: the image is made faster.
        objcopy --strip-debug "$source/$program" "$folder/$program" 2>/dev/null || cp "$source/$program" "$folder/"
    done
    ldd "${programs[@]/#/$source/}" | awk '/\/swift\/linux\// { print $3 }' | sort -u \
        | xargs --no-run-if-empty cp --target-directory "$folder"
}

run_with_own_engine() {
    local engine=scripts/compose/local-engine.sh
    "$engine" install
    collect_programs "$state/programs"
    "$engine" images "$state/programs"
    "$engine" run scripts/compose/scenario.sh
}

run_with_engine_at_hand() {
    COMPOSE_PROJECT_NAME=heliograph-compose-test docker compose build
    scripts/compose/scenario.sh
}

case ${1:-} in
--check) check ;;
--clean) scripts/compose/local-engine.sh clean ;;
'')
    if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
        run_with_engine_at_hand
    elif [ "$(id -u)" = 0 ] && grep -qx 'VERSION_CODENAME=bookworm' /etc/os-release 2>/dev/null; then
        mkdir -p "$state"
        run_with_own_engine
    else
        fail "needs a docker engine with compose v2, or Debian 12 as root to bring its own"
    fi
    echo "compose-test: passed"
    ;;
*)
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
