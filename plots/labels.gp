# The texts of labelled steps over a panel, in up to three lines so that none covers another.
n_texts = system(texts." | wc -l") + 0
do for [i = 1:n_texts] {
    line = system(sprintf("%s | sed -n %dp", texts, i))
    at = word(line, 1) + 0
    level = word(line, 2) + 0
    set label 10 + i substr(line, strlen(word(line, 1)) + strlen(word(line, 2)) + 3, strlen(line)) \
        at first at, screen top + (8.0 + 13 * level) / picture_h left noenhanced textcolor rgb "#303030" font (format eq "svg" ? ",11" : ",8")
}
