# Counters of a run over time, one panel a counter, one line a node.
#   gnuplot -c plots/counters.gp RUN [png|svg] [OUT] [NODE]
# Others are chosen with gnuplot -e "counters='esp.out.packets ike.tx'" -c plots/counters.gp RUN.
name = "counters"
here = system("dirname '".ARG0."'"); run = ARG1; format = ARG2; out = ARG3; node = ARG4
load here."/common.gp"
if (!exists("counters")) counters = "esp.out.packets esp.in.packets ike.tx ip.forwarded"
rows(what, counter, who) = tool("counters", sprintf("-v what=%s -v unit=%.0f -v counter='%s' -v node='%s'", what, unit_ns, counter, who), "counters")
n = words(counters)
picture_h = 60 + 230 * n
eval begin(picture_h)
left = 0.09
set lmargin at screen left
load here."/heading.gp"
set multiplot
set grid linecolor rgb "#e4e4e4" linewidth 0.5 linetype 1
set key at screen right + 0.015, graph 1 top left Left reverse samplen 1.5 noenhanced
do for [i = 1:n] {
    counter = word(counters, i)
    who = system(rows("nodes", counter, node))
    set tmargin at screen 1 - (230.0 * (i - 1) + 50) / picture_h
    set bmargin at screen 1 - (230.0 * i + 10) / picture_h
    set title counter noenhanced offset 0, -0.6
    set yrange [0:*]
    if (i == n) { set xlabel "simulated time, ".unit }
    if (words(who) > 0) {
        plot for [j = 1:words(who)] "< ".rows("values", counter, word(who, j)) using 1:2 with steps linewidth 2 title word(who, j)
    } else {
        set label 2 "no such counter" at graph 0.5, 0.5 center
        plot [][0:1] NaN notitle
        unset label 2
    }
}
unset multiplot
set output
