#!/usr/bin/env bash
# tshark judges captures: usage tshark.sh VPNSIM SCENARIO-DIR…
# Every capture dissects with no malformed packet and no checksum error (a scenario whose network damages packets
# on purpose says `x-judge: damaged`); where the tunnel comes up, main mode 5 and 6 (or aggressive mode 3), quick mode and ESP decrypt with
# the exported keys and inner packets are seen. Prints a line a scenario; exits 1 when one is refused.
set -u
vpnsim=${1:?usage: tshark.sh VPNSIM SCENARIO-DIR...}
shift
if ! command -v tshark >/dev/null; then
    echo "SKIPPED: tshark is not installed; captures were not judged" >&2
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC HOME=$work
status=0

# One pass over the capture: what each frame holds, a column a field, then counted by awk.
dissect() {
    WIRESHARK_CONFIG_DIR="$run/wireshark" tshark -r "$run/capture.pcapng" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -T fields -E separator=/t -e frame.number -e _ws.malformed -e ip.checksum.status -e udp.checksum.status \
        -e icmp.checksum.status -e isakmp.exchangetype -e isakmp.flag_e -e isakmp.typepayload -e esp.spi -e icmp.type \
        -e udp.srcport -e esp.icv_good -e esp.protocol -e tcp.checksum.status -e tcp.srcport 2>"$work/err" |
        awk -F'\t' -v table="$run/wireshark/esp_sa" '
            BEGIN { while ((getline row < table) > 0) { split(row, cell, "\""); known[cell[8]] = 1 } }
            function has(list, value) { return ("," list ",") ~ ("," value ",") }
            { packets++ }
            $2 != "" && $9 == "" { malformed++ }
            has($3, "0") || has($4, "0") || has($5, "0") || has($14, "0") { sums++ }
            $6 == 2 && has($7, "1") && has($8, "8") { main++ }
            $6 == 2 { mains++ }
            $6 == 4 { aggressive++ } # its third message is encrypted, the others are in clear
            $6 == 4 && has($7, "1") && has($8, "8") { third++ }
            $6 == 32 && has($7, "1") && has($8, "10") { quick++ }
            # What tshark finds in TCP segments it hands on as cut off, so that ESP in them cannot be opened.
            # Nor is what an ICMP error quotes, and what nobody made an SA for.
            $9 != "" && !(($10 == 3 || $10 == 11) && $13 == "") && !($15 != "" && $13 == "") {
                if (!($9 in known)) { strange++; next }
                esp++
                if (has($13, "0x04")) inner++; if (has($12, "0")) bad++ }
            END { print packets+0, malformed+0, sums+0, main+0, quick+0, esp+0, inner+0, bad+0, mains+0, aggressive+0, third+0, strange+0 }'
}
refuse() {
    echo "$name: $1"
    status=1
}

judge() {
    name=$(basename "$1")
    run=$work/$name
    "$vpnsim" run "$1" --out "$run" --quiet >"$work/out" 2>&1
    if [ ! -s "$run/capture.pcapng" ]; then
        refuse "no capture: $(tail -1 "$work/out")"
        return
    fi
    read -r packets malformed sums main quick esp inner bad mains aggressive third strange <<<"$(dissect)"
    [ "$packets" -gt 0 ] || { refuse "tshark reads no packet: $(tail -1 "$work/err")"; return; }
    damaged=$(grep -c '^x-judge: *damaged' "$1/scenario.yml")
    # An SPI that the keys do not tell of is one that its receiver does not know either.
    [ "$strange" -eq 0 ] || [ "$damaged" -gt 0 ] || grep -q '"why":"ESP_NO_SPI"' "$run/events.jsonl" ||
        refuse "$strange ESP packets of SAs whose keys are not exported"
    if [ "$damaged" -eq 0 ]; then
        [ "$malformed" -eq 0 ] || refuse "$malformed malformed packets"
        [ "$sums" -eq 0 ] || refuse "$sums packets with a wrong checksum"
    fi
    if grep -q '"event":"ipsec_sa_new"' "$run/events.jsonl"; then
        [ "$main" -ge 2 ] || [ "$mains" -eq 0 -a "$aggressive" -gt 0 ] || refuse "main mode 5 and 6 do not decrypt"
        [ "$aggressive" -eq 0 ] || [ "$damaged" -gt 0 ] || [ "$third" -ge 1 ] || refuse "aggressive mode 3 does not decrypt"
        [ "$quick" -ge 2 ] || refuse "quick mode does not decrypt"
        if [ "$esp" -gt 0 ] && [ "$damaged" -eq 0 ]; then
            [ "$inner" -eq "$esp" ] || refuse "$inner of $esp ESP packets show their inner packet"
            [ "$bad" -eq 0 ] || refuse "$bad ESP packets with a wrong ICV"
        fi
        echo "$name: $packets packets, $main of main mode and $quick of quick mode decrypted, $inner of $esp ESP opened"
    else
        echo "$name: $packets packets, no tunnel to open"
    fi
    rm -rf "$run"
}

for scenario in "$@"; do
    [ -f "$scenario/scenario.yml" ] || continue
    judge "$scenario"
done
exit $status
