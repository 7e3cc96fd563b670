# TCP segments of tcp.csv for a plot.
#   awk -v what=... -v unit=NS [-v conn=N] -f csv.awk -f tcp.awk tcp.csv
# what is
#   conns  the connections in order of their beginning: number bytes segments again begin end flow; counted at the end
#          that sent more bytes
#   sent   time first last again, of each segment with data (or SYN, FIN) of that end; sequence numbers in kB
#   acked  time number: how far it was acknowledged, as that end heard it
FNR > 1 {
    cells($0, c)
    key = c[3] SUBSEP c[4]
    if (!(key in number)) { number[key] = ++conns; flow[conns] = c[3] }
    i = number[key]
    if (!(i in begin)) begin[i] = c[1]
    over[i] = c[1]
    bytes[i, c[5], c[6]] += c[8]
    if (conn != "" && i != conn) next
    row[++rows] = $0
    of[rows] = i
}
END {
    for (i = 1; i <= conns; i++) from[i] = bytes[i, "server", "tx"] > bytes[i, "client", "tx"] ? "server" : "client"
    for (r = 1; r <= rows; r++) {
        cells(row[r], c)
        i = of[r]
        if (c[5] != from[i]) continue
        sends = c[6] == "tx" && (c[8] > 0 || c[9] ~ /[SF]/)
        if (sends) { segments[i]++; again[i] += c[11] > 0 }
        if (what == "sent" && sends)
            printf "%.9f %.3f %.3f %d\n", c[1] / unit, c[7] / 1000, (c[7] + (c[8] ? c[8] : 1)) / 1000, (c[11] > 0)
        if (what == "acked" && c[6] == "rx" && c[9] ~ /A/) printf "%.9f %.3f\n", c[1] / unit, c[10] / 1000
    }
    for (i = 1; what == "conns" && i <= conns; i++)
        printf "%d %.0f %d %d %.9f %.9f %s\n", i, bytes[i, from[i], "tx"], segments[i], again[i], begin[i] / unit, over[i] / unit, flow[i]
}
