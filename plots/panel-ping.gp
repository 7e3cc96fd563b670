# The panel of traffic, between `bottom` and `top` of the picture: the delay of each packet, and below zero a lane of
# crosses a flow for what was lost.
set tmargin at screen top
set bmargin at screen bottom
unset label; unset arrow; unset object
n_flows = system(packets("flows", 0)." | wc -l") + 0
flow_line(i) = system(packets("flows", 0).sprintf(" | sed -n %dp", i))
array flow_number[n_flows]
array flow_name[n_flows]
array tally[n_flows]
do for [i = 1:n_flows] {
    line = flow_line(i)
    flow_number[i] = word(line, 1) + 0
    flow_name[i] = substr(line, strlen(word(line, 1)) + 2, strlen(line))
    tally[i] = system(packets("tally", flow_number[i]))
}
array color_of[8] = ["#2f6db3", "#e08a00", "#3f9a5a", "#8a4fb0", "#b5654a", "#1a9aa0", "#7a7a20", "#c05090"]
color(i) = color_of[(i - 1) % 8 + 1]
most = system(packets("most", 0)) + 0.0
most = most > 0 ? most * 1.1 : 1
lane = most * (n_flows > 4 ? 0.07 : 0.09)
set yrange [-lane * (n_flows + 0.3):most]
unset ytics
set ytics scale 0.5 offset 0.3 textcolor rgb "#303030"
tick = 10 ** floor(log10(most / 2.0))
tick = most / tick > 10 ? tick * 5 : most / tick > 4 ? tick * 2 : tick
set ytics 0, tick
do for [i = 1:n_flows] { set ytics add (sprintf("%s lost", flow_name[i]) -lane * i + lane * 0.3) }
set xtics format (axis ? "%g" : "")
if (axis) { set xlabel "simulated time, ".unit } else { unset xlabel }
set label 2 "delay, ms" at screen 0.012, screen (top + bottom) / 2 center rotate by 90
set grid xtics linecolor rgb "#e4e4e4" linewidth 0.5 linetype 1 back
set key at screen right + 0.015, screen top left top Left reverse samplen 1 spacing 1.15 noenhanced font ",".(format eq "svg" ? 11 : 8)
if (labels_here) { load here."/labels.gp"; load here."/heading.gp" }
plot 0 with lines linecolor rgb "#909090" linewidth 0.75 notitle, \
     for [i = 1:n_flows] "< ".packets("got", flow_number[i])."; echo NaN NaN" using 1:2 with points pointtype 7 pointsize 0.4 linecolor rgb color(i) \
         title sprintf("%s: %s sent, %s lost", flow_name[i], word(tally[i], 1), word(tally[i], 2)) noenhanced, \
     for [i = 1:n_flows] "< ".packets("lost", flow_number[i])."; echo NaN" using 1:(-lane * i + lane * 0.3) with points pointtype 2 pointsize 0.7 linewidth 1.4 \
         linecolor rgb "#d01010" notitle, \
     "< ".steps using 1:(-lane * (n_flows + 0.3)):(0):(most + lane * (n_flows + 0.3)) with vectors nohead linewidth 1 dashtype 2 linecolor rgb "#303030" notitle
