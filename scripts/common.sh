# Sourced by the scripts beside it: where things are, and how to say things.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
stage=$target/stage

# rustup puts cargo where a plain login shell may not look.
PATH=$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin

say() { printf '== %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# The directory of the system's libzmq.so.5, or nothing.
system_libzmq_dir() {
    local file
    file=$(ldconfig -p 2>/dev/null | awk '/libzmq\.so\.5 / { print $NF; exit }') || true
    [[ -z $file ]] || dirname "$file"
}

# The version in the header, the only place that states it for the scripts.
library_version() {
    awk '$2 ~ /^ZMQ_VERSION_(MAJOR|MINOR|PATCH)$/ && $1 == "#define" { v = v sep $3; sep = "." } END { print v }' \
        "$root/include/zmq.h"
}
