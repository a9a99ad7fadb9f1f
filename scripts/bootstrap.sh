#!/bin/sh
# Installs what Heliograph needs beside Swift: headers of libpq, libcurl and OpenSSL, psql, PostgreSQL 15 or later to run private
# clusters, openssl.
# Says and does nothing where all of it is there.
#
#   bootstrap.sh                       installs what is missing (apt-get or brew)
#   bootstrap.sh --check               installs nothing; exit status 1 and one line if something is missing
#   bootstrap.sh --with-spin           installs Spin as well, and a C compiler for it: for the models in docs/models
#   bootstrap.sh --with-pgq            installs PGQ as well, for the server: what `make bench AREA=capture` compares with
#   bootstrap.sh --pkg-config-path     prints the value of PKG_CONFIG_PATH with which SwiftPM finds the libraries
set -eu

oldest=15

fail() {
    echo "bootstrap: $*" >&2
    exit 1
}

brew_prefix() { # FORMULA
    command -v brew >/dev/null 2>&1 && brew --prefix "$1" 2>/dev/null
}

# SwiftPM reads libpq.pc itself, but without the pkg-config program it does not look into Debian's folder for an
# architecture, and Homebrew's libpq is in none of the usual folders.
libpq_pkg_config_folder() {
    libpq_prefix=$(brew_prefix libpq) || libpq_prefix=
    for folder in ${libpq_prefix:+"$libpq_prefix/lib/pkgconfig"} /usr/lib/*/pkgconfig /usr/lib64/pkgconfig \
        /usr/lib/pkgconfig /usr/local/lib/pkgconfig; do
        if [ -f "$folder/libpq.pc" ]; then
            echo "$folder"
            return
        fi
    done
    pkg-config --variable pcfiledir libpq 2>/dev/null || pg_config --libdir 2>/dev/null | sed 's,$,/pkgconfig,'
}

# Of libcurl and libcrypto: in Debian beside libpq's, in Homebrew each in its own.
other_pkg_config_folders() {
    for formula in curl openssl@3; do
        prefix=$(brew_prefix $formula) || continue
        [ ! -d "$prefix/lib/pkgconfig" ] || printf ':%s' "$prefix/lib/pkgconfig"
    done
}

has_library() { # NAME, as pkg-config has it [, and the oldest version]
    folders=$(libpq_pkg_config_folder)$(other_pkg_config_folders):/usr/lib/pkgconfig:/usr/lib64/pkgconfig:/usr/local/lib/pkgconfig
    for folder in $(echo "$folders" | tr ':' ' ') /usr/lib/*/pkgconfig; do
        [ -f "$folder/$1.pc" ] || continue
        version=$(sed -n 's/^Version: *//p' "$folder/$1.pc")
        [ "$(printf '%s\n%s\n' "${2:-0}" "$version" | sort -V | head -n 1)" != "${2:-0}" ] || return 0
    done
    return 1
}

has_headers() {
    pc=$(libpq_pkg_config_folder)/libpq.pc
    [ -f "$pc" ] || return 1
    version=$(sed -n 's/^Version: *\([0-9]*\).*/\1/p' "$pc")
    [ "${version:-0}" -ge $oldest ]
}

# The folders in which an installation keeps initdb and postgres: not all of them are on the PATH.
server_folders() {
    [ -z "${HELIOGRAPH_PG_BIN:-}" ] || echo "$HELIOGRAPH_PG_BIN"
    initdb=$(command -v initdb) && dirname "$initdb"
    pg_config --bindir 2>/dev/null || true
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin; do
        [ ! -d "$folder" ] || echo "$folder"
    done
}

has_server() {
    for folder in $(server_folders); do
        [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] || continue
        version=$("$folder/postgres" --version 2>/dev/null | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
        [ "${version:-0}" -lt $oldest ] || return 0
    done
    return 1
}

has_psql() {
    command -v psql >/dev/null 2>&1 && return
    libpq_prefix=$(brew_prefix libpq) || libpq_prefix=
    for folder in $(server_folders) ${libpq_prefix:+"$libpq_prefix/bin"}; do
        [ ! -x "$folder/psql" ] || return 0
    done
    return 1
}

missing_parts() {
    has_headers || echo headers
    has_library libcurl 7.80 || echo curl
    has_library libcrypto || echo crypto
    has_server || echo server
    has_psql || echo psql
    # For the certificates of the tests of TLS; macOS brings one.
    command -v openssl >/dev/null 2>&1 || echo openssl
    [ "$wants_spin" = no ] || command -v spin >/dev/null 2>&1 || echo spin
    [ "$wants_pgq" = no ] || ls /usr/share/postgresql/*/extension/pgq.control >/dev/null 2>&1 || echo pgq
    [ "$wants_spin" = no ] || command -v cc >/dev/null 2>&1 || echo compiler
}

# Runs a step as root and shows its output only if it fails.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@" >"$log" 2>&1 </dev/null
    elif [ -t 0 ]; then
        # Someone is there to type a password.
        sudo "$@" >"$log" 2>&1
    else
        sudo -n "$@" >"$log" 2>&1 </dev/null
    fi || {
        tail -n 20 "$log" >&2
        fail "'$*' failed"
    }
}

install_with_apt() {
    # Without a terminal nobody can type a password: sudo must do without.
    [ "$(id -u)" = 0 ] || { [ -t 0 ] && command -v sudo >/dev/null 2>&1; } || sudo -n true 2>/dev/null \
        || fail "missing: $(echo $missing); run as root: apt-get install libpq-dev libcurl4-openssl-dev libssl-dev postgresql"
    as_root apt-get update
    # A release may offer several; the newest. (Ubuntu 22.04 has only 14.)
    newest=$(apt-cache pkgnames postgresql- | sed -n 's/^postgresql-\([0-9][0-9]*\)$/\1/p' | sort -n | tail -n 1)
    [ "${newest:-0}" -ge $oldest ] || fail "this system's packages have no PostgreSQL $oldest or later: see https://wiki.postgresql.org/wiki/Apt"
    packages=
    for part in $missing; do
        case $part in
        headers) packages="$packages libpq-dev" ;;
        curl) packages="$packages libcurl4-openssl-dev" ;;
        crypto) packages="$packages libssl-dev" ;;
        server) packages="$packages postgresql-$newest" ;;
        psql) packages="$packages postgresql-client-$newest" ;;
        openssl) packages="$packages openssl" ;;
        spin) packages="$packages spin" ;;
        pgq) packages="$packages postgresql-$newest-pgq3" ;;
        compiler) packages="$packages gcc libc6-dev" ;;
        esac
    done
    echo "bootstrap: installing$packages (apt-get)"
    # Debian's server package makes a cluster and starts it, unless told otherwise. Heliograph makes its own, so none is
    # wanted here; the file is taken away again, for a later installation that does want one.
    setting=/etc/postgresql-common/createcluster.d/heliograph.conf
    as_root mkdir -p "${setting%/*}"
    as_root sh -c "echo 'create_main_cluster = false' >$setting"
    trap 'as_root rm -f "$setting"; rm -f "$log"' EXIT
    # $packages is a list.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages
}

install_with_brew() {
    formulae=
    for part in $missing; do
        case $part in
        headers | psql) formulae="$formulae libpq" ;;
        curl) formulae="$formulae curl" ;;
        crypto) formulae="$formulae openssl@3" ;;
        server) formulae="$formulae postgresql@17" ;;
        openssl) formulae="$formulae openssl" ;;
        spin) formulae="$formulae spin" ;;
        pgq) fail "PGQ is not in Homebrew: run this measure on Debian" ;;
        esac
    done
    formulae=$(printf '%s\n' $formulae | sort -u | tr '\n' ' ')
    echo "bootstrap: installing $formulae(brew)"
    brew install --quiet $formulae >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "'brew install $formulae' failed"
    }
}

wants_spin=no
wants_pgq=no
case ${1:-} in
--with-spin) wants_spin=yes ;;
--with-pgq) wants_pgq=yes ;;
--pkg-config-path)
    echo "$(libpq_pkg_config_folder)$(other_pkg_config_folders)${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    exit
    ;;
--check)
    missing=$(missing_parts)
    [ -z "$missing" ] || fail "missing: $(echo $missing)"
    exit
    ;;
'') ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

missing=$(missing_parts)
[ -n "$missing" ] || exit 0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if command -v apt-get >/dev/null 2>&1; then
    install_with_apt
elif command -v brew >/dev/null 2>&1; then
    install_with_brew
else
    fail "missing: $(echo $missing); there is no apt-get or brew here: install PostgreSQL $oldest or later with libpq's headers and psql"
fi
missing=$(missing_parts)
[ -z "$missing" ] || fail "still missing after the installation: $(echo $missing)"
