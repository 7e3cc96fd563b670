/* The common part of the servers of the network. */
#include "server.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "vendor/common.h"

#define RECORD_MAX 1000

static void late_free(struct server_late *l)
{
    sim_timer_clear(&l->timer);
    g_free((uint8_t *)l->bytes.p);
    g_free(l);
}

static void asked_free(struct server_asked *a)
{
    g_free(a->name);
    g_free(a->result);
    g_free(a);
}

void server_init(struct server *s, struct device *d, const char *what, const struct cli_mode *mode,
                 const struct cli_word *words)
{
    s->d = d;
    s->what = what;
    s->mode = mode;
    s->cli = cli_new(words, NULL);
    s->late = g_ptr_array_new_with_free_func((GDestroyNotify)late_free);
    s->record = g_ptr_array_new_with_free_func((GDestroyNotify)asked_free);
}

void server_clear(struct server *s)
{
    cli_free(s->cli);
    g_ptr_array_unref(s->late);
    g_ptr_array_unref(s->record);
}

/* ---- Configuration ---- */

void server_refuse(struct server *s, GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
    s->refused = true;
}

bool server_duration(const char *text, sim_time *out)
{
    static const struct {
        const char *unit;
        sim_time ns;
    } row[] = {{"", SECONDS(1)},   {"ms", MILLISECONDS(1)}, {"s", SECONDS(1)},
               {"m", SECONDS(60)}, {"h", SECONDS(3600)},    {"d", SECONDS(86400)}};
    size_t digits = strspn(text, "0123456789");
    g_autofree char *number = g_strndup(text, digits);
    uint64_t n;
    if (!text_u64(number, 10, &n) || n > 1000000000)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        if (strcmp(text + digits, row[i].unit) != 0)
            continue;
        *out = (sim_time)n * row[i].ns;
        return *out <= SECONDS((sim_time)INT32_MAX);
    }
    return false;
}

static void default_route_clear(struct net_node *n)
{
    for (size_t k = net_route_count(n); k-- > 0;) {
        const struct net_route *r = net_route_at(n, k);
        if (!r->connected && r->net.mask == 0)
            net_route_del(n, r->net, r->nexthop, NULL);
    }
}

static void interface(void *self, const struct cli_args *a, GString *out)
{
    struct server *s = self;
    struct net_node *n = s->d->node;
    struct ip4_net net;
    ip4 gateway;
    if (!ip4_net_parse(cli_arg(a, "address"), &net) || ip4_mask_len(net.mask) > 30 ||
        (net.addr & ~net.mask) == 0) {
        server_refuse(s, out,
                      "an address with the length of its network, such as 10.0.0.10/24, not %s",
                      cli_arg(a, "address"));
        return;
    }
    bool routed = cli_arg_ip4(a, "router", &gateway);
    if (routed && !ip4_in(gateway, net)) {
        server_refuse(s, out, "the gateway %s is not on the network of %s", IP4S(gateway),
                      cli_arg(a, "address"));
        return;
    }
    struct net_if *i = net_if_by_name(n, cli_arg(a, "name"));
    i = i ? i : net_if_new(n, cli_arg(a, "name"));
    net_if_set_address(i, net.addr, net.mask);
    if (!routed)
        return;
    default_route_clear(n);
    net_route_add(n, (struct ip4_net){0, 0}, gateway, NULL, 1);
}

static void silent(void *self, const struct cli_args *a, GString *out)
{
    struct server *s = self;
    s->silent = !cli_negated(a);
}

static void delay(void *self, const struct cli_args *a, GString *out)
{
    struct server *s = self;
    s->delay = 0;
    if (!cli_negated(a) && !server_duration(cli_arg(a, "time"), &s->delay))
        server_refuse(s, out, "%s is no time; write it as 300ms, 3s or 2m", cli_arg(a, "time"));
}

/* ---- What was asked ---- */

void server_tell(struct server *s, ip4 client, const char *name, ip4 addr, const char *result)
{
    TRACE(s->d->scope, service, .what = s->what, .client = client, .name = name, .addr = addr,
          .result = result);
    struct server_asked *a = g_new0(struct server_asked, 1);
    a->at = sim_now(s->d->sim);
    a->client = client;
    a->addr = addr;
    a->name = g_strdup(name);
    a->result = g_strdup(result);
    if (s->record->len == RECORD_MAX)
        g_ptr_array_remove_index(s->record, 0);
    g_ptr_array_add(s->record, a);
}

static void view_log(struct server *s, struct view *v)
{
    view_columns(v, "time", "client", "name", "address", "result", NULL);
    for (guint i = 0; i < s->record->len; i++) {
        const struct server_asked *a = g_ptr_array_index(s->record, i);
        view_row_begin(v);
        view_set(v, "time", "%" G_GINT64_FORMAT ".%03d", a->at / SECONDS(1),
                 (int)(a->at / MILLISECONDS(1) % 1000));
        view_set(v, "client", "%s", IP4S(a->client));
        view_set(v, "name", "%s", a->name ? a->name : "-");
        view_set(v, "address", "%s", a->addr ? IP4S(a->addr) : "-");
        view_set(v, "result", "%s", a->result);
    }
}

bool server_view(struct server *s, const char *what, struct view *out)
{
    g_auto(GStrv) typed = vendor_show_words(what);
    if (!vendor_words_match("log", typed))
        return false;
    view_log(s, out);
    return true;
}

void server_print(const struct view *v, GString *out)
{
    for (guint c = 0; c < v->columns->len; c++) {
        const char *name = g_ptr_array_index(v->columns, c);
        g_string_append_printf(out, "%-18s%s", name, c + 1 < v->columns->len ? " " : "\n");
    }
    for (size_t i = 0; i < view_count(v); i++) {
        for (guint c = 0; c < v->columns->len; c++) {
            const char *cell = view_cell(v, i, g_ptr_array_index(v->columns, c));
            bool last = c + 1 == v->columns->len;
            g_string_append_printf(out, last ? "%s\n" : "%-18s ", cell ? cell : "-");
        }
    }
}

static void show_log(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    view_log(self, &v);
    server_print(&v, out);
    view_clear(&v);
}

static void clear_log(void *self, const struct cli_args *a, GString *out)
{
    g_ptr_array_set_size(((struct server *)self)->record, 0);
}

// clang-format off
const struct cli_command server_rows[] = {
    { "interface name:WORD address:WORD [gateway router:A.B.C.D]", interface, 0, "Address of an interface" },
    { "silent",          silent,    CLI_NO,                      "Hear all and answer nothing" },
    { "delay time:WORD", delay,     CLI_NO | CLI_NO_ONLY_PREFIX, "Answer late" },
    { "show log",        show_log,  0,                           "What was asked" },
    { "clear log",       clear_log, 0,                           "What was asked" },
    { 0 } };
// clang-format on

/* ---- Answers, which may come late ---- */

static void send_now(struct server *s, struct net_if *out, uint16_t sport, ip4 dst, uint16_t dport,
                     struct span bytes)
{
    if (out)
        net_send_udp_on(out, out->addr, sport, dst, dport, 0, bytes);
    else
        net_send_udp(s->d->node, 0, sport, dst, dport, 0, bytes);
}

static void late_now(void *self)
{
    struct server_late *l = self;
    send_now(l->s, l->out, l->sport, l->dst, l->dport, l->bytes);
    g_ptr_array_remove(l->s->late, l);
}

static void answer(struct server *s, struct net_if *out, uint16_t sport, ip4 dst, uint16_t dport,
                   struct span bytes)
{
    if (s->delay == 0) {
        send_now(s, out, sport, dst, dport, bytes);
        return;
    }
    struct server_late *l = g_new0(struct server_late, 1);
    *l = (struct server_late){.s = s, .out = out, .dst = dst, .sport = sport, .dport = dport};
    l->bytes = span_of(g_memdup2(bytes.p, bytes.n), bytes.n);
    sim_timer_init(s->d->sim, &l->timer, late_now, l);
    sim_timer_arm_in(&l->timer, s->delay);
    g_ptr_array_add(s->late, l);
}

void server_answer(struct server *s, uint16_t sport, ip4 dst, uint16_t dport, struct span bytes)
{
    answer(s, NULL, sport, dst, dport, bytes);
}

void server_broadcast(struct server *s, struct net_if *out, uint16_t sport, uint16_t dport,
                      struct span bytes)
{
    answer(s, out, sport, 0xffffffff, dport, bytes);
}

bool server_answer_waits(const struct server *s, ip4 dst, uint16_t dport)
{
    for (guint i = 0; i < s->late->len; i++) {
        const struct server_late *l = g_ptr_array_index(s->late, i);
        if (l->dst == dst && l->dport == dport)
            return true;
    }
    return false;
}

/* ---- As a kind of device ---- */

static bool is_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '!' || *line == '#' || *line == '\0';
}

bool server_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
                 GError **error)
{
    struct server *s = d->vendor;
    file = file ? file : "configuration";
    if (!vendor_text_readable(text, file, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    s->loading = true;
    for (int i = 0; lines[i]; i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        struct cli_error e = {0};
        g_strchomp(lines[i]);
        if (is_comment(lines[i]) || strcmp(lines[i], "end") == 0)
            continue;
        s->refused = false;
        bool ok = cli_run(s->cli, s->mode, false, lines[i], s, out, &e, NULL) == CLI_OK;
        if ((ok && !s->refused) || !problems)
            continue;
        g_autofree char *nearest =
            e.what == CLI_UNKNOWN ? cli_nearest(s->cli, s->mode, lines[i], s) : NULL;
        const struct vendor_refusal r = {&e, s->refused, -1, out->str, nearest};
        vendor_problem(problems, file, i + 1, lines[i], &r);
    }
    s->loading = false;
    return true;
}

void server_prompt(struct device *d, GString *out)
{
    g_string_append_printf(out, "%s> ", d->hostname);
}

static bool run(struct server *s, const char *line, GString *out)
{
    struct cli_error e = {0};
    s->refused = false;
    enum cli_result r = cli_run(s->cli, s->mode, false, line, s, out, &e, NULL);
    if (r == CLI_OK || r == CLI_EMPTY)
        return !s->refused;
    if (r == CLI_INCOMPLETE)
        g_string_append(out, "the line is not complete\n");
    else
        g_string_append_printf(out, "\"%s\" is not understood here; \"?\" shows what is\n", e.word);
    return false;
}

void server_type(struct device *d, const char *line)
{
    g_autoptr(GString) out = g_string_new(NULL);
    server_prompt(d, out);
    g_string_append(out, line);
    device_print(d, CONSOLE_ECHO, out->str);
    g_string_truncate(out, 0);
    if (!is_comment(line))
        run(d->vendor, line, out);
    if (out->len)
        device_print(d, CONSOLE_OUTPUT, out->str);
}

void server_help(struct device *d, const char *line, GString *out)
{
    struct server *s = d->vendor;
    struct cli_error e;
    if (s && !cli_help(s->cli, s->mode, false, line, s, out, &e))
        g_string_append(out, "no such command\n");
}

char *server_complete(struct device *d, const char *line)
{
    struct server *s = d->vendor;
    return s ? cli_complete(s->cli, s->mode, false, line, s) : NULL;
}

bool server_show(struct device *d, const char *what, GString *out)
{
    bool whole = g_str_has_prefix(what, "show ");
    g_autofree char *line = whole ? g_strdup(what) : g_strconcat("show ", what, NULL);
    return d->vendor && run(d->vendor, line, out);
}
