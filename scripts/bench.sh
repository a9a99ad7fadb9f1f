#!/bin/sh
# Benchmarks of one area, side by side with what it is measured against: one JSON object a measure and line.
# Exit status 1 if a goal is missed.
#
#   bench.sh AREA [--only MEASURE]  builds for release, installs the Python peers into a virtual environment, measures
#   bench.sh AREA --quick           the short form: a little of everything with the debug build, no peers, no judgement
#
# `worker --only long` takes many minutes and some GB of disk, and is measured only so.
set -eu
cd "$(dirname "$0")/.."

area=${1:?usage: bench.sh AREA [--quick | --only MEASURE]}
shift
swift=${SWIFT:-swift}
PKG_CONFIG_PATH=$(scripts/bootstrap.sh --pkg-config-path)
export PKG_CONFIG_PATH

if [ "${1:-}" = --quick ]; then
    # shellcheck disable=SC2086
    exec "$($swift build ${SWIFT_BUILD_FLAGS:-} --show-bin-path)/heliograph-bench" "$area" --quick
fi

# Beside the build, so that `make clean` removes it.
environment=$PWD/.build/bench-python
[ "$area" != capture ] || scripts/bootstrap.sh --with-pgq >&2
if [ "$area" = driver ] && ! "$environment/bin/python" -c 'import psycopg' 2>/dev/null; then
    python3 -m venv "$environment" && "$environment/bin/pip" --quiet install 'psycopg[binary]>=3.2' >&2 || {
        echo "bench: psycopg cannot be installed: python3 with venv and access to PyPI are needed" >&2
        exit 1
    }
fi
export HELIOGRAPH_BENCH_PYTHON="$environment/bin/python" HELIOGRAPH_BENCH_PEER="$PWD/Benchmarks/psycopg/peer.py"
if [ "$area" = signals ]; then
    environment=$PWD/.build/bench-django
    if ! "$environment/bin/python" -c 'import django, psycopg' 2>/dev/null; then
        python3 -m venv "$environment" && "$environment/bin/pip" --quiet install 'django>=5.2,<5.3' 'psycopg[binary]>=3.2' >&2 || {
            echo "bench: Django cannot be installed: python3 with venv and access to PyPI are needed" >&2
            exit 1
        }
    fi
    export HELIOGRAPH_BENCH_PYTHON="$environment/bin/python" HELIOGRAPH_BENCH_PEER="$PWD/Benchmarks/django/dispatch.py"
fi
if [ "$area" = worker ]; then
    # Oban needs Python 3.12; the others work with what there is.
    python=python3
    for newer in python3.14 python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[234]*/bin/python3; do
        if "$newer" -c 'import venv' >/dev/null 2>&1; then
            python=$newer
            break
        fi
    done
    environment=$PWD/.build/bench-peers
    if ! "$environment/bin/python" -c 'import pgqueuer, psycopg' 2>/dev/null; then
        "$python" -m venv "$environment" && "$environment/bin/pip" --quiet install -r Benchmarks/peers/requirements.txt >&2 || {
            echo "bench: the peers cannot be installed: python3 with venv and access to PyPI are needed" >&2
            exit 1
        }
    fi
    HELIOGRAPH_BENCH_OBAN=no
    ! "$environment/bin/python" -c 'import oban' 2>/dev/null || HELIOGRAPH_BENCH_OBAN=yes
    export HELIOGRAPH_BENCH_OBAN HELIOGRAPH_BENCH_PYTHON="$environment/bin/python"
    export HELIOGRAPH_BENCH_PEER="$PWD/Benchmarks/peers/worker_peer.py"
fi

# shellcheck disable=SC2086
$swift build ${SWIFT_BUILD_FLAGS:-} -c release --product heliograph-bench >&2
# shellcheck disable=SC2086
bench=$($swift build ${SWIFT_BUILD_FLAGS:-} -c release --show-bin-path)/heliograph-bench
status=0
"$bench" "$area" "$@" || status=$?

# Many rows once more with the libpq that psycopg brings along, which is newer than most systems' and hands rows over in chunks.
if [ "$area ${2:-rows}" = "driver rows" ]; then
    libraries=$(echo "$environment"/lib/python3*/site-packages/psycopg_binary.libs)
    newer=$(ls "$libraries"/libpq-*.so.5.* 2>/dev/null | head -n 1)
    if [ -n "$newer" ]; then
        mkdir -p "$environment/libpq"
        ln -sf "$newer" "$environment/libpq/libpq.so.5"
        LD_LIBRARY_PATH="$environment/libpq:$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
            "$bench" driver --only rows || status=$?
    fi
fi
if [ "$area ${2:-mapping}" = "signals mapping" ]; then scripts/check-mappings.sh --measure || status=$?; fi
exit $status
