# The panel of SA lifetimes, between `bottom` and `top` of the picture (in parts of it), with `lanes` lanes. `axis`: the
# time axis is written below it.
set tmargin at screen top
set bmargin at screen bottom
unset label; unset arrow; unset object
set yrange [-lanes - 0.75:-0.25]
unset ytics
set ytics scale 0 offset 0.5
separators = system(bars("nodes"))
do for [i = 1:words(separators)] {
    set arrow from graph 0, first word(separators, i) + 0.5 to graph 1, first word(separators, i) + 0.5 nohead linecolor rgb "#b0b0b0" linewidth 0.75 back
}
set xtics format (axis ? "%g" : "")
if (axis) { set xlabel "simulated time, ".unit } else { unset xlabel }
set grid xtics linecolor rgb "#e4e4e4" linewidth 0.5 linetype 1 back
set style fill solid 1.0 noborder
set key at screen right + 0.015, screen top left top Left reverse samplen 1.5 spacing 1.15 width 0 font ",".(format eq "svg" ? 11 : 8)
load here."/labels.gp"
load here."/heading.gp"
thick = 0.36
wide = end * 0.075
tall = lanes > 40 ? 6 : 7
plot "< ".bars("bars") using ($6 == 1 ? $2 : NaN):1:2:3:($1 - thick):($1 + thick) with boxxyerror linecolor rgb "#b9c9e4" title "phase 1 in negotiation", \
     "" using ($6 == 1 ? $3 : NaN):1:3:4:($1 - thick):($1 + thick) with boxxyerror linecolor rgb "#4a78bd" title "phase 1", \
     "" using ($6 == 2 ? $3 : NaN):1:3:4:($1 - thick):($1 + thick) with boxxyerror linecolor rgb "#4f9d6a" title "phase 2, a pair of SAs", \
     "" using 4:1:4:5:($1 - thick):($1 + thick) with boxxyerror linecolor rgb "#c4c4c4" title "replaced, not over yet", \
     "" using ($4 - $3 > wide ? ($3 + $4) / 2 : NaN):1:7 with labels textcolor rgb "white" font (format eq "svg" ? ",10" : ",".tall) notitle, \
     "< ".bars("rows") using (0):1:ytic(2) with dots linecolor rgb "white" notitle, \
     "< ".bars("marks") using (stringcolumn(3) eq "rekey" ? $2 : NaN):1 with points pointtype 9 pointsize 1.1 linecolor rgb "#e08a00" title "its successor is asked for", \
     "" using (stringcolumn(3) eq "collision" ? $2 : NaN):1 with points pointtype 13 pointsize 1.6 linecolor rgb "#b000b0" title "collision: both ask", \
     "" using (stringcolumn(3) eq "over" ? $2 : NaN):1 with points pointtype 2 pointsize 0.8 linewidth 1.5 linecolor rgb "#404040" title "over: expired or replaced", \
     "" using (stringcolumn(3) eq "deleted" ? $2 : NaN):1 with points pointtype 5 pointsize 0.9 linecolor rgb "#101010" title "cleared or deleted", \
     "" using (stringcolumn(3) eq "lost" ? $2 : NaN):1 with points pointtype 7 pointsize 1.1 linecolor rgb "#d01010" title "peer lost, or failed", \
     "" using (stringcolumn(3) eq "reload" ? $2 : NaN):1 with points pointtype 11 pointsize 1.3 linecolor rgb "#801010" title "device reload", \
     "< ".steps using 1:(-lanes - 0.75):(0):(lanes + 0.5) with vectors nohead linewidth 1 dashtype 2 linecolor rgb "#303030" title "labelled step", \
     keyentry with points pointtype 0 linecolor rgb "white" title " ", keyentry with points pointtype 0 linecolor rgb "white" title "cookie or inbound SPI", keyentry with points pointtype 0 linecolor rgb "white" title "> began it, < answered"
