# How many packets wait in each class of the busiest queues over time, and what found them full.
#   gnuplot -c plots/queues.gp RUN [png|svg] [OUT] [NODE]
name = "queues"
here = system("dirname '".ARG0."'"); run = ARG1; format = ARG2; out = ARG3; node = ARG4
load here."/common.gp"
queue(what, at, class) = tool("queues", units." -v columns=1500 -v what=".what.(strlen(node) ? " -v node='".node."'" : "") \
    .(strlen(at) ? " -v at='".at."'" : "").(class > 0 ? sprintf(" -v class=%d", class) : ""), "queue")
places = system(queue("places", "", 0)." | wc -l") + 0
if (places == 0) { print run.": no packet waited in a queue"; exit status 3 }
panels = places > 4 ? 4 : places
panel_px = panels == 1 ? 330 : 220
picture_h = panels * panel_px + 135
eval begin(picture_h)
left = 0.075
right = 0.77
set lmargin at screen left
set rmargin at screen right
set multiplot
set grid xtics ytics linecolor rgb "#e4e4e4" linewidth 0.5 linetype 1 back
array color_of[8] = ["#2f6db3", "#e08a00", "#3f9a5a", "#8a4fb0", "#b5654a", "#1a9aa0", "#7a7a20", "#c05090"]
color(i) = color_of[(i - 1) % 8 + 1]
load here."/heading.gp"
top = 1 - 80.0 / picture_h
load here."/labels.gp"
upright = system(steps)
do for [k = 1:words(upright)] {
    set arrow 20 + k from first word(upright, k) + 0, graph 0 to first word(upright, k) + 0, graph 1 nohead linewidth 1 dashtype 2 linecolor rgb "#303030"
}
do for [p = 1:panels] {
    place = system(sprintf("%s | sed -n %dp", queue("places", "", 0), p))
    classes = system(queue("classes", place, 0)." | wc -l") + 0
    array legend[classes]
    do for [i = 1:classes] {
        line = system(sprintf("%s | sed -n %dp", queue("classes", place, 0), i))
        name_at = strlen(word(line, 1)) + strlen(word(line, 2)) + strlen(word(line, 3)) + strlen(word(line, 4)) + 5
        legend[i] = sprintf("%s: at most %s, %s dropped", substr(line, name_at, strlen(line)), word(line, 4), word(line, 3))
    }
    upper = 1 - (80.0 + (p - 1) * panel_px) / picture_h
    set tmargin at screen upper
    set bmargin at screen upper - (panel_px - 34.0) / picture_h
    set yrange [0:*]
    set label 2 "packets waiting" at screen 0.012, screen upper - (panel_px - 34.0) / 2 / picture_h center rotate by 90
    set label 4 place at screen left + 0.005, screen upper + 8.0 / picture_h left noenhanced textcolor rgb "#303030"
    set xtics format (p == panels ? "%g" : "")
    if (p == panels) { set xlabel "simulated time, ".unit } else { unset xlabel }
    set key at screen right + 0.012, screen upper left top Left reverse samplen 1.5 spacing 1.2 noenhanced font ",".(format eq "svg" ? 11 : 8)
    plot for [i = 1:classes] "< ".queue("length", place, i)."; echo NaN NaN" using 1:2 with steps linewidth 1.2 linecolor rgb color(i) title legend[i] noenhanced, \
         for [i = 1:classes] "< ".queue("drops", place, i)."; echo NaN NaN" using 1:2 with points pointtype 2 pointsize 0.7 linewidth 1.4 linecolor rgb "#d01010" notitle
    unset label
}
unset multiplot
set output
