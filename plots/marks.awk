# Labelled steps of timeline.csv: as upright lines (steps), and their texts (at, a level of 0 to 2 so that none covers
# another, text; those without room are left out).
#   awk -v what=steps|texts|end -v unit=NS -v letters=N -f csv.awk -f marks.awk timeline.csv
# letters is how many of them fit along the axis; end prints the end of the run in nanoseconds.
FNR > 1 {
    cells($0, c)
    if (c[2] == "end") end = c[1]
    if (c[2] != "step" || c[4] == "" || (c[1] SUBSEP c[4]) in seen) next
    seen[c[1], c[4]] = 1
    at[++n] = c[1]
    text[n] = c[4]
}
END {
    if (what == "end") { printf "%.0f\n", end; exit }
    for (i = 1; i <= n; i++) {
        from = end ? at[i] / end * letters : 0
        to = from + length(text[i]) + 2
        for (level = 0; level < 3 && full[level] > from; level++) ;
        if (to > letters + 10) level = 3
        if (level < 3) full[level] = to
        if (what == "steps") printf "%.9f\n", at[i] / unit
        else if (level < 3) printf "%.9f %d %s\n", at[i] / unit, level, text[i]
    }
}
