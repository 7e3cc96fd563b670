/* Address translation of the firewall: nat, global and static lines. Nothing passes from one level
 * of security to another without one of them: what is not to be translated needs nat 0. */
#include "pix_nat.h"
#include "pix_log_priv.h"

#include <string.h>

/* ---- What the rules need to know ---- */

static void log_line(void *self, int severity, uint32_t id, const char *text)
{
    pix_log(self, severity, id, "%s", text);
}

static struct net_if *if_named(void *self, const char *name)
{
    const struct pix_if *f = pix_if_named(self, name);
    return f ? pix_net_if(self, f) : NULL;
}

static const char *if_word(void *self, const struct net_if *i)
{
    return pix_if_word(self, i);
}

static int level(void *self, const struct net_if *i)
{
    const struct pix_if *f = pix_if_of(self, i);
    return f ? (int)f->security : -1;
}

static bool claims(void *self, const struct net_if *i, uint8_t protocol, uint16_t port)
{
    const struct pix *s = self;
    const struct pix_if *f = pix_if_of(s, i);
    bool natt = s->d->ike_conf->nat_traversal;
    return f && f->listens && protocol == IPPROTO_NUM_UDP &&
           (port == 500 || (port == 4500 && natt));
}

static void build(void *self, struct fw_nat *t)
{
    fw_lines_build(t);
}

void pix_nat_start(struct pix *s)
{
    const struct fw_nat_ops ops = {log_line, if_named, if_word, level, claims, build, s};
    s->nat = g_new0(struct fw_nat, 1);
    fw_nat_init(s->nat, s->d, &ops);
    s->nat->control = s->nat->counts_shown = true;
    fw_nat_times(s->nat, &s->conns);
}

void pix_nat_stop(struct pix *s)
{
    fw_nat_clear(s->nat);
    g_clear_pointer(&s->nat, g_free);
}

void pix_nat_changed(struct pix *s)
{
    if (s->nat)
        fw_nat_rebuild(s->nat);
}

/* The socket is opened when IKE is enabled: who has the port then keeps it. The number is printed
 * with its bytes swapped, 62465 = 0xf401 (CAT-08). */
bool pix_nat_claim(struct pix *s, const struct pix_if *f, GString *out)
{
    if (!fw_nat_holds(s->nat, pix_net_if(s, f), IPPROTO_NUM_UDP, 500))
        return true;
    g_string_append_printf(out, "UDP: ERROR - socket <unknown> %u in used\n",
                           GUINT16_SWAP_LE_BE(500));
    pix_refuse(s, out, "ERROR: IkeReceiverInit, unable to bind to port");
    return false;
}

/* ---- Configuration ---- */

enum { LINE_NAT, LINE_GLOBAL, LINE_STATIC };

static void line(void *self, const struct cli_args *a, GString *out)
{
    static const char *const command[] = {"nat", "global", "static"};
    struct pix *s = self;
    bool ok = cli_tag(a) == LINE_NAT      ? fw_line_nat(s->nat, a, out)
              : cli_tag(a) == LINE_GLOBAL ? fw_line_global(s->nat, a, out)
                                          : fw_line_static(s->nat, a, out);
    s->refused |= !ok;
    pix_changed(s, command[cli_tag(a)]);
}

/* "clear nat" clears the configuration. */
static void clear_lines(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    fw_lines_clear(s->nat, cli_has(a, "nat")      ? FW_LINE_NAT
                           : cli_has(a, "global") ? FW_LINE_GLOBAL
                                                  : FW_LINE_STATIC);
    pix_changed(s, "clear nat");
}

static void alias(void *self, const struct cli_args *a, GString *out)
{
    pix_refuse(self, out, "ERROR: aliases are not modelled; use static");
}

static bool time_of(const char *text, sim_time *t)
{
    guint64 h, m, s;
    g_auto(GStrv) part = g_strsplit(text, ":", -1);
    if (g_strv_length(part) != 3 || !g_ascii_string_to_unsigned(part[0], 10, 0, 1193, &h, NULL) ||
        !g_ascii_string_to_unsigned(part[1], 10, 0, 59, &m, NULL) ||
        !g_ascii_string_to_unsigned(part[2], 10, 0, 59, &s, NULL))
        return false;
    *t = SECONDS((sim_time)(h * 3600 + m * 60 + s));
    return *t >= SECONDS(60);
}

static void timeout(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    sim_time t = SECONDS(3 * 3600);
    g_autofree char *text = cli_canonical(a);
    if (!cli_negated(a) && !time_of(cli_arg(a, "value"), &t)) {
        pix_refuse(s, out, "ERROR: the time is h:mm:ss, at least 0:01:00");
        return;
    }
    s->nat->xlate = t;
    if (cli_negated(a))
        pix_keep_remove(s, "timeout xlate");
    else
        pix_keep_line(s, PIX_PLACE_TIMEOUT, "timeout xlate", text);
    fw_nat_arm(s->nat);
}

// clang-format off
const struct cli_command pix_config_nat[] = {
    { FW_NAT_ROW,                  line,        CLI_NO, .tag = LINE_NAT },
    { FW_GLOBAL_ROW,               line,        CLI_NO, .tag = LINE_GLOBAL },
    { FW_STATIC_ROW,               line,        CLI_NO, .tag = LINE_STATIC },
    { FW_STATIC_PORT_ROW,          line,        CLI_NO, .tag = LINE_STATIC },
    { "clear (nat|global|static)", clear_lines, 0 },
    { "alias rest:LINE",           alias,       CLI_NO | CLI_HIDDEN },
    { "timeout xlate value:WORD",  timeout,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on

/* ---- Listings ---- */

static void show_xlate(void *self, const struct cli_args *a, GString *out)
{
    const struct pix *s = self;
    fw_xlate_text(s->nat, cli_has(a, "detail") ? FW_XLATE_DETAIL : FW_XLATE_PLAIN, out);
}

/* Without an address every connection goes, too: each has a translation here, be it to itself. */
static void clear_xlate(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    ip4 global, local;
    bool g = cli_arg_ip4(a, "global", &global), l = cli_arg_ip4(a, "local", &local);
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
    if (!g && !l)
        net_conns_clear(s->d->node, NULL, NULL);
    fw_xlate_clear(s->nat, g ? &global : NULL, l ? &local : NULL);
}

void pix_view_xlate(struct pix *s, char **args, struct view *v)
{
    fw_xlate_view(s->nat, v);
}

// clang-format off
const struct cli_command pix_exec_nat[] = {
    { "show xlate [detail]",               show_xlate,  CLI_PRIVILEGED },
    { "clear xlate",                       clear_xlate, CLI_PRIVILEGED },
    { "clear xlate global global:A.B.C.D", clear_xlate, CLI_PRIVILEGED },
    { "clear xlate local local:A.B.C.D",   clear_xlate, CLI_PRIVILEGED },
    { 0 } };
// clang-format on

/* ---- What happens ---- */

PIX_ON(nat_new)
{
    fw_on_nat_new(s->nat, e);
}

PIX_ON(nat_end)
{
    fw_on_nat_end(s->nat, e);
}

// clang-format off
const struct pix_hearing pix_hear_nat[] = {
    PIX_HEAR(nat_new), PIX_HEAR(nat_end),
    { .fn = NULL },
};
// clang-format on
