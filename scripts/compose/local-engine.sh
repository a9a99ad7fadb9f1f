#!/usr/bin/env bash
# A docker engine for compose-test alone, on Debian 12 as root, where there is none and no image registry in reach:
# the daemon and its tools from Debian's packages, all images made on the spot.
#
#   local-engine.sh install                packages and docker's plugins; nothing to do the second time
#   local-engine.sh images FOLDER          the images; FOLDER holds the programs
#   local-engine.sh run COMMAND [ARGS…]    COMMAND with that engine
#   local-engine.sh clean                  forget it all but the packages
#
# The engine always runs in process and mount namespaces of its own, so that the kernel ends it with the script, however
# that ends. For `run` there is a network namespace as well, with no way out: the bridge, the firewall rules and the
# published ports exist only inside. For `images` the host's network is used, for apt, and left as it is.
set -euo pipefail

self=$(readlink -f "$0")
here=$(dirname "$self")
state=${TMPDIR:-/tmp}/heliograph-compose
compose_file=$here/../../docker-compose.yml:$here/local-engine.yml
export DOCKER_HOST=unix://$state/run/docker.sock DOCKER_CONFIG=$state/docker BUILDKIT_PROGRESS=plain

fail() {
    echo "compose-test: $*" >&2
    exit 1
}

# Runs a step whose output only matters if it fails.
quietly() { # LOG COMMAND…
    local log=$state/$1.log
    shift
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 40 "$log" >&2
        fail "'$1' failed; the whole output is in $log"
    }
}

# One line for apt per suite of Debian that this machine installs from, whatever files name them.
debian_sources() {
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Component: main' | sort -u \
        | awk '$1 == "Debian" { print "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]", $2, $3, "main" }'
}

install_packages() {
    local package missing=()
    for package in docker.io mmdebstrap iproute2 curl; do
        dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed \
            || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "compose-test: installing ${missing[*]}"
    # Debian asks this program whether a new service may start; ours is started by hand, and only then.
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
        trap "rm -f $policy" EXIT
    fi
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-update apt-get update
    quietly apt-install apt-get install -y --no-install-recommends "${missing[@]}"
}

# Compose v2 and buildx are in Debian from release 13 on. Each is one program that runs on Debian 12: it is taken out of
# its package, and the machine's own list of sources stays as it is.
install_plugins() {
    local plugins=$state/docker/cli-plugins
    [ -x "$plugins/docker-compose" ] && [ -x "$plugins/docker-buildx" ] && return
    echo "compose-test: fetching docker's compose and buildx plugins"
    local apt=$state/apt package
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/packages" "$plugins"
    debian_sources | sed -n 's/ bookworm main$/ trixie main/p' >"$apt/sources.list"
    local options=(
        -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
        -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
    )
    quietly plugins-update apt-get "${options[@]}" update
    (cd "$apt/packages" && quietly plugins-download apt-get "${options[@]}" download docker-compose docker-buildx)
    for package in "$apt"/packages/*.deb; do
        dpkg-deb --extract "$package" "$apt/files"
    done
    cp "$apt"/files/usr/libexec/docker/cli-plugins/* "$plugins/"
    rm -rf "$apt"
}

make_base() {
    [ -s "$state/base.tar" ] && return
    echo "compose-test: making the base image from Debian's packages"
    debian_sources >"$state/sources.list"
    # mmdebstrap writes a folder where the name does not end in .tar.
    quietly base mmdebstrap --variant=minbase --include=ca-certificates --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        bookworm "$state/unfinished.tar" "$state/sources.list"
    mv "$state/unfinished.tar" "$state/base.tar"
}

start_engine() { # DAEMON OPTIONS…
    # Sockets and process ids of this run only: they go away with the mount namespace.
    mount -t tmpfs tmpfs "$state/run"
    # The lock is the script's: it must not live on in a daemon.
    setsid dockerd --host "$DOCKER_HOST" --data-root "$state/data" --exec-root "$state/run/exec" \
        --pidfile "$state/run/docker.pid" "$@" >"$state/dockerd.log" 2>&1 </dev/null 9>&- &
    for _ in $(seq 240); do
        docker version >/dev/null 2>&1 && return
        sleep 0.25
    done
    tail -n 20 "$state/dockerd.log" >&2
    fail "the docker engine did not start; its log is $state/dockerd.log"
}

stop_engine() {
    local pid
    pid=$(cat "$state/run/docker.pid" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || return 0
    # At most 15 s: what is left then ends with the namespace.
    for _ in $(seq 60); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.25
    done
}

# In the namespaces of `images`.
build_images() { # FOLDER
    start_engine --bridge=none --iptables=false --ip-forward=false
    trap stop_engine EXIT
    docker image inspect debian:bookworm-slim >/dev/null 2>&1 \
        || docker import "$state/base.tar" debian:bookworm-slim >/dev/null
    tar --create --directory "$1" --transform 's,^\.,out,' . | docker import - heliograph-programs >/dev/null
    COMPOSE_FILE=$compose_file quietly images docker compose --ansi never build
    # Every import leaves its predecessor behind without a name, and every build its layers in the cache.
    docker image prune --force >/dev/null
    docker buildx prune --force --keep-storage 2GB >/dev/null
}

# In the namespaces of `run`.
run_inside() { # COMMAND…
    trap 'exit 130' INT
    trap 'exit 143' TERM
    ip link set lo up
    start_engine
    trap stop_engine EXIT
    # What a killed run has left in the data folder; images stay.
    docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
    docker network prune --force >/dev/null
    docker volume prune --force >/dev/null
    export COMPOSE_FILE=$compose_file
    "$@"
}

in_namespaces() { # [--net] FUNCTION ARGS…
    local net=()
    if [ "$1" = --net ]; then
        net=(--net)
        shift
    fi
    # The kernel also ends them when the caller dies, however: a killed compose-test leaves nothing running.
    exec setpriv --pdeathsig KILL unshare "${net[@]}" --mount --pid --fork --kill-child --mount-proc bash "$self" "$@"
}

mkdir -p "$state/run" "$state/docker"
command=${1:-}
[ $# -gt 0 ] && shift
case $command in
install | images | run)
    # One at a time: two engines must not share a data folder.
    exec 9>"$state/lock"
    flock --nonblock 9 || {
        echo "compose-test: waiting for another run to end"
        flock 9
    }
    ;;
esac
case $command in
install)
    install_packages
    install_plugins
    ;;
images)
    make_base
    in_namespaces inside-images "$1"
    ;;
run) in_namespaces --net inside-run "$@" ;;
inside-images) build_images "$1" ;;
inside-run) run_inside "$@" ;;
clean)
    # Groups of containers that were killed with their engine; only empty ones can be removed.
    find /sys/fs/cgroup -depth -type d -path '*/docker/*' -exec rmdir {} + 2>/dev/null || true
    rm -rf "$state"
    ;;
*)
    sed -n '2,12s/^# \{0,1\}//p' "$self" >&2
    exit 2
    ;;
esac
