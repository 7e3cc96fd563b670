# SA lifetimes above delay and loss, on one time axis.
#   gnuplot -c plots/overview.gp RUN [png|svg] [OUT] [NODE]
name = "overview"
here = system("dirname '".ARG0."'"); run = ARG1; format = ARG2; out = ARG3; node = ARG4
load here."/common.gp"
if (strlen(system(packets("flows", 0))) == 0) { print run.": no traffic to draw"; exit status 3 }
lanes = system(bars("count")) + 0
if (lanes == 0) { lanes = 1 }
left = (system(bars("width")) * (format eq "svg" ? 6.6 : 6.1) + 24) / picture_w
left = left < 0.06 ? 0.06 : left > 0.4 ? 0.4 : left
set lmargin at screen left
lane_px = lanes > 60 ? 15 : 24
panel_px = lanes * lane_px < 230 ? 230 : lanes * lane_px
ping_px = 260
picture_h = panel_px + ping_px + 80 + 20 + 50
eval begin(picture_h)
set multiplot
axis = 0
top = 1 - 80.0 / picture_h
bottom = top - 1.0 * panel_px / picture_h
load here."/panel-sas.gp"
axis = 1
labels_here = 0
top = (50.0 + ping_px) / picture_h
bottom = 50.0 / picture_h
load here."/panel-ping.gp"
unset multiplot
set output
