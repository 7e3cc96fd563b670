# Counters of a run over simulated time, one panel a counter, one line a node.
#   gnuplot -e "run='out/first-tunnel'" plots/counters.gp
# writes <run>/counters.svg and <run>/counters.png. Choose others with counters='esp.out.packets ike.tx'.
if (!exists("run")) { print "usage: gnuplot -e \"run='out/NAME'\" plots/counters.gp"; exit status 2 }
if (!exists("counters")) counters = "esp.out.packets esp.in.packets ike.tx ip.forwarded"
file = run . "/counters.csv"
rows(counter, node) = sprintf("< awk -F, '$2==\"\\\"%s\\\"\" && $3==\"\\\"%s\\\"\" {gsub(/\"/,\"\"); print $1/1e9, $4}' '%s'", node, counter, file)
nodes(counter) = system(sprintf("awk -F, '$3==\"\\\"%s\\\"\" {gsub(/\"/,\"\"); if (!s[$2]++) print $2}' '%s'", counter, file))
n = words(counters)
do for [format in "svg png"] {
    if (format eq "svg") { set terminal svg size 900,240*n font "sans,12" background "white" } else { set terminal pngcairo size 900,240*n font "sans,10" }
    set output run . "/counters." . format
    set multiplot layout n,1
    set grid; set key left top; set xlabel "simulated seconds"
    do for [i=1:n] {
        counter = word(counters, i)
        who = nodes(counter)
        set title counter noenhanced
        if (words(who) > 0) {
            plot for [j=1:words(who)] rows(counter, word(who, j)) using 1:2 with steps linewidth 2 title word(who, j) noenhanced
        } else {
            plot [0:1] 0 title "no such counter"
        }
    }
    unset multiplot
    set output
}
