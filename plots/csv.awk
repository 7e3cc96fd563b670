# Reading the tables of a run: cells of an RFC 4180 line. Numbers are integers below 2^53 here (nanoseconds of a
# hundred days), which is what awk counts in.
function cells(line, cell,   n, at, text, c) {
    n = 0
    for (at = 1; at <= length(line) + 1; at++) {
        text = ""
        if (substr(line, at, 1) == "\"") {
            for (at++; at <= length(line); at++) {
                c = substr(line, at, 1)
                if (c == "\"" && substr(line, at + 1, 1) == "\"") at++
                else if (c == "\"") break
                text = text c
            }
            at++
        } else {
            for (; at <= length(line) && (c = substr(line, at, 1)) != ","; at++) text = text c
        }
        cell[++n] = text
    }
    return n
}
# A text as one word of gnuplot's data.
function word(text) {
    gsub(/["\\]/, "'", text)
    return "\"" text "\""
}
