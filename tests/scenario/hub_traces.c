/* The two runs of the hub-and-spoke document, against its own recordings: every debug line of the
 * hub in its place, none missing, none too many, by the rules N0 to N5 of hub-and-spoke.md; its
 * three listings; and the properties of its chapter 13. The recordings are files beside this one.
 */
#include "play.h"

#define HUB_TRACES "/tests/scenario/"

/* ---- A run ---- */

struct run {
    struct played p;
    GPtrArray *debug;   /* char *, debug lines of the hub without their stamps, in order */
    GPtrArray *console; /* char *, all that the node named shows */
    const char *node;
};

static const char *without_stamp(const char *line)
{
    if (line[0] != '*')
        return line;
    const char *end = strstr(line, ": ");
    return end ? end + 2 : line;
}

static void on_debug(void *self, const struct trace_event *e)
{
    struct run *r = self;
    const struct ev_console *c = e->data;
    if (c->kind == CONSOLE_DEBUG)
        g_ptr_array_add(r->debug, g_strdup(without_stamp(c->text)));
}

static void on_console(void *self, const struct trace_event *e)
{
    struct run *r = self;
    g_ptr_array_add(r->console, g_strdup(((const struct ev_console *)e->data)->text));
}

static void listen(struct run *r, const char *node, void (*fn)(void *, const struct trace_event *))
{
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_console);
    trace_subscribe(world_trace(r->p.w), world_device(r->p.w, node)->scope, &want, fn, r);
}

static struct run run_of(const char *scenario, const char *node)
{
    GError *error = NULL;
    g_autofree char *why = NULL;
    g_autofree char *path = g_build_filename(VPNSIM_SOURCE_DIR, "scenarios", scenario, NULL);
    struct run *lasting = g_new0(struct run, 1);
    struct run r = {.p = {.s = scenario_load(path, NULL, &error)}, .node = node};
    r.p.w = r.p.s ? world_new(r.p.s, &(struct world_options){0}, &error) : NULL;
    cr_assert_not_null(r.p.w, "%s", error ? error->message : "");
    r.debug = g_ptr_array_new_with_free_func(g_free);
    r.console = g_ptr_array_new_with_free_func(g_free);
    *lasting = r;
    listen(lasting, "hub", on_debug);
    listen(lasting, node, on_console);
    r.p.end = world_run(r.p.w, &why);
    cr_expect_eq(r.p.end, WORLD_DONE, "%s", why);
    trace_unsubscribe(world_trace(r.p.w), on_debug, lasting);
    trace_unsubscribe(world_trace(r.p.w), on_console, lasting);
    g_free(lasting);
    return r;
}

static void run_free(struct run *r)
{
    g_ptr_array_unref(r->debug);
    g_ptr_array_unref(r->console);
    played_free(&r->p);
}

static GPtrArray *file_lines(const char *name)
{
    g_autofree char *path = g_strconcat(VPNSIM_SOURCE_DIR HUB_TRACES, name, NULL);
    g_autofree char *text = NULL;
    cr_assert(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    for (char **l = lines; *l; l++)
        if (**l != '#' && !g_str_has_prefix(*l, "--- "))
            g_ptr_array_add(out, g_strdup(*l));
    return out;
}

/* ---- Rules N0 to N4 ---- */

/* N0 blanks collapse, none before a bracket (H-25); N1 IPSec; N2 the seed's spelling is that of the
 * public traces. */
static char *normal(const char *line)
{
    GString *out = g_string_new(NULL);
    for (const char *c = line; *c; c++) {
        bool blank = *c == ' ' || *c == '\t';
        if (blank && (out->len == 0 || out->str[out->len - 1] == ' '))
            continue;
        if (*c == ')' && out->len && out->str[out->len - 1] == ' ')
            g_string_truncate(out, out->len - 1);
        g_string_append_c(out, blank ? ' ' : *c);
    }
    while (out->len && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_replace(out, "IPsec", "IPSec", 0);
    g_string_replace(out, "IKE_MSG_", "IKE_MESG_", 0);
    g_string_replace(out, "vendor ID is Xauth", "vendor ID is XAUTH", 0);
    return g_string_free(out, FALSE);
}

/* Words of a line at which numbers are random on a device (N4) or addresses of its memory (N3):
 * nothing is compared there, or what is bound. */
// clang-format off
static const struct { const char *before; bool bound; } opaque[] = {
    { "sa = ", false }, { "peer struct ", false }, { "config settings ", false },
    { "message ID = ", true }, { "Node ", true }, { "node ", true }, { ". ID = ", true },
    { "getting spi ", true }, { "has spi ", true }, { "spi= ", true }, { "sa_spi= ", true },
    { "conn_id ", true }, { "conn_id= ", true }, { "clear dh number for conn id ", false }, /* H-14 */
};
// clang-format on

/* A number as it is printed: 0xF8B3BAC8, 4172528328, or -122438968 are one. */
static size_t number_at(const char *text, uint32_t *value)
{
    char *end;
    const char *digits = text[0] == '-' ? text + 1 : text;
    bool hex = g_str_has_prefix(digits, "0x");
    guint64 v = g_ascii_strtoull(hex ? digits + 2 : digits, &end, hex ? 16 : 10);
    if (end == digits + (hex ? 2 : 0))
        return 0;
    *value = text[0] == '-' ? (uint32_t)-v : (uint32_t)v;
    return (size_t)(end - text);
}

static size_t word_length(const char *text)
{
    return strcspn(text, " ,\"()");
}

struct binding {
    GHashTable *to, *from; /* the recording's number -> ours, and back */
};

/* 0 and message ids of phase 1 are themselves. */
static bool bind_number(struct binding *b, uint32_t recorded, uint32_t ours)
{
    gpointer known;
    if (recorded == 0 || ours == 0)
        return recorded == ours;
    if (g_hash_table_lookup_extended(b->to, GUINT_TO_POINTER(recorded), NULL, &known))
        return GPOINTER_TO_UINT(known) == ours;
    if (g_hash_table_contains(b->from, GUINT_TO_POINTER(ours)))
        return false;
    g_hash_table_insert(b->to, GUINT_TO_POINTER(recorded), GUINT_TO_POINTER(ours));
    g_hash_table_add(b->from, GUINT_TO_POINTER(ours));
    return true;
}

/* The opaque place that begins here, as its row; NULL: an ordinary character. */
static int opaque_at(const char *line, size_t at)
{
    for (size_t i = 0; i < G_N_ELEMENTS(opaque); i++) {
        size_t n = strlen(opaque[i].before);
        if (at >= n && strncmp(line + at - n, opaque[i].before, n) == 0)
            return (int)i;
    }
    return -1;
}

static bool same(struct binding *b, const char *recorded, const char *ours)
{
    size_t i = 0, k = 0;
    while (recorded[i] || ours[k]) {
        int row = opaque_at(recorded, i);
        if (row >= 0 && !opaque[row].bound) {
            i += word_length(recorded + i);
            k += word_length(ours + k);
            continue;
        }
        uint32_t r, o;
        size_t nr = row >= 0 || (i && recorded[i - 1] == '(') ? number_at(recorded + i, &r) : 0;
        size_t no = nr ? number_at(ours + k, &o) : 0;
        bool spi_again = row < 0 && nr > 6; /* "0x…(decimal)" */
        if (nr && no && (row >= 0 || spi_again)) {
            if (!bind_number(b, r, o))
                return false;
            i += nr;
            k += no;
            continue;
        }
        if (recorded[i] != ours[k])
            return false;
        i++;
        k++;
    }
    return true;
}

/* ---- The comparison ---- */

static GPtrArray *split_all(const GPtrArray *texts)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < texts->len; i++) {
        g_auto(GStrv) lines = g_strsplit(texts->pdata[i], "\n", -1);
        for (char **l = lines; *l; l++) {
            char *n = normal(*l);
            if (*n)
                g_ptr_array_add(out, n);
            else
                g_free(n);
        }
    }
    return out;
}

static void fail_at(const GPtrArray *want, guint w, const GPtrArray *got, guint g, const char *what)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = g > 4 ? g - 4 : 0; i < g; i++)
        g_string_append_printf(text, "      %s\n", (const char *)got->pdata[i]);
    g_string_append_printf(text, "  it says %s\n  and not %s\n",
                           g < got->len ? (const char *)got->pdata[g] : "nothing more",
                           w < want->len ? (const char *)want->pdata[w] : "nothing more");
    for (guint i = g + 1; i < got->len && i < g + 4; i++)
        g_string_append_printf(text, "      %s\n", (const char *)got->pdata[i]);
    cr_assert_fail("%s: line %u of the recording differs:\n%s", what, w + 1, text->str);
}

/* The recording from its first line on; what the run says behind its last is not of it. */
static void expect_recording(const GPtrArray *said, const char *file)
{
    g_autoptr(GPtrArray) recorded = file_lines(file);
    g_autoptr(GPtrArray) want = split_all(recorded);
    g_autoptr(GPtrArray) got = split_all(said);
    struct binding b = {g_hash_table_new(NULL, NULL), g_hash_table_new(NULL, NULL)};
    guint g = 0;
    for (guint w = 0; w < want->len; w++) {
        if (strcmp(want->pdata[w], "<trimmed>") == 0) { /* N5 */
            w++;
            while (g < got->len && !same(&b, want->pdata[w], got->pdata[g]))
                g++;
        }
        if (g == got->len || !same(&b, want->pdata[w], got->pdata[g]))
            fail_at(want, w, got, g, file);
        g++;
    }
    g_hash_table_unref(b.to);
    g_hash_table_unref(b.from);
}

/* ---- Properties of chapter 13 ---- */

static const char *after(const char *line, const char *word)
{
    const char *at = strstr(line, word);
    return at ? at + strlen(word) : NULL;
}

/* 2: each Old State is the New State of the move before, of the phase 1 of its SA or of its node.
 */
static void expect_chained_states(const GPtrArray *lines)
{
    g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *machine = NULL;
    guint moves = 0;
    for (guint i = 0; i < lines->len; i++) {
        const char *line = lines->pdata[i], *tag = after(line, "ISAKMP (0:");
        const char *node = after(line, "): Node ");
        const char *old = after(line, "Old State = "), *new = after(line, "New State = ");
        if (!tag)
            continue;
        if (strstr(line, "Input = ")) {
            g_free(machine);
            machine = g_strdup_printf("%.*s %.*s", (int)strcspn(tag, ")"), tag,
                                      node ? (int)strcspn(node, ",") : 0, node ? node : "");
        }
        if (!old || !machine)
            continue;
        g_autofree char *from = g_strndup(old, strcspn(old, " "));
        const char *was = g_hash_table_lookup(last, machine);
        cr_expect(!was || strcmp(was, from) == 0, "%s: %s, but it was in %s", machine, line, was);
        g_hash_table_insert(last, g_strdup(machine), g_strndup(new, strcspn(new, " ")));
        moves++;
    }
    cr_expect_gt(moves, 10);
}

static int first_line(const GPtrArray *lines, const char *what)
{
    for (guint i = 0; i < lines->len; i++)
        if (strstr(lines->pdata[i], what))
            return (int)i;
    return -1;
}

/* 3: configuration after the acknowledgement of the login, quick mode after configuration. */
static void expect_order(const GPtrArray *lines, const char *const *what)
{
    int before = -1;
    for (; *what; what++) {
        int at = first_line(lines, *what);
        cr_expect_gt(at, before, "\"%s\" is at %d, after %d", *what, at, before);
        before = at;
    }
}

/* 5: one SPI from spi_response to create_sa. */
static void expect_one_spi(const GPtrArray *lines)
{
    uint32_t asked = 0, in = 0, created = 0;
    for (guint i = 0; i < lines->len; i++) {
        const char *line = lines->pdata[i], *at;
        if ((at = after(line, "getting spi ")))
            number_at(at, &asked);
        if (!in && strstr(line, "(sa) sa_dest") == NULL && (at = after(line, " spi= ")) == NULL)
            at = g_str_has_prefix(line, "spi= ") ? line + 5 : NULL;
        if (at && !in && asked && !g_str_has_prefix(at, "0x0("))
            number_at(at, &in);
        if (!created && g_str_has_prefix(line, "sa_spi= "))
            number_at(line + 8, &created);
    }
    cr_expect_neq(asked, 0);
    cr_expect_eq(asked, in, "asked for %u, initialized %u", asked, in);
    cr_expect_eq(asked, created, "asked for %u, created %u", asked, created);
}

/* 9: flow_id = conn - 1999, and what is listed is what lives. */
static void expect_listing_of_sas(struct run *r)
{
    guint rows = 0;
    for (guint i = 0; i < r->console->len; i++) {
        const char *at = after(r->console->pdata[i], "conn id: ");
        uint32_t conn, flow;
        if (!at)
            continue;
        const char *f = after(at, "flow_id: ");
        cr_assert(number_at(at, &conn) && f && number_at(f, &flow));
        cr_expect_eq(flow, conn - 1999);
        rows++;
    }
    cr_expect_eq(rows, sad_count(ipsec_sad(world_device(r->p.w, "hub")->ipsec)));
}

/* ---- Listings ---- */

/* Counters, lifetimes, numbers and SPIs are of another run: digits and what hangs on them are '#'.
 */
static char *shape(const char *line)
{
    static const char *const variable[] = {
        "#pkts", "sa timing", "slot:", "spi:", "Interface", NULL};
    g_autofree char *n = normal(line);
    bool masked = strspn(n, "0123456789") > 0 && strstr(n, "sha"); /* a row of the SA table */
    for (const char *const *v = variable; *v; v++)
        masked |= strstr(n, *v) != NULL;
    if (!masked)
        return g_steal_pointer(&n);
    GString *out = g_string_new(NULL);
    const char *c = n;
    for (; *c; c++) {
        bool number = g_ascii_isxdigit(*c) && (c == n || !g_ascii_isalnum(c[-1])) &&
                      strspn(c, "0123456789abcdefABCDEFx") == strcspn(c, " ,()/:.") &&
                      strpbrk(c, "0123456789") == c + strcspn(c, "0123456789");
        bool address =
            number && strspn(c, "0123456789.") > 6 && strchr(c, '.') && strchr(c, '.') < c + 4;
        if (!number || address) {
            size_t n_word = address ? strspn(c, "0123456789.") : 1;
            g_string_append_len(out, c, (gssize)n_word);
            c += n_word - 1;
            continue;
        }
        g_string_append_c(out, '#');
        c += strspn(c, "0123456789abcdefABCDEFx") - 1;
    }
    return g_string_free(out, FALSE);
}

static void expect_listing(const struct run *r, const char *command, const char *file)
{
    g_autoptr(GPtrArray) want = file_lines(file);
    guint at = 0, w = 0;
    while (at < r->console->len && !strstr(r->console->pdata[at], command))
        at++;
    cr_assert_lt(at, r->console->len, "\"%s\" was not typed", command);
    for (at++; w < want->len; at++) {
        g_autofree char *g =
            at < r->console->len ? shape(r->console->pdata[at]) : g_strdup("(nothing more)");
        g_autofree char *n = shape(want->pdata[w]);
        if (!*n) {
            w++;
            at--;
            continue;
        }
        if (!*g)
            continue;
        cr_assert_str_eq(g, n, "%s: line %u is\n  \"%s\", not\n  \"%s\"", file, w + 1, g, n);
        w++;
    }
}

/* ---- The tests ---- */

Test(hub_traces, hub_says_of_its_spoke_what_the_document_recorded)
{
    struct run r = run_of("hub-spoke-calls", "spoke");
    expect_recording(r.debug, "hub_trace_spoke.txt");
    g_autoptr(GPtrArray) lines = split_all(r.debug);
    expect_chained_states(lines);
    expect_one_spi(lines);
    cr_expect_eq(first_line(lines, "Need XAUTH"), -1); /* 4 */
    expect_listing(&r, "show ip interface FastEthernet0/0", "hub_listing_interface.txt");
    run_free(&r);
}

Test(hub_traces, hub_says_of_its_client_what_the_document_recorded)
{
    static const char *const order[] = {"returning IP addr",       "Need XAUTH",
                                        "XAUTH ACK Processed",     "responding to peer config",
                                        "Checking IPSec proposal", NULL};
    struct run r = run_of("hub-client-calls", "hub");
    expect_recording(r.debug, "hub_trace_client.txt");
    g_autoptr(GPtrArray) lines = split_all(r.debug);
    expect_chained_states(lines);
    expect_order(lines, order);
    expect_one_spi(lines);
    expect_listing(&r, "show crypto isakmp sa detail", "hub_listing_isakmp_sa.txt");
    expect_listing(&r, "show crypto ipsec sa", "hub_listing_ipsec_sa.txt");
    expect_listing_of_sas(&r);
    run_free(&r);
}
