#!/usr/bin/env bash
# Install what the project needs. Called by the Makefile; prints on stderr only, and only when
# there is something to do.
#
#   tools/setup.sh packages          Debian packages that are missing
#   tools/setup.sh venv DIR          a virtual environment with the pinned PyPI packages
#   tools/setup.sh remove DIR        take that away again
#
# A virtual environment that was made here says so in its file $mark. No other folder is cleared
# or removed.
set -euo pipefail
cd "$(dirname "$0")/.."
exec 1>&2

packages=(
    gcc-arm-none-eabi libnewlib-arm-none-eabi   # the firmware
    gcc libc6-dev make                          # mpy-cross, and the C tests on the PC
    dpkg-dev xz-utils                           # MicroPython's source package
    ca-certificates clang-format curl openssl socat
)

mark=made-by-cc32at-setup

say() { printf '%s\n' "setup: $*"; }

# Sets as_root, an array to put before a command.
become_root() {
    as_root=()
    [ "$(id -u)" != 0 ] || return 0
    as_root=(sudo)
    command -v sudo >/dev/null && sudo true && return
    say "these Debian packages are needed; as neither root nor sudo works here, please run as root:"
    say "    apt-get install ${missing[*]}"
    exit 1
}

install_packages() {
    missing=()
    for package in "$@"; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "this is no Debian machine; please install the equivalents of: ${missing[*]}"
        exit 1
    fi
    say "installing Debian packages: ${missing[*]}"
    become_root
    "${as_root[@]}" apt-get -qq update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq install -y --no-install-recommends "${missing[@]}" </dev/null ||
        { say "apt-get could not install them; what it says stands above"; exit 1; }
}

# Prints the first Python that is new enough and can make virtual environments.
find_python() {
    local name
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3 /usr/bin/python3; do
        if "$name" -c 'import sys, venv, ensurepip, ssl; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# Ends with an error if there is something in a folder that was not put there from here.
must_be_ours() {
    [ -e "$1/$mark" ] || [ -z "$(ls -A "$1" 2>/dev/null)" ] || {
        say "$1 was not made by this set-up and is left alone; please move it away"
        exit 1
    }
}

# All but the mark goes, so that what is broken off half-way can be begun again.
clear_folder() {
    must_be_ours "$1"
    mkdir -p "$1"
    touch "$1/$mark"
    find "$1/" -mindepth 1 -maxdepth 1 ! -name "$mark" -exec rm -rf {} +
}

make_venv() {
    local dir=$1 python
    if ! python=$(find_python); then
        install_packages python3 python3-venv
        python=$(find_python) || { say "no Python 3.11 or newer with the venv module"; exit 1; }
    fi
    say "putting the pinned Python packages into $dir ($python)"
    if ! "$dir/bin/python" -c 'import pip' 2>/dev/null; then
        clear_folder "$dir"
        "$python" -m venv "$dir"
    fi
    "$dir/bin/python" -m pip -qq --disable-pip-version-check --no-input install \
        --editable '.[test]'
}

case ${1:-} in
    packages)
        if command -v dpkg-query >/dev/null; then
            install_packages "${packages[@]}"
        else
            for tool in arm-none-eabi-gcc gcc xz clang-format openssl; do
                command -v "$tool" >/dev/null ||
                    { say "$tool is missing, and this machine has no dpkg to install it with"; exit 1; }
            done
        fi
        ;;
    venv) make_venv "$2" ;;
    remove)
        must_be_ours "$2"
        rm -rf "$2"
        ;;
    *) say "usage: tools/setup.sh packages | venv DIR | remove DIR"; exit 2 ;;
esac
