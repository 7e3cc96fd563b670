/* Address translation of the appliance: its lines, who may pass by it, and the port of IKE that it
 * shares with translations (CAT-08). */
#include "asa_nat.h"

#include <string.h>

/* ---- What the rules need to know ---- */

static void log_line(void *self, int severity, uint32_t id, const char *text)
{
    asa_log(self, severity, id, "%s", text);
}

static struct net_if *if_named(void *self, const char *name)
{
    const struct asa_if *f = asa_if_named(self, name);
    return f ? asa_net_if(self, f) : NULL;
}

static const char *if_word(void *self, const struct net_if *i)
{
    return asa_if_word(self, i);
}

static int level(void *self, const struct net_if *i)
{
    const struct asa_if *f = asa_if_of(self, i);
    return f && f->nameif ? (int)f->security : -1;
}

static bool claims(void *self, const struct net_if *i, uint8_t protocol, uint16_t port)
{
    const struct asa *s = self;
    const struct asa_if *f = asa_if_of(s, i);
    bool natt = s->d->ike_conf->nat_traversal;
    return f && f->listens && protocol == IPPROTO_NUM_UDP &&
           (port == 500 || (port == 4500 && natt));
}

static void build(void *self, struct fw_nat *t)
{
    struct asa *s = self;
    if (asa_since(s, 8, 3))
        asa_objects_build(s, t);
    else
        fw_lines_build(t);
}

void asa_nat_start(struct asa *s)
{
    const struct fw_nat_ops ops = {log_line, if_named, if_word, level, claims, build, s};
    s->nat = g_new0(struct asa_nat, 1);
    s->nat->objects = g_ptr_array_new_with_free_func(asa_object_free);
    s->nat->twice = g_ptr_array_new_with_free_func(asa_twice_free);
    s->nat->acl_uses = g_ptr_array_new_with_free_func(asa_acl_use_free);
    fw_nat_init(&s->nat->fw, s->d, &ops);
    s->nat->fw.asymmetry = true;
    s->nat->fw.asymmetry_dynamic = asa_since(s, 8, 0);
    fw_nat_times(&s->nat->fw, &s->conns->rules);
}

void asa_nat_stop(struct asa *s)
{
    fw_nat_clear(&s->nat->fw);
    g_ptr_array_unref(s->nat->objects);
    g_ptr_array_unref(s->nat->twice);
    g_ptr_array_unref(s->nat->acl_uses);
    g_free(s->nat->at_object);
    g_clear_pointer(&s->nat, g_free);
}

void asa_nat_changed(struct asa *s)
{
    if (!s->nat)
        return;
    asa_acl_objects_changed(s);
    fw_nat_times(&s->nat->fw, &s->conns->rules);
    fw_nat_rebuild(&s->nat->fw);
}

/* The socket is opened when IKE is enabled, not before: who has the port then keeps it. The number
 * is printed with its bytes swapped, 62465 = 0xf401. */
bool asa_nat_claim(struct asa *s, const struct asa_if *f, GString *out)
{
    static const uint16_t port[] = {500, 4500};
    for (size_t i = 0; i < (s->d->ike_conf->nat_traversal ? G_N_ELEMENTS(port) : 1); i++)
        if (fw_nat_holds(&s->nat->fw, asa_net_if(s, f), IPPROTO_NUM_UDP, port[i])) {
            g_string_append_printf(out, "UDP: ERROR - socket <unknown> %u in used\n",
                                   GUINT16_SWAP_LE_BE(port[i]));
            asa_refuse(s, out, "ERROR: IkeReceiverInit, unable to bind to port");
            return false;
        }
    return true;
}

/* ---- Configuration ---- */

static bool deprecated(struct asa *s, const char *command, GString *out)
{
    if (!asa_since(s, 8, 3))
        return false;
    asa_refuse(s, out,
               "ERROR: This syntax of %s command has been deprecated.\n"
               "Please refer to \"help nat\" command for more details.",
               command);
    return true;
}

enum { LINE_NAT, LINE_GLOBAL, LINE_STATIC };

static void line(void *self, const struct cli_args *a, GString *out)
{
    static const char *const command[] = {"nat", "global", "static"};
    struct asa *s = self;
    if (asa_since(s, 8, 3) && cli_tag(a) == LINE_NAT && asa_nat_migrate(s, a)) {
        asa_changed(s, "nat");
        return;
    }
    if (deprecated(s, command[cli_tag(a)], out))
        return;
    struct fw_nat *t = &s->nat->fw;
    bool ok = cli_tag(a) == LINE_NAT      ? fw_line_nat(t, a, out)
              : cli_tag(a) == LINE_GLOBAL ? fw_line_global(t, a, out)
                                          : fw_line_static(t, a, out);
    s->refused |= !ok;
    asa_changed(s, command[cli_tag(a)]);
}

static void clear_lines(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (asa_since(s, 8, 3) && cli_has(a, "nat")) {
        g_ptr_array_set_size(s->nat->twice, 0);
        for (guint i = 0; i < s->nat->objects->len; i++)
            g_clear_pointer(&((struct asa_object *)s->nat->objects->pdata[i])->in, g_free);
    }
    fw_lines_clear(&s->nat->fw, cli_has(a, "nat")      ? FW_LINE_NAT
                                : cli_has(a, "global") ? FW_LINE_GLOBAL
                                                       : FW_LINE_STATIC);
    asa_changed(s, "clear configure nat");
}

static void control(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (asa_since(s, 8, 3)) {
        asa_refuse(s, out, "ERROR: This syntax of nat-control command has been deprecated.");
        return;
    }
    s->nat->fw.control = !cli_negated(a);
    asa_changed(s, "nat-control");
}

static void twice(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (!asa_since(s, 8, 3)) {
        asa_unknown_word(s, a, cli_has(a, "after-auto") ? "after-auto" : "source");
        return;
    }
    s->refused |= !asa_twice_line(s, a, out);
    asa_changed(s, "nat");
}

/* timeout xlate 3:00:00, at least a minute; from 8.4 also pat-xlate, at least half one. */
static void timeout(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct fw_nat *t = &s->nat->fw;
    bool pat = cli_has(a, "pat-xlate");
    const char *value = cli_arg(a, "value");
    g_auto(GStrv) part = g_strsplit(value ? value : pat ? "0:00:30" : "3:00:00", ":", -1);
    guint64 h = 0, m = 0, sec = 0;
    if (pat && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "pat-xlate");
        return;
    }
    if (g_strv_length(part) != 3 || !g_ascii_string_to_unsigned(part[0], 10, 0, 1193, &h, NULL) ||
        !g_ascii_string_to_unsigned(part[1], 10, 0, 59, &m, NULL) ||
        !g_ascii_string_to_unsigned(part[2], 10, 0, 59, &sec, NULL) ||
        h * 3600 + m * 60 + sec < (pat ? 30 : 60)) {
        asa_invalid(s, a, "value");
        return;
    }
    sim_time time = cli_negated(a) ? SECONDS(pat ? 30 : 3 * 3600)
                                   : SECONDS((sim_time)(h * 3600 + m * 60 + sec));
    const char *key = pat ? "timeout pat-xlate" : "timeout xlate";
    g_autofree char *text = g_strdup_printf("%s %d:%02d:%02d", key, (int)h, (int)m, (int)sec);
    *(pat ? &t->pat : &t->xlate) = time;
    if (cli_negated(a))
        asa_keep_remove(s, NULL, key);
    else
        asa_keep_line(s, ASA_PLACE_MID, NULL, key, text);
    asa_changed(s, "timeout xlate");
}

// clang-format off
const struct cli_command asa_config_nat[] = {
    { FW_NAT_ROW,                                              line,        CLI_NO, .tag = LINE_NAT },
    { FW_GLOBAL_ROW,                                           line,        CLI_NO, .tag = LINE_GLOBAL },
    { FW_STATIC_ROW,                                           line,        CLI_NO, .tag = LINE_STATIC },
    { FW_STATIC_PORT_ROW,                                      line,        CLI_NO, .tag = LINE_STATIC },
    { "clear configure (nat|global|static)",                   clear_lines, 0 },
    { "nat-control",                                           control,     CLI_NO },
    { "nat if:WORD source spec:LINE",                          twice,       CLI_NO },
    { "nat if:WORD line:<1-2147483647> source spec:LINE",      twice,       CLI_NO },
    { "nat if:WORD after-auto source spec:LINE",               twice,       CLI_NO },
    { "nat if:WORD after-auto line:<1-2147483647> source spec:LINE", twice, CLI_NO },
    { "timeout (xlate|pat-xlate) value:WORD",                  timeout,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on

void asa_nat_text(const struct asa *s, GString *out)
{
    if (s->nat->fw.control)
        g_string_append(out, "nat-control\n");
    fw_lines_text(&s->nat->fw, out);
    asa_objects_nat_text(s, out);
}

void asa_nat_list_changed(struct asa *s, const char *acl, GString *out)
{
    fw_lines_list_changed(&s->nat->fw, acl, out);
}

/* ---- What happens ---- */

ASA_ON(nat_new)
{
    fw_on_nat_new(&s->nat->fw, e);
}

ASA_ON(nat_end)
{
    fw_on_nat_end(&s->nat->fw, e);
}

// clang-format off
const struct asa_hearing asa_hear_nat[] = {
    ASA_HEAR(nat_new), ASA_HEAR(nat_end),
    { .fn = NULL },
};
// clang-format on
