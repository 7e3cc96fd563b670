# Packets of traffic.csv for a plot. Where there are more packets than a picture has columns, the least and the greatest
# delay of a column stand for all in it, and one cross for all its losses.
#   awk -v what=... -v end=NS -v unit=NS [-v flow=N] [-v columns=N] -f csv.awk -f traffic.awk traffic.csv
# what is flows (number in the file and name, in
# the order of their first packets), most (the greatest delay, ms), got (at, ms), lost (at) or tally (sent, lost).
FNR > 1 {
    cells($0, c)
    if (!(c[1] in number)) number[c[1]] = ++numbers
    if (what == "flows") {
        if (!(c[1] in begin)) { name[++flows] = c[1]; begin[c[1]] = c[3] }
        if (c[3] + 0 < begin[c[1]] + 0) begin[c[1]] = c[3]
        next
    }
    if (flow != "" && number[c[1]] != flow) next
    if (what == "most" && c[5] / 1e6 > most) most = c[5] / 1e6
    if (what == "tally") { sent++; gone += c[4] == "" && c[6] != "open" }
    column = int(c[3] * columns / (end ? end : 1))
    if (what == "lost" && c[4] == "" && c[6] != "open" && (!columns || column != last || !any)) {
        printf "%.9f\n", c[3] / unit
        last = column
        any = 1
    }
    if (what != "got" || c[4] == "") next
    if (!columns) { printf "%.9f %.6f\n", c[3] / unit, c[5] / 1e6; next }
    if (column != last && any) tell()
    if (column != last || !any) { low = high = c[5]; low_at = high_at = c[3]; last = column; any = 1 }
    if (c[5] + 0 < low + 0) { low = c[5]; low_at = c[3] }
    if (c[5] + 0 > high + 0) { high = c[5]; high_at = c[3] }
}
function tell() {
    printf "%.9f %.6f\n", low_at / unit, low / 1e6
    if (high_at != low_at) printf "%.9f %.6f\n", high_at / unit, high / 1e6
}
END {
    for (i = 2; i <= flows; i++) {
        f = name[i]
        for (k = i - 1; k >= 1 && begin[name[k]] + 0 > begin[f] + 0; k--) name[k + 1] = name[k]
        name[k + 1] = f
    }
    for (i = 1; i <= flows; i++) print number[name[i]], name[i]
    if (what == "got" && any) tell()
    if (what == "most") print most + 0
    if (what == "tally") print sent + 0, gone + 0
}
