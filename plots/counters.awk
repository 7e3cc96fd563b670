# Values of counters.csv over time.
#   awk -v what=nodes|values -v unit=NS -v counter=NAME [-v node=NAME] -f csv.awk -f counters.awk counters.csv
# nodes prints who has that counter, values its time and value at that node.
FNR > 1 {
    cells($0, c)
    if (c[3] != counter || (node != "" && c[2] != node)) next
    if (what == "values") printf "%.9f %s\n", c[1] / unit, c[4]
    else if (!seen[c[2]]++) print c[2]
}
