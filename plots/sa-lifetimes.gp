# When each SA of a run lived: a bar a life, phase 1 above phase 2, rekeys, collisions and ends marked.
#   gnuplot -c plots/sa-lifetimes.gp RUN [png|svg] [OUT] [NODE]
name = "sa-lifetimes"
here = system("dirname '".ARG0."'"); run = ARG1; format = ARG2; out = ARG3; node = ARG4
load here."/common.gp"
lanes = system(bars("count")) + 0
if (lanes == 0) { lanes = 1 }
left = (system(bars("width")) * (format eq "svg" ? 6.6 : 6.1) + 24) / picture_w
left = left < 0.06 ? 0.06 : left > 0.4 ? 0.4 : left
set lmargin at screen left
lane_px = lanes > 60 ? 15 : 24
panel_px = lanes * lane_px < 230 ? 230 : lanes * lane_px
picture_h = panel_px + 80 + 50
eval begin(picture_h)
top = 1 - 80.0 / picture_h
bottom = 50.0 / picture_h
axis = 1
load here."/panel-sas.gp"
set output
