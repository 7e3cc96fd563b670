# The scenario's name and title, over the picture.
heading = system("sed -n 's/^ *\"scenario\": \"\\(.*\\)\",*$/\\1/p' '".run."/manifest.json' | head -1")
title_of = system("sed -n 's/^ *\"title\": \"\\(.*\\)\",*$/\\1/p' '".run."/manifest.json' | head -1")
heading = heading.(strlen(title_of) ? ": ".title_of : "")
set label 1 (strlen(heading) > 150 ? substr(heading, 1, 148)."…" : heading) at screen 0.012, screen 1 - 12.0 / picture_h \
    left noenhanced textcolor rgb "#101010" font (format eq "svg" ? ",13" : ",10")
