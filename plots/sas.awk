# Lays the lives of sas.csv out as bars: a row a node, peer, phase and pair of networks, with further lanes below where
# lives overlap. Phase 2 is drawn once a pair, from its inbound SA.
#   awk -v what=... -v end=NS -v unit=NS [-v node=NAME] -f csv.awk -f sas.awk sas.csv
# what is bars (y, from, ready, replaced, to, phase, text), marks (y, at, sort), rows (y, label), nodes (the uppermost y of
# every node but the first), count (lanes) or width (letters of the longest label).
BEGIN { n = 0 }
FNR > 1 {
    cells($0, c)
    if (c[2] == "esp-out" || (node != "" && c[1] != node)) next
    n++
    node_of[n] = c[1]
    phase[n] = c[2] == "isakmp" ? 1 : 2
    name[n] = substr(c[4], 1, 8)
    peer[n] = c[6]
    nets[n] = phase[n] == 1 ? "" : c[8]
    local[n] = c[7]
    role[n] = c[9]
    born[n] = c[10]; ready[n] = c[11]; rekey[n] = c[12]; replaced[n] = c[13]; collided[n] = c[15]; died[n] = c[16]
    why[n] = c[17]
    order[n] = n
}
function death(w) {
    if (w == "EXPIRED" || w == "REPLACED" || w == "COLLISION") return "over"
    if (w == "RELOAD") return "reload"
    if (w == "ADMIN" || w == "PEER_DELETE" || w == "CONFIG" || w == "INITIAL_CONTACT" || w == "IDLE" || w == "SESSION_TIME")
        return "deleted"
    return "lost"
}
function finish(i) { return died[i] == "" ? end : died[i] }
# By birth: rows come in the order of death, so little has to move.
function by_birth(   i, k, o) {
    for (i = 2; i <= n; i++) {
        o = order[i]
        for (k = i - 1; k >= 1 && born[order[k]] + 0 > born[o] + 0; k--) order[k + 1] = order[k]
        order[k + 1] = o
    }
}
function place(   i, o, g, k) {
    nodes = peers = groups = 0
    for (i = 1; i <= n; i++) {
        o = order[i]
        if (!(node_of[o] in node_at)) node_at[node_of[o]] = ++nodes
        k = node_of[o] SUBSEP peer[o]
        if (!(k in peer_at)) peer_at[k] = ++peers
        g = k SUBSEP phase[o] SUBSEP local[o] SUBSEP nets[o]
        if (!(g in group_at)) {
            group_at[g] = ++groups
            group_key[groups] = node_at[node_of[o]] * 1000000000 + peer_at[k] * 10000 + phase[o] * 5000 + groups % 5000
            group_first[groups] = o
            group_order[groups] = groups
            lanes[groups] = 0
        }
        g = group_at[g]
        group_of[o] = g
        for (k = 1; k <= lanes[g] && lane_end[g, k] + 0 > born[o] + 0; k++) ;
        if (k > lanes[g]) lanes[g] = k
        lane_end[g, k] = finish(o)
        lane_of[o] = k
    }
    for (i = 2; i <= groups; i++) {
        g = group_order[i]
        for (k = i - 1; k >= 1 && group_key[group_order[k]] > group_key[g]; k--) group_order[k + 1] = group_order[k]
        group_order[k + 1] = g
    }
    total = 0
    for (i = 1; i <= groups; i++) {
        start[group_order[i]] = total
        total += lanes[group_order[i]]
    }
}
function y_of(o) { return -(start[group_of[o]] + lane_of[o]) }
function label(o, fresh) {
    return (fresh ? node_of[o] " - " peer[o] "   " : "") (phase[o] == 1 ? "phase 1" : "phase 2   " nets[o])
}
END {
    by_birth()
    place()
    if (what == "count") { print total; exit }
    longest = 0
    for (i = 1; i <= groups; i++) {
        g = group_order[i]
        o = group_first[g]
        fresh = node_of[o] SUBSEP peer[o] != last
        last = node_of[o] SUBSEP peer[o]
        text = label(o, fresh)
        if (length(text) > longest) longest = length(text)
        if (what == "rows") printf "%d %s\n", -(start[g] + 1), word(text)
        if (what == "nodes" && i > 1 && node_of[o] != last_node) print -(start[g] + 1)
        last_node = node_of[o]
    }
    if (what == "width") print longest
    for (i = 1; i <= n; i++) {
        o = order[i]
        y = y_of(o)
        if (what == "bars") {
            serves = ready[o] == "" ? finish(o) : ready[o]
            fades = replaced[o] == "" ? finish(o) : replaced[o]
            printf "%d %.9f %.9f %.9f %.9f %d %s\n", y, born[o] / unit, serves / unit, fades / unit, finish(o) / unit,
                phase[o], word(name[o] (role[o] == "INITIATOR" ? " >" : role[o] == "RESPONDER" ? " <" : ""))
        } else if (what == "marks") {
            if (rekey[o] != "") printf "%d %.9f rekey\n", y, rekey[o] / unit
            if (collided[o] != "") printf "%d %.9f collision\n", y, collided[o] / unit
            if (died[o] != "") printf "%d %.9f %s\n", y, died[o] / unit, death(why[o])
        }
    }
}
