# Sequence numbers of ESP against the order of arrival, with the anti-replay window and what it refused: where most was
# refused, and how far behind the highest number each packet of the run was.
#   gnuplot -c plots/replay.gp RUN [png|svg] [OUT] [NODE]
name = "replay"
here = system("dirname '".ARG0."'"); run = ARG1; format = ARG2; out = ARG3; node = ARG4
load here."/common.gp"
worst = system(tool("replay", "-v what=worst".(strlen(node) ? " -v node='".node."'" : ""), "esp"))
if (strlen(worst) == 0) { print run.": no ESP packet came out of order"; exit status 3 }
sa = word(worst, 1)
packets_in = word(worst, 2) + 0
refused = word(worst, 3) + 0
late = word(worst, 4) + 0
size = word(worst, 5) + 0
from = word(worst, 6) + 0
to = word(worst, 7) + 0
to = to > packets_in ? packets_in : to
points(a, b) = tool("replay", sprintf("-v what=points -v sa=%s -v from=%d -v to=%d", sa, a, b), "esp")
picture_h = 720
eval begin(picture_h)
left = 0.075
set lmargin at screen left
set multiplot
set key at screen right + 0.012, graph 1 left top Left reverse samplen 1.5 spacing 1.25 noenhanced font ",".(format eq "svg" ? 11 : 8)
set grid xtics ytics linecolor rgb "#e4e4e4" linewidth 0.5 linetype 1 back
set style fill solid 1.0 noborder
load here."/heading.gp"
set label 3 sprintf("%s, SPI 0x%s: %d packets arrived, %d refused as replays", \
    substr(sa, 1, strstrt(sa, "/") - 1), substr(sa, strstrt(sa, "/") + 1, 99), packets_in, refused) \
    at screen left, screen 1 - 40.0 / picture_h left noenhanced textcolor rgb "#303030"
taken = "#2f6db3"
bad = "#d01010"
other = "#e08a00"
set tmargin at screen 1 - 62.0 / picture_h
set bmargin at screen 345.0 / picture_h
set xrange [from:to]
set yrange [*:*]
set ylabel "sequence number"
set xlabel "order of arrival, where most was refused" offset 0, 0.4
plot "< ".points(from, to) using 1:($3 - size + 1):3 with filledcurves linecolor rgb "#dcead9" title sprintf("window of %d", size), \
     "" using 1:3 with lines linewidth 1 linecolor rgb "#3f9a5a" title "highest number taken", \
     "" using 1:($4 == 1 ? $2 : NaN) with points pointtype 7 pointsize 0.45 linecolor rgb taken title "taken", \
     "" using 1:($4 == 2 ? $2 : NaN) with points pointtype 2 pointsize 0.9 linewidth 1.6 linecolor rgb bad title "refused: replay", \
     "" using 1:($4 == 3 ? $2 : NaN) with points pointtype 1 pointsize 0.9 linewidth 1.6 linecolor rgb other title "refused: otherwise"
unset label
set tmargin at screen 280.0 / picture_h
set bmargin at screen 50.0 / picture_h
set xrange [1:packets_in > 1 ? packets_in : 2]
deep = late > size ? late : size
set yrange [-deep * 1.12:deep * 0.08]
set ylabel "behind the highest"
set xlabel "order of arrival, the whole run" offset 0, 0.4
set object 1 rectangle from graph 0, first -size + 0.5 to graph 1, first 0 fillcolor rgb "#dcead9" fillstyle solid 1.0 noborder behind
set object 2 rectangle from first from, graph 0 to first to, graph 1 fillstyle empty border linecolor rgb "#909090" back
plot "< ".points(1, packets_in) using 1:($4 == 1 ? ($2 < $3 ? $2 - $3 : 0) : NaN) with points pointtype 7 pointsize 0.35 linecolor rgb taken title "taken", \
     "" using 1:($4 == 2 ? $2 - $3 : NaN) with points pointtype 2 pointsize 0.8 linewidth 1.4 linecolor rgb bad title "refused: replay", \
     "" using 1:($4 == 3 ? $2 - $3 : NaN) with points pointtype 1 pointsize 0.8 linewidth 1.4 linecolor rgb other title "refused: otherwise", \
     keyentry with lines linewidth 1 linecolor rgb "#909090" title "the part drawn above"
unset multiplot
set output
