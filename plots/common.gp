# What every picture begins with. The script that loads this was called as
#   gnuplot -c plots/NAME.gp RUN [png|svg] [OUT] [NODE]
# and has set `name`, `here` (the folder of the scripts), run, format, out and node. Leaves end_ns, unit_ns, unit, end; the tools bars(), packets().
if (strlen(run) == 0) { print "usage: gnuplot -c plots/".name.".gp RUN [png|svg] [OUT] [NODE]"; exit status 2 }
if (strlen(format) == 0) { format = "png" }
if (format ne "png" && format ne "svg") { print "a picture is png or svg, not ".format; exit status 2 }
if (strlen(out) == 0) { out = run."/plots/".name.".".format; dummy = system("mkdir -p '".run."/plots'") }

tool(script, options, table) = "awk ".options." -f '".here."/csv.awk' -f '".here."/".script.".awk' '".run."/".table.".csv'"
end_ns = system(tool("marks", "-v what=end", "timeline")) + 0.0
if (end_ns <= 0) { print run."/timeline.csv: missing, or without an end; was the run made without it?"; exit status 2 }
array unit_of[4] = [1e9, 60e9, 3600e9, 86400e9]
unit_at = end_ns <= 600e9 ? 1 : end_ns <= 4 * 3600e9 ? 2 : end_ns <= 100 * 3600e9 ? 3 : 4
unit_ns = unit_of[unit_at]
unit = word("seconds minutes hours days", unit_at)
end = end_ns / unit_ns
units = sprintf("-v end=%.0f -v unit=%.0f", end_ns, unit_ns)
bars(what) = tool("sas", units." -v what=".what.(strlen(node) ? " -v node='".node."'" : ""), "sas")
packets(what, flow) = tool("traffic", units." -v what=".what.(flow > 0 ? sprintf(" -v flow=%d", flow) : "")." -v columns=2000", "traffic")
letters = 110
texts = tool("marks", sprintf("-v what=texts -v unit=%.0f -v letters=%d", unit_ns, letters), "timeline")
steps = tool("marks", sprintf("-v what=steps -v unit=%.0f -v letters=%d", unit_ns, letters), "timeline")

picture_w = 1200
# Margins in parts of the picture, so that panels share one time axis.
left = 0.12
right = 0.835
begin(height) = sprintf("set terminal %s size %d,%d %s; set output out", \
    format eq "svg" ? "svg" : "pngcairo", picture_w, height, \
    format eq "svg" ? "font 'DejaVu Sans,12' background 'white'" : "font 'DejaVu Sans,9' background 'white'")
set encoding utf8
set xrange [0:end]
set border 3 linecolor rgb "#606060"
set xtics nomirror; set ytics nomirror
set tics textcolor rgb "#303030"
set lmargin at screen left
set rmargin at screen right
