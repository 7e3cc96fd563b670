/* The ladder, drawn: a line of text an item, and an SVG with a vertical line a node. */
#include "ladder_priv.h"

#include <inttypes.h>
#include <string.h>
#include "base/text.h"

/* Seconds with microseconds, cut and not rounded, so that no floating point is near. */
static void put_seconds(GString *out, sim_time t, int width)
{
    g_autofree char *text =
        g_strdup_printf("%" PRId64 ".%06" PRId64, t / SECONDS(1), t % SECONDS(1) / 1000);
    g_string_append_printf(out, "%*s", width, text);
}

void ladder_caption(GString *out, const struct ladder_item *i)
{
    g_string_append(out, i->label);
    if (i->has_seq && i->seq_first == i->seq_last)
        g_string_append_printf(out, " seq %" PRIu64, i->seq_first);
    else if (i->has_seq)
        g_string_append_printf(out, " seq %" PRIu64 "-%" PRIu64, i->seq_first, i->seq_last);
    if (i->sent > 1) {
        g_string_append_printf(out, ", %" PRIu64 " packets until ", i->sent);
        put_seconds(out, i->last, 0);
    }
    if (i->again)
        g_string_append(out, ", again");
    if (i->why != DROP_NONE)
        g_string_append_printf(out, ", %s", drop_reason_text(i->why));
    else if (i->kind != LADDER_MARK && i->arrived == 0)
        g_string_append(out, ", did not arrive");
    else if (i->arrived < i->sent)
        g_string_append_printf(out, ", %" PRIu64 " did not arrive", i->sent - i->arrived);
}

/* ---- text ---- */

enum fate { FATE_ARRIVED, FATE_LOST, FATE_UNKNOWN };

static enum fate fate_of(const struct ladder_item *i)
{
    if (i->why != DROP_NONE)
        return FATE_LOST;
    return i->arrived > 0 ? FATE_ARRIVED : FATE_UNKNOWN;
}

static const char *const arrow[2][3] = {
    {"-->", "--x", "--?"}, /* to the right */
    {"<--", "x--", "?--"},
};

static const char *name_of(const struct ladder_view *v, uint32_t node)
{
    return node < v->n_nodes ? v->node[node] : "?";
}

static void text_item(GString *out, const struct ladder_view *v, const struct ladder_item *i,
                      int width)
{
    put_seconds(out, i->at, 14);
    g_string_append(out, "  ");
    if (i->kind == LADDER_MARK) {
        g_string_append_printf(out, "== %s\n", i->label);
        return;
    }
    bool left = i->from != LADDER_NOBODY && i->to < i->from;
    uint32_t first = left ? i->to : i->from, second = left ? i->from : i->to;
    text_pad(out, name_of(v, first), width);
    g_string_append_printf(out, " %s ", arrow[left][fate_of(i)]);
    text_pad(out, name_of(v, second), width);
    g_string_append(out, "  ");
    ladder_caption(out, i);
    g_string_append_c(out, '\n');
}

void ladder_draw_text(GString *out, const struct ladder_view *v)
{
    int width = 1;
    for (uint32_t i = 0; i < v->n_nodes; i++)
        width = MAX(width, (int)g_utf8_strlen(v->node[i], -1));
    g_string_append(out,
                    "# seconds; --> arrives, --x is lost, --? does not arrive; * is encrypted\n");
    for (size_t i = 0; i < v->n_items; i++)
        text_item(out, v, &v->item[i], width);
    if (v->left_out > 0)
        g_string_append_printf(out, "# and %" PRIu64 " more, not kept\n", v->left_out);
}

/* ---- SVG ---- */

#define SVG_ITEMS   400 /* arrows drawn; a browser stays quick and a reader awake */
#define LEFT        130 /* where the first node stands: the times are left of it */
#define NODE_STEP   260
#define TOP         40
#define ROW_STEP    26
#define CAPTION_MAX 64
#define CHAR_WIDTH  7 /* of the monospaced font, about */

static const char style[] =
    "<style>text{font:12px monospace;fill:#222}.n{font-weight:bold;text-anchor:middle}"
    ".t{fill:#777;text-anchor:end}.c{text-anchor:middle}.l{stroke:#bbb}.m{stroke:#888;stroke-"
    "dasharray:4 3}"
    ".message{stroke:#1f5fa8;stroke-width:1.5}.run{stroke:#4a8f4a}.lost{stroke:#c0392b}"
    ".unknown{stroke-dasharray:5 3}</style>\n";

static void put_escaped(GString *out, const char *s)
{
    g_autofree char *text = g_markup_escape_text(s, -1);
    g_string_append(out, text);
}

static int node_x(uint32_t node)
{
    return LEFT + (int)node * NODE_STEP;
}

static void svg_text(GString *out, const char *class, int x, int y, const char *s)
{
    g_string_append_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
    put_escaped(out, s);
    g_string_append(out, "</text>\n");
}

static void svg_line(GString *out, const char *class, int x1, int y1, int x2, int y2)
{
    g_string_append_printf(out, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
                           class, x1, y1, x2, y2);
}

/* The caption above an arrow, short enough to stay between two nodes; the title has it all. */
static char *shorten(const char *s)
{
    if (g_utf8_strlen(s, -1) <= CAPTION_MAX)
        return g_strdup(s);
    g_autofree char *head = g_utf8_substring(s, 0, CAPTION_MAX - 3);
    return g_strconcat(head, "...", NULL);
}

static void svg_arrow(GString *out, const struct ladder_item *i, int y)
{
    enum fate fate = fate_of(i);
    uint32_t from = i->from != LADDER_NOBODY ? i->from : i->to;
    if (from == LADDER_NOBODY)
        return;
    int x1 = node_x(from), x2 = i->to != LADDER_NOBODY ? node_x(i->to) : x1 + NODE_STEP / 2;
    int end = fate == FATE_LOST ? (x1 + x2) / 2 : x2, tip = x2 >= x1 ? -6 : 6;
    g_autofree char *class =
        g_strdup_printf("%s%s%s", i->kind == LADDER_MESSAGE ? "message" : "run",
                        fate == FATE_LOST ? " lost" : "", fate == FATE_UNKNOWN ? " unknown" : "");
    g_autoptr(GString) caption = g_string_new(NULL);
    ladder_caption(caption, i);
    g_autofree char *brief = shorten(caption->str);
    g_string_append(out, "<g><title>");
    put_escaped(out, caption->str);
    put_escaped(out, i->detail);
    g_string_append(out, "</title>\n");
    svg_line(out, class, x1, y, end, y);
    if (fate == FATE_LOST) {
        svg_line(out, class, end - 5, y - 5, end + 5, y + 5);
        svg_line(out, class, end - 5, y + 5, end + 5, y - 5);
    } else {
        svg_line(out, class, end + tip, y - 4, end, y);
        svg_line(out, class, end + tip, y + 4, end, y);
    }
    int half =
        (int)g_utf8_strlen(brief, -1) * CHAR_WIDTH / 2 + 8; /* a long one keeps off the times */
    svg_text(out, "c", MAX((x1 + x2) / 2, LEFT + half), y - 5, brief);
    g_string_append(out, "</g>\n");
}

static void svg_item(GString *out, const struct ladder_item *i, int y, int width)
{
    g_autoptr(GString) time = g_string_new(NULL);
    put_seconds(time, i->at, 0);
    svg_text(out, "t", LEFT - 20, y + 4, time->str);
    if (i->kind != LADDER_MARK) {
        svg_arrow(out, i, y);
        return;
    }
    g_autofree char *brief = shorten(i->label);
    svg_line(out, "m", LEFT, y, width - 20, y);
    svg_text(out, "", LEFT + 8, y - 5, brief);
}

void ladder_draw_svg(GString *out, const struct ladder_view *v)
{
    size_t n = MIN(v->n_items, SVG_ITEMS);
    uint64_t more = v->n_items - n + v->left_out;
    int width = node_x(MAX(v->n_nodes, 1) - 1) + NODE_STEP / 2 + 40;
    int bottom = TOP + ((int)n + 1) * ROW_STEP;
    g_string_append_printf(out,
                           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                           "viewBox=\"0 0 %d %d\">\n",
                           width, bottom + 40, width, bottom + 40);
    g_string_append(out, style);
    g_string_append_printf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width,
                           bottom + 40);
    for (uint32_t i = 0; i < v->n_nodes; i++) {
        svg_text(out, "n", node_x(i), TOP - 18, v->node[i]);
        svg_line(out, "l", node_x(i), TOP - 10, node_x(i), bottom);
    }
    for (size_t i = 0; i < n; i++)
        svg_item(out, &v->item[i], TOP + ((int)i + 1) * ROW_STEP, width);
    if (more > 0) {
        g_autofree char *note =
            g_strdup_printf("and %" PRIu64 " more, not drawn; see ladder.txt", more);
        svg_text(out, "", LEFT, bottom + 20, note);
    }
    g_string_append(out, "</svg>\n");
}
