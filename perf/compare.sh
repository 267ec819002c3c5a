#!/usr/bin/env bash
# Paired comparison of two libzmq.so.5 under libzmq's own benchmark programs.
# Usage and method: perf/README.md, or --help.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: perf/compare.sh [-n PAIRS] [-q] [ROW...]

Runs libzmq's perf programs alternately on two libraries and prints medians.

  -n PAIRS   pairs of runs per row (default 5)
  -q         a tenth of the messages: a look, not a measurement
  ROW        kind:size[:count]; kind is inproc_thr, inproc_lat, tcp_thr,
             tcp_lat, ipc_thr or ipc_lat (default: the standard rows)

environment
  PERF_DIR   directory with local_thr, remote_thr, local_lat, remote_lat,
             inproc_thr, inproc_lat, linked to a shared libzmq (required)
  OURS       library measured: a file, or a directory with libzmq.so.5 or
             libzmq.so (default: target/release)
  OTHER      library compared with (default: the system's libzmq.so.5)
  RUN_TIMEOUT  seconds after which one run counts as failed (default 120)
TEXT
}

die() { echo "compare.sh: $*" >&2; exit 2; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pairs=5
divide=1
while getopts "n:qh-:" flag; do
    case $flag in
        n) pairs=$OPTARG ;;
        q) divide=10 ;;
        h) usage; exit 0 ;;
        -) [[ $OPTARG == help ]] && { usage; exit 0; }; die "unknown option --$OPTARG" ;;
        *) usage >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[[ $pairs =~ ^[1-9][0-9]*$ ]] || die "-n wants a positive number"

[[ -n ${PERF_DIR:-} ]] || die "set PERF_DIR to the directory of libzmq's perf programs"
for program in local_thr remote_thr local_lat remote_lat inproc_thr inproc_lat; do
    [[ -x $PERF_DIR/$program ]] || die "no program $PERF_DIR/$program"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# library_file PATH: the library that a file or directory argument means.
library_file() {
    local candidate
    for candidate in "$1" "$1/libzmq.so.5" "$1/libzmq.so"; do
        [[ -f $candidate ]] && { realpath "$candidate"; return; }
    done
    return 1
}

system_library() {
    ldconfig -p 2>/dev/null | awk '/libzmq\.so\.5 / { print $NF; exit }' || true
}

# Each library is reached through a directory of its own, so that
# LD_LIBRARY_PATH picks exactly this file under the name libzmq.so.5.
install_side() {
    local side=$1 path=$2 file
    file=$(library_file "$path") || die "no libzmq at '$path'"
    mkdir "$work/$side"
    ln -s "$file" "$work/$side/libzmq.so.5"
    LD_LIBRARY_PATH="$work/$side" ldd "$PERF_DIR/inproc_thr" | grep "=> $work/$side/libzmq.so.5 " >/dev/null ||
        die "the programs in PERF_DIR do not load $file (linked statically, or with an RPATH?)"
    echo "$side: $file" >&2
}
PATH=$PATH:/sbin:/usr/sbin
install_side ours "${OURS:-$root/target/release}"
install_side other "${OTHER:-$(system_library)}"

TIMEFORMAT='%U %S %R'
limit=${RUN_TIMEOUT:-120}

# on SIDE NAME PROGRAM ARGS...: output to NAME.out, "user system wall" to NAME.time.
on() {
    local side=$1 name=$2 program=$3
    shift 3
    { time LD_LIBRARY_PATH="$work/$side" timeout "$limit" "$PERF_DIR/$program" "$@" \
        >"$work/$name.out" 2>&1; } 2>"$work/$name.time"
}

fresh_endpoint() {
    local port
    case $1 in
        ipc) echo "ipc://$work/socket.$RANDOM$RANDOM" ;;
        tcp)
            # A port nobody listens on now; TIME_WAIT of earlier rows is no hindrance to a bind.
            while port=$((20000 + RANDOM % 12000)); do
                (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
            done
            echo "tcp://127.0.0.1:$port" ;;
    esac
}

# run SIDE KIND SIZE COUNT: prints "figure cpu", messages/s or us and CPU us per message.
run() {
    local side=$1 kind=$2 size=$3 count=$4 transport=${2%_*} what=${2#*_} endpoint local_pid file
    for file in {local,remote}.{out,time}; do : >"$work/$file"; done
    if [[ $transport == inproc ]]; then
        on "$side" local "inproc_$what" "$size" "$count" || return 1
    else
        endpoint=$(fresh_endpoint "$transport")
        on "$side" local "local_$what" "$endpoint" "$size" "$count" &
        local_pid=$!
        on "$side" remote "remote_$what" "$endpoint" "$size" "$count" || { wait "$local_pid"; return 1; }
        wait "$local_pid" || return 1
    fi
    cat "$work"/{local,remote}.out "$work"/{local,remote}.time | awk -v count="$count" '
        /mean throughput:.*msg\/s/ { figure = $3 }
        /average latency:/ { figure = $3 }
        NF == 3 && $1 ~ /^[0-9.]+$/ { cpu += $1 + $2 }
        END { if (figure + 0 <= 0) exit 1; printf "%s %.5f\n", figure, cpu * 1e6 / count }'
}

median() {
    sort -g | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# The counts make a run of libzmq's last about a second: long against start-up.
default_count() {
    local kind=$1 size=$2
    case $kind in
        inproc_lat) echo 200000 ;;
        *_lat) echo 50000 ;;
        inproc_thr) echo 8000000 ;;
        *) if ((size <= 256)); then echo 5000000
           elif ((size <= 4096)); then echo 1500000
           elif ((size <= 65536)); then echo 60000
           else echo 4000; fi ;;
    esac
}

rows=("$@")
if ((${#rows[@]} == 0)); then
    rows=(inproc_thr:16 inproc_thr:64 inproc_lat:1
        tcp_thr:16 tcp_thr:64 tcp_thr:256 tcp_thr:1024 tcp_thr:65536 tcp_thr:1048576
        ipc_thr:64 ipc_thr:65536 tcp_lat:1 ipc_lat:1)
fi

failed=0
printf '| row | unit | ours | other | ratio | CPU us/msg ours | other | CPU ratio |\n|---|---|---|---|---|---|---|---|\n'
for row in "${rows[@]}"; do
    IFS=: read -r kind size count <<<"$row"
    [[ $kind =~ ^(inproc|tcp|ipc)_(thr|lat)$ && ${size:-} =~ ^[0-9]+$ ]] || die "bad row '$row'"
    : "${count:=$(($(default_count "$kind" "$size") / divide))}"
    : >"$work/ours.runs"
    : >"$work/other.runs"
    bad=""
    for ((pair = 0; pair < pairs; pair++)); do
        # Which side goes first alternates too.
        order=(ours other)
        ((pair % 2)) && order=(other ours)
        for side in "${order[@]}"; do
            # The programs themselves now and then miss each other: a second try is fair.
            if ! result=$(run "$side" "$kind" "$size" "$count" || run "$side" "$kind" "$size" "$count"); then
                bad="$side failed or took over $limit s: $(cat "$work"/{local,remote}.out | sed '/^message\|^roundtrip/d' | tail -n 2 | tr '\n' ' ')"
                break 2
            fi
            echo "$result" >>"$work/$side.runs"
        done
    done
    if [[ -n $bad ]]; then
        printf '| %s %s B | %s |||||||\n' "$kind" "$size" "$bad"
        failed=1
        continue
    fi
    unit=msg/s better='$1 / $3'
    [[ $kind == *_lat ]] && unit=us better='$3 / $1'
    paste -d' ' "$work/ours.runs" "$work/other.runs" >"$work/pairs"
    column() { awk "{ printf \"%.6f\\n\", $1 }" "$work/pairs" | median; }
    awk -v row="$kind $size B" -v unit="$unit" -v a="$(column '$1')" -v b="$(column '$3')" \
        -v ratio="$(column "$better")" -v ca="$(column '$2')" -v cb="$(column '$4')" \
        -v cratio="$(column '($2 > 0 ? $4 / $2 : 0)')" 'BEGIN {
            form = unit == "us" ? "%.2f" : "%.0f"
            printf "| %s | %s | " form " | " form " | %.2f | %.3f | %.3f | %.2f |\n", row, unit, a, b, ratio, ca, cb, cratio }'
done
exit $failed
