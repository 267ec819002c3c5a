#!/usr/bin/env bash
# usage: capi-tests/header/check.sh [COMPARE_HEADER]
#
# What include/zmq.h promises a compiler:
#
#   - it and zmq_utils.h compile without a warning, from C89 and C++98 up, drafts on and off;
#   - every macro of the header to compare with (the system's libzmq, by default) has the same
#     value here, but for the patch level, and every function the same type;
#   - cppzmq's headers compile against it, if they are installed.
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
ours=$root/include
theirs=${1:-/usr/include/zmq.h}
CC=${CC:-gcc}
CXX=${CXX:-g++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
passed=0

# verdict NAME COMMAND...: the command's output is shown when it fails.
verdict() {
    local name=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        head -n 20 "$work/output" | sed 's/^/      | /'
    fi
}

compile() { # LANGUAGE-STANDARD SOURCE FLAG...
    local standard=$1 source=$2 compiler=$CC language=c
    shift 2
    [[ $standard == *++* ]] && compiler=$CXX language=c++
    "$compiler" -x $language -std="$standard" -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$ours" "$@" "$source"
}

# Standards -----------------------------------------------------------------------------------

echo '#include <zmq.h>' >"$work/plain.c"
echo '#include <zmq_utils.h>' >"$work/utils.c"
for standard in c89 c99 c11 c17 gnu89 gnu17 c++98 c++11 c++14 c++17 c++20; do
    verdict "$standard" compile $standard "$work/plain.c"
    # zmq_ppoll's sigset_t is POSIX's, which a strict C standard hides unless one asks for it.
    verdict "$standard with drafts" compile $standard "$work/plain.c" -DZMQ_BUILD_DRAFT_API -D_POSIX_C_SOURCE=200112L
done
verdict "zmq_utils.h" compile c99 "$work/utils.c" -Wno-error

# Macros --------------------------------------------------------------------------------------

macros() { # HEADER FLAG...: the names of its own macros that have a value
    local header=$1
    shift
    echo "#include \"$header\"" | $CC "$@" -x c -dM -E - |
        awk '$2 ~ /^(ZMQ_|EFSM$|ENOCOMPATPROTO$|ETERM$|EMTHREAD$)/ && $2 !~ /\(/ { print $2 }' | sort
}

values() { # HEADER FLAG...: NAME=VALUE of the macros listed in $work/names
    local header=$1 name
    shift
    {
        printf '#include "%s"\n#include <stdio.h>\n' "$header"
        printf '#define SHOW(m) _Generic ((m), char *: text, default: number) (#m, (m))\n'
        printf 'static void text (const char *n, const void *v) { printf ("%%s=%%s\\n", n, (const char *) v); }\n'
        printf 'static void number (const char *n, long long v) { printf ("%%s=%%lld\\n", n, v); }\n'
        printf 'int main (void) {\n'
        while read -r name; do
            printf 'SHOW (%s);\n' "$name"
        done <"$work/names"
        printf 'return 0; }\n'
    } >"$work/values.c"
    $CC "$@" -w -o "$work/values" "$work/values.c" && "$work/values"
}

# Without a value, or meant to differ. A draft's value changed after libzmq 4.3.4.
excepted='EXPORT|VERSION|VERSION_PATCH|HAVE_TIMERS|HAVE_POLLER'
grep -qE 'ZMQ_VERSION_PATCH +4$' "$theirs" && excepted+='|RECONNECT_STOP_AFTER_DISCONNECT'

same_macros() { # FLAG...
    macros "$theirs" "$@" | grep -vE "^ZMQ_($excepted)\$" >"$work/names"
    macros "$ours/zmq.h" "$@" >"$work/own"
    [[ -s $work/names ]] || return
    if grep -vxFf "$work/own" "$work/names"; then
        echo "not in ours"
        return 1
    fi
    values "$theirs" "$@" >"$work/expected" && values "$ours/zmq.h" "$@" >"$work/actual" &&
        diff "$work/expected" "$work/actual"
}

verdict "macros" same_macros
verdict "macros with drafts" same_macros -DZMQ_BUILD_DRAFT_API

# Types ---------------------------------------------------------------------------------------

# Both headers in one file. Their structures get other names, so that their functions are declared
# with our types, and the compiler compares each function's two declarations.
{
    echo '#include <zmq.h>'
    macros "$ours/zmq.h" -DZMQ_BUILD_DRAFT_API | sed 's/.*/#undef &/'
    printf '#undef ZMQ_MAKE_VERSION\n#undef __ZMQ_H_INCLUDED__\n'
    sed -E 's/^typedef struct (zmq_[a-z_]+)$/struct unused_\1/; s/^\} zmq_[a-z_]+;$/};/' "$theirs"
    cat <<'END'
typedef char same_size[sizeof (zmq_msg_t) == sizeof (struct unused_zmq_msg_t) ? 1 : -1];
typedef char same_pollitem[sizeof (zmq_pollitem_t) == sizeof (struct unused_zmq_pollitem_t) ? 1 : -1];
#define OFFSET(type, member) \
    typedef char same_##type##member[offsetof (type, member) == offsetof (struct unused_##type, member) ? 1 : -1]
OFFSET (zmq_pollitem_t, socket);
OFFSET (zmq_pollitem_t, fd);
OFFSET (zmq_pollitem_t, events);
OFFSET (zmq_pollitem_t, revents);
#ifdef ZMQ_BUILD_DRAFT_API
OFFSET (zmq_poller_event_t, socket);
OFFSET (zmq_poller_event_t, fd);
OFFSET (zmq_poller_event_t, user_data);
OFFSET (zmq_poller_event_t, events);
#endif
END
} >"$work/both.c"
verdict "both headers in one C file" $CC -std=gnu11 -Werror -I"$ours" -fsyntax-only "$work/both.c"
verdict "both headers in one C file, with drafts" \
    $CC -std=gnu11 -Werror -I"$ours" -DZMQ_BUILD_DRAFT_API -fsyntax-only "$work/both.c"
verdict "both headers in one C++ file, with drafts" \
    $CXX -x c++ -std=gnu++17 -Werror -I"$ours" -DZMQ_BUILD_DRAFT_API -fsyntax-only "$work/both.c"

# A function that only their header declares would pass above.
functions() { # HEADER
    $CC -E -P -DZMQ_BUILD_DRAFT_API -x c "$1" | grep -oE '\bzmq_[a-z0-9_]+ *\(' | tr -d ' (' |
        grep -vE '_(fn|t)$' | sort -u
}
same_functions() {
    functions "$theirs" >"$work/expected" && functions "$ours/zmq.h" >"$work/actual" && [[ -s $work/expected ]] &&
        ! grep -vxFf "$work/actual" "$work/expected"
}
verdict "functions" same_functions

# cppzmq --------------------------------------------------------------------------------------

for header in zmq.hpp zmq_addon.hpp; do
    if [[ ! -e /usr/include/$header ]]; then
        echo "skip  $header (no cppzmq-dev)"
        continue
    fi
    # Only these are taken from /usr/include: its zmq.h must not be found first.
    mkdir -p "$work/cppzmq"
    cp /usr/include/$header "$work/cppzmq"
    echo "#include <$header>" >"$work/cppzmq.cpp"
    for standard in c++11 c++17 c++20; do
        verdict "$header, $standard" $CXX -std=$standard -Wall -Wextra -Werror -I"$ours" -idirafter "$work/cppzmq" -fsyntax-only "$work/cppzmq.cpp"
        verdict "$header, $standard, with drafts" $CXX -std=$standard -Wall -Wextra -Werror -DZMQ_BUILD_DRAFT_API -I"$ours" -idirafter "$work/cppzmq" -fsyntax-only "$work/cppzmq.cpp"
    done
done

echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
