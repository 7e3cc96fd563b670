#!/usr/bin/env bash
# The judge of keys is judged: usage rederive.sh VPNSIM REDERIVE SCENARIO-DIR...
# It must find every run of the scenarios right, and must notice one changed digit of any secret, key or IV in
# keys.json and one changed bit in an ESP packet of the capture.
set -u
vpnsim=$1 rederive=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
refuse() {
    echo "REFUSED: $*"
    status=1
}

for scenario in "$@"; do
    name=$(basename "$scenario")
    "$vpnsim" run "$scenario" --out "$work/$name" --quiet >/dev/null 2>&1
    line=$("$rederive" "$work/$name") || refuse "$line"
    echo "${line#"$work/"}"
done

run=$work/$(basename "$1") bad=$work/changed
mkdir -p "$bad"
noticed=0
for member in psk dh_secret gxy skeyid skeyid_d skeyid_a skeyid_e cipher_key iv auth_key; do
    cp "$run/keys.json" "$run/capture.pcapng" "$bad/"
    # The first digit of the last value of that name becomes another one.
    awk -v m="\"$member\":\"" '{ line[NR] = $0; if (match($0, m "[0-9a-f]")) last = NR }
        END { for (i = 1; i <= NR; i++) {
            if (i == last && (at = index(line[i], m))) {
                at += length(m)
                line[i] = substr(line[i], 1, at - 1) (substr(line[i], at, 1) == "7" ? "8" : "7") substr(line[i], at + 1)
            }
            print line[i]
        } }' "$run/keys.json" >"$bad/keys.json"
    cmp -s "$run/keys.json" "$bad/keys.json" && refuse "no $member in keys.json to change"
    if "$rederive" "$bad" >/dev/null; then refuse "a changed $member is not noticed"; else noticed=$((noticed + 1)); fi
done
cp "$run/keys.json" "$run/capture.pcapng" "$bad/"
# Thirty bytes behind an SPI is ciphertext.
spi=$(sed -n "s/.*\"spi\":\"\([0-9a-f]*\)\".*/\\1/p" "$run/keys.json" | head -1 | sed "s/../\\\\x&/g")
at=$(LC_ALL=C grep -obUaP "$spi" "$bad/capture.pcapng" | tail -1 | cut -d: -f1)
for byte in "\\377" "\\0"; do
    printf "$byte" | dd of="$bad/capture.pcapng" bs=1 seek=$((at + 30)) conv=notrunc status=none
    cmp -s "$run/capture.pcapng" "$bad/capture.pcapng" || break
done
if "$rederive" "$bad" >/dev/null; then refuse "a changed packet is not noticed"; else noticed=$((noticed + 1)); fi
echo "$noticed changes noticed"
exit $status
