# Sequence numbers of each TCP connection over time, what was sent again, and how far it was acknowledged.
#   gnuplot -c plots/tcp.gp RUN [png|svg] [OUT]
name = "tcp"
here = system("dirname '".ARG0."'"); run = ARG1; format = ARG2; out = ARG3; node = ARG4
load here."/common.gp"
segments(what, i) = tool("tcp", sprintf("-v what=%s -v unit=%.0f", what, unit_ns).(i > 0 ? sprintf(" -v conn=%d", i) : ""), "tcp")
conns = system(segments("conns", 0)." | wc -l") + 0
if (conns == 0) { print run.": no TCP connection"; exit status 3 }
panels = conns > 8 ? 8 : conns
panel_px = 185
picture_h = panels * panel_px + 75
eval begin(picture_h)
left = 0.075
set lmargin at screen left
set multiplot
set grid xtics linecolor rgb "#e4e4e4" linewidth 0.5 linetype 1 back
load here."/heading.gp"
n_texts = system(texts." | wc -l") + 0
do for [i = 1:panels] {
    line = system(sprintf("%s | sed -n %dp", segments("conns", 0), i))
    title_at = 7
    do for [k = 1:6] { title_at = title_at + strlen(word(line, k)) }
    flow = substr(line, title_at, strlen(line))
    margin = (word(line, 6) - word(line, 5)) * 0.02
    margin = margin > 0 ? margin : end * 0.001
    low = word(line, 5) - margin
    high = word(line, 6) + margin
    upper = 1 - (60.0 + (i - 1) * panel_px) / picture_h
    set tmargin at screen upper
    set bmargin at screen upper - (panel_px - 46.0) / picture_h
    set xrange [low:high]
    set yrange [0:*]
    set label 2 "kB" at screen 0.012, screen upper - (panel_px - 46.0) / 2 / picture_h center rotate by 90
    do for [k = 1:n_texts] {
        step = system(sprintf("%s | sed -n %dp", texts, k))
        at_x = word(step, 1) + 0
        if (at_x >= low && at_x <= high) {
            set arrow 20 + k from first at_x, graph 0 to first at_x, graph 1 nohead linewidth 1 dashtype 2 linecolor rgb "#303030"
            set label 20 + k substr(step, strlen(word(step, 1)) + strlen(word(step, 2)) + 3, strlen(step)) \
                at first at_x, screen upper + 7.0 / picture_h left noenhanced textcolor rgb "#303030" font (format eq "svg" ? ",11" : ",8")
        }
    }
    set xtics format "%g"
    if (i == panels) { set xlabel "simulated time, ".unit offset 0, 0.4 } else { unset xlabel }
    set key at screen right + 0.012, screen upper left top Left reverse samplen 1.5 spacing 1.2 noenhanced font ",".(format eq "svg" ? 11 : 8)
    plot NaN with dots linecolor rgb "white" title flow noenhanced, \
         "< ".segments("acked", i)."; echo NaN NaN" using 1:2 with steps linewidth 1.2 linecolor rgb "#3f9a5a" title "acknowledged", \
         "< ".segments("sent", i)."; echo NaN NaN NaN 0" using ($4 == 0 ? $1 : NaN):3 with points pointtype 7 pointsize 0.4 linecolor rgb "#2f6db3" \
             title sprintf("sent: %s segments", word(line, 3)), \
         "" using ($4 == 1 ? $1 : NaN):3 with points pointtype 2 pointsize 0.9 linewidth 1.6 linecolor rgb "#d01010" title sprintf("sent again: %s", word(line, 4))
    unset label
    unset arrow
}
unset multiplot
set output
