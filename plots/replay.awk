# ESP packets of esp.csv in the order of their arrival at one SA, beside its anti-replay window.
#   awk -v what=... [-v node=NODE] [-v sa=NODE/SPI] [-v from=N -v to=N] -f csv.awk -f replay.awk esp.csv
# what is
#   worst   the SA that refused most, or else took most out of order: node/spi packets replayed late window from to
#           (late: by how much at most behind the highest number; from, to: the arrivals where most was refused)
#   points  arrival number highest outcome, between from and to; outcome is 1 taken, 2 refused as a replay, 3 otherwise
# The size of the window is not in the table: it is the greatest of 64, 128 ... 1024 that lets nothing be refused within
# it, which a copy does not count for; 64 when nothing was refused.
FNR > 1 {
    cells($0, c)
    if (c[3] == 0 || (node != "" && c[2] != node)) next
    key = c[2] "/" c[4] # numbers of SAs begin anew after a reload
    if (sa != "" && key != sa) next
    if (!(key in n)) { order[++keys] = key; least[key] = 1e15; highest[key] = latest[key] = 0 }
    at = ++n[key]
    c[5] += 0
    late = highest[key] - c[5]
    outcome = c[6] == "accepted" ? 1 : c[6] == "replay" ? 2 : 3
    if (what == "points" && at >= from && at <= to) printf "%d %.0f %.0f %d\n", at, c[5], highest[key], outcome
    if (outcome == 1) {
        if (late > latest[key]) latest[key] = late
        if (c[5] > highest[key]) highest[key] = c[5]
        taken[key, c[5]] = 1
    }
    if (outcome == 2) {
        refused[key]++
        when[key, refused[key]] = at
        if (late > latest[key]) latest[key] = late
        if (!((key, c[5]) in taken) && late < least[key]) least[key] = late
    }
}
END {
    if (what != "worst") exit
    for (i = 1; i <= keys; i++) {
        key = order[i]
        if (best == "" || refused[key] > refused[best] || (refused[key] == refused[best] && latest[key] > latest[best])) best = key
    }
    if (best == "" || (!refused[best] && !latest[best])) exit
    for (size = 64; size < 1024 && refused[best] && size * 2 <= least[best]; size *= 2) ;
    span = 6 * size
    for (i = 1; i <= refused[best]; i++) {
        for (k = i; k <= refused[best] && when[best, k] - when[best, i] < span / 2; k++) ;
        if (k - i > most) { most = k - i; center = (when[best, i] + when[best, k - 1]) / 2 }
    }
    first = int(center - span / 2)
    if (first + span > n[best]) first = n[best] - span
    if (first < 1) first = 1
    printf "%s %d %d %d %d %d %d\n", best, n[best], refused[best] + 0, latest[best], size, first, first + span
}
