#!/bin/sh
# House rules that a compiler does not see: rooms include downwards only, vendor words stay in the vendor
# room, files are tidy. Prints each breach as file:line: rule and exits 1 when there is one.
set -u
cd "$(dirname "$0")/../.." || exit 2
breaches=$(mktemp)
trap 'rm -f "$breaches"' EXIT

# room: the rooms it may include (its own is always allowed)
allowed() {
    case $1 in
    tbl) echo "" ;;
    base) echo "tbl" ;;
    kernel) echo "base tbl" ;;
    trace) echo "kernel base tbl" ;;
    wire | crypto) echo "base tbl" ;;
    net) echo "kernel trace wire base tbl" ;;
    ipsec) echo "net crypto kernel trace wire base tbl" ;;
    ike) echo "trace wire crypto kernel base tbl" ;;
    cli) echo "base tbl" ;;
    device) echo "net ipsec ike cli crypto kernel trace wire base tbl" ;;
    apps | vendor) echo "device net ipsec ike cli crypto kernel trace wire base tbl" ;;
    sink) echo "trace wire kernel base tbl" ;;
    scenario | main) echo "scenario apps vendor sink device net ipsec ike cli crypto kernel trace wire base tbl" ;;
    esac
}

for room in tbl base kernel trace wire crypto net ipsec ike cli device apps vendor sink scenario main; do
    find "include/$room" "sim/$room" -name '*.[ch]' -o -name '*.def' 2>/dev/null | sort | while read -r file; do
        grep -nE '^ *# *include "[a-z]+/' "$file" | while IFS=: read -r line text; do
            other=$(printf '%s' "$text" | sed 's/.*"\([a-z]*\)\/.*/\1/')
            [ "$other" = "$room" ] && continue
            [ -d "include/$other" ] || continue
            case " $(allowed "$room") " in
            *" $other "*) ;;
            *) echo "$file:$line: room $room must not include room $other" ;;
            esac
        done
    done
done >>"$breaches"

# Words of vendors below their room. "iOS-like" words inside other words do not count.
for room in tbl base kernel trace wire crypto net ipsec ike cli device apps sink; do
    grep -rniwE 'ios|asa|pix|cisco|anyconnect' "include/$room" "sim/$room" 2>/dev/null |
        sed -E 's/^([^:]*:[0-9]+):.*/\1: vendor word below the vendor room/'
done >>"$breaches"

files=$(git ls-files --cached --others --exclude-standard -- sim include tests scenarios plots CMakeLists.txt README.md .ci |
    grep -vE '(/corpus/|/golden/)')
for file in $files; do
    [ -f "$file" ] || continue
    case $file in *.c | *.h | *.def | *.cc | *.sh | *.yml | *.md | *CMakeLists.txt | *.gp) ;; *) continue ;; esac
    grep -nE '[[:blank:]]+$' "$file" | sed "s|^\([0-9]*\):.*|$file:\1: blanks at the end of the line|"
    grep -nP '\t' "$file" | sed "s|^\([0-9]*\):.*|$file:\1: tab|"
    grep -nP '\r' "$file" | sed "s|^\([0-9]*\):.*|$file:\1: carriage return|"
    [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ] && echo "$file: no newline at the end"
    case $file in *.c | *.h)
        lines=$(wc -l <"$file")
        [ "$lines" -gt 600 ] && echo "$file: $lines lines; look for the seam (600 at most)"
        grep -nE '\b(TODO|FIXME|XXX)\b' "$file" | sed "s|^\([0-9]*\):.*|$file:\1: word of unfinished work|"
        grep -nE '\b(time|clock|gettimeofday|clock_gettime|rand|random|srand|g_random_[a-z0-9_]*|g_get_real_time)\(' "$file" |
            grep -vE '^[0-9]+: *(\*|/\*)' | grep -E '.*' |
            case $file in
            sim/main/* | sim/scenario/progress.c | tests/bench/* | tests/interop/flood.c | tests/outside/*) cat >/dev/null ;;
            *) sed "s|^\([0-9]*\):.*|$file:\1: wall clock or foreign randomness|" ;;
            esac
        ;;
    esac
    case $file in include/*.h)
        guard=$(printf '%s' "${file#include/}" | tr 'a-z/.' 'A-Z__')
        grep -q "#ifndef $guard" "$file" || echo "$file: include guard is not $guard"
        head -1 "$file" | grep -q '^/\*' || echo "$file: does not open with what it is"
        ;;
    sim/*.c)
        head -1 "$file" | grep -q '^/\*' || echo "$file: does not open with its part in the room"
        ;;
    esac
done >>"$breaches"

# Every floating-point decision is suspect below the sinks; none is needed.
for room in base kernel trace wire crypto net ipsec ike device; do
    grep -rnwE 'float|double' "sim/$room" "include/$room" --include='*.[ch]' 2>/dev/null |
        sed -E 's/^([^:]*:[0-9]+):.*/\1: floating point/'
done >>"$breaches"

# Only the rooms and folders of the plan stand at the top.
for entry in $(git ls-files | cut -d/ -f1 | sort -u); do
    case $entry in .* | sim | scenarios | include | tests | plots | CMakeLists.txt | CMakePresets.json | README.md) ;;
    *) echo "$entry: does not belong at the top level" ;;
    esac
done >>"$breaches"

if command -v clang-format >/dev/null && clang-format --version | grep -q 'version 14'; then
    printf '%s\n' $files | grep -E '\.[ch]$' | xargs clang-format --dry-run 2>&1 |
        sed -nE 's/^([^:]*):[0-9]+:[0-9]+: warning: code should be clang-formatted.*/\1: clang-format would change it/p' | sort -u
else
    echo "tidy: clang-format 14 is not installed; format not checked" >&2
fi >>"$breaches"

if [ -s "$breaches" ]; then
    sort "$breaches"
    echo "tidy: $(wc -l <"$breaches") breaches"
    exit 1
fi
echo "tidy: no breach"
