# Lengths of queues of queue.csv for a plot.
#   awk -v what=... -v end=NS -v unit=NS [-v node=NODE] [-v at=NODE/INTERFACE] [-v class=N] [-v columns=N] -f csv.awk -f queues.awk queue.csv
# what is
#   places   the interfaces where packets waited or were dropped, the busiest first: node/interface
#   classes  of the place: number packets-in drops longest name
#   length   time packets, of a class of the place; where there are more changes than columns, the least and the
#            greatest of each column
#   drops    time packets, of what found the queue full
function tell() {
    printf "%.9f %d\n", low_at / unit, low
    if (high_at != low_at) printf "%.9f %d\n", high_at / unit, high
}
FNR > 1 {
    cells($0, c)
    place = c[2] "/" c[3]
    if (node != "" && c[2] != node) next
    if (!(place in rows)) place_name[++places] = place
    rows[place]++
    if (at != "" && place != at) next
    if (!(c[4] in number)) { number[c[4]] = ++classes; class_name[classes] = c[4] }
    i = number[c[4]]
    in_[i] += c[5] == "in"
    lost[i] += c[5] == "drop"
    if (c[7] + 0 > longest[i] + 0) longest[i] = c[7]
    if (class != "" && i != class) next
    if (what == "drops" && c[5] == "drop") printf "%.9f %d\n", c[1] / unit, c[7]
    if (what != "length") next
    column = int(c[1] * columns / (end ? end : 1))
    if (column != last && any) tell()
    if (column != last || !any) { low = high = c[7] + 0; low_at = high_at = c[1]; last = column; any = 1 }
    if (c[7] + 0 <= low) { low = c[7] + 0; low_at = c[1] }
    if (c[7] + 0 > high) { high = c[7] + 0; high_at = c[1] }
}
END {
    if (what == "length" && any) tell()
    if (what == "classes") for (i = 1; i <= classes; i++) print i, in_[i], lost[i], longest[i] + 0, class_name[i]
    if (what != "places") exit
    for (i = 2; i <= places; i++) {
        p = place_name[i]
        for (k = i - 1; k >= 1 && rows[place_name[k]] < rows[p]; k--) place_name[k + 1] = place_name[k]
        place_name[k + 1] = p
    }
    for (i = 1; i <= places; i++) print place_name[i]
}
