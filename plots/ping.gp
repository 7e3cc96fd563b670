# Delay and loss of each flow of a run over time.
#   gnuplot -c plots/ping.gp RUN [png|svg] [OUT]
name = "ping"
here = system("dirname '".ARG0."'"); run = ARG1; format = ARG2; out = ARG3; node = ARG4
load here."/common.gp"
if (strlen(system(packets("flows", 0))) == 0) { print run.": no traffic to draw"; exit status 3 }
picture_h = 420
eval begin(picture_h)
top = 1 - 80.0 / picture_h
bottom = 50.0 / picture_h
axis = 1
labels_here = 1
load here."/panel-ping.gp"
set output
