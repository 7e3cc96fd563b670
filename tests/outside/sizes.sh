#!/usr/bin/env bash
# Size arithmetic: usage sizes.sh ESP-SIZES. That program seals datagrams of 0 to 1600 bytes with every transform; how
# long tshark finds each is held against RFC 2406: initialization vector, padding to whole blocks, two bytes of trailer,
# ICV, and what stands around. Prints what was compared; exits 1 when a length differs or one is missing.
set -u
sizes=${1:?usage: sizes.sh ESP-SIZES}
if ! command -v tshark >/dev/null; then
    echo "SKIPPED: tshark is not installed; sizes were not compared" >&2
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
"$sizes" | tshark -r - -T fields -e esp.spi -e esp.sequence -e ip.len -e udp.length 2>"$work/err" | awk -F'\t' '
    function digit(at) { return index("0123456789abcdef", substr($1, at, 1)) - 1 }
    BEGIN {
        split("0 8 8 16 16 16", iv, " ")     # NULL, DES, 3DES, AES of 128, 192, 256 bits
        split("0 12 12 16", icv, " ")        # none, MD5, SHA-1 (96 bits each), SHA-256 (RFC 4868: 128 bits)
    }
    {
        cipher = digit(7) + 1; auth = digit(8) + 1; transport = digit(9); udp = digit(10)
        block = iv[cipher] > 4 ? iv[cipher] : 4
        inner = 8 + ($2 - 1) + (transport ? 0 : 20)
        want = 20 + (udp ? 8 : 0) + 8 + iv[cipher] + int((inner + 2 + block - 1) / block) * block + icv[auth]
        packets++; seen[$1]++
        if ($3 != want || (udp && $4 != want - 20)) {
            if (wrong++ < 10) print "SPI " $1 ", payload " $2 - 1 ": " $3 " bytes, the arithmetic says " want
        }
    }
    END {
        for (spi in seen) { transforms++; if (seen[spi] != 1601) { print "SPI " spi ": " seen[spi] " packets, not 1601"; wrong++ } }
        # 6 ciphers with 4 hashes but for the one that protects nothing, 2 modes, 2 encapsulations
        if (transforms != (6 * 4 - 1) * 4) { print transforms + 0 " transforms were seen"; wrong++ }
        print packets + 0 " lengths of " transforms + 0 " transforms, " wrong + 0 " wrong"
        exit wrong > 0
    }'
status=$?
[ $status -eq 0 ] || cat "$work/err" >&2
exit $status
