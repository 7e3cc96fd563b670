/* Exec commands other than show and ping: entering configuration, debug levels, clearing, saving,
 * reloading. */
#include "asa_log_priv.h"
#include "asa_show_priv.h"

#include <string.h>

/* An appliance of the time is away for about a minute and a half when it boots. */
#define RELOAD_OUTAGE SECONDS(90)

static void configure(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (s->mode == &asa_mode_exec)
        s->mode = &asa_mode_config;
}

static void enable(void *self, const struct cli_args *a, GString *out)
{
    ((struct asa *)self)->user_mode = false;
}

static void disable(void *self, const struct cli_args *a, GString *out)
{
    ((struct asa *)self)->user_mode = true;
}

/* Settings of the terminal itself: there is no screen to set. */
static void nothing(void *self, const struct cli_args *a, GString *out)
{
}

/* ---- Debugging ---- */

static void debug(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    bool off = cli_negated(a) || cli_has(a, "undebug");
    uint32_t level = 1;
    if (cli_has(a, "ikev1") && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "ikev1");
        return;
    }
    cli_arg_u32(a, "level", &level);
    if (off)
        level = 0;
    if (!cli_has(a, "ipsec"))
        s->debug_isakmp = level;
    if (!cli_has(a, "isakmp") && !cli_has(a, "ikev1"))
        s->debug_ipsec = level;
}

/* There is "no debug all", but no way to have all. */
static void debug_off(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (cli_has(a, "debug") && !cli_negated(a)) {
        asa_unknown_word(s, a, "all");
        return;
    }
    s->debug_isakmp = s->debug_ipsec = 0;
}

/* ---- Clearing ---- */

static void cleared(struct asa *s, const struct cli_args *a)
{
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
}

/* The phase 1 SA takes the tunnels of its peer with it, which are told first. */
static void clear_isakmp(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ike_sa_view v;
    ip4 peer = 0;
    if (cli_has(a, "ikev1") && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "ikev1");
        return;
    }
    cli_arg_ip4(a, "peer", &peer);
    cleared(s, a);
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++) {
        if (v.state == IKE_STATE_DEAD || (peer && v.remote != peer))
            continue;
        const struct ipsec_clear_what what = {.peer = v.remote};
        ipsec_clear(s->d->ipsec, &what, WHY_ADMIN);
        ike_clear(s->d->ike, v.id, WHY_ADMIN);
    }
}

/* "0x99554d4e", or the digits alone. */
static bool spi_of(const char *text, uint32_t *spi)
{
    char *end;
    guint64 v = g_ascii_strtoull(text, &end, 16);
    *spi = (uint32_t)v;
    return end != text && !*end && v > 0 && v <= UINT32_MAX;
}

static void clear_ipsec(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ipsec_clear_what what = {.map = cli_arg(a, "map")};
    if (cli_has(a, "counters")) {
        cleared(s, a);
        ipsec_clear_counters(s->d->ipsec);
        return;
    }
    cli_arg_ip4(a, "peer", &what.peer);
    if (cli_arg(a, "spi") && !spi_of(cli_arg(a, "spi"), &what.spi)) {
        asa_invalid(s, a, "spi");
        return;
    }
    if (what.map && !ipsec_map_find(s->d->ipsec_conf, what.map)) {
        asa_refuse(s, out, "ERROR: Crypto map with tag \"%s\" does not exist.", what.map);
        return;
    }
    cleared(s, a);
    ipsec_clear(s->d->ipsec, &what, WHY_ADMIN);
}

static void clear_buffer(void *self, const struct cli_args *a, GString *out)
{
    struct asa_speech *w = ((struct asa *)self)->speech;
    g_queue_clear_full(w->buffer, g_free);
    w->buffer_used = 0;
}

static void clear_acl(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name");
    if (name && !net_acl(s->d->node, name)) {
        asa_refuse(s, out, "ERROR: access-list <%s> does not exist", name);
        return;
    }
    cleared(s, a);
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        struct acl *acl = net_acl_at(s->d->node, i);
        if (name && strcmp(name, acl->name) != 0)
            continue;
        for (guint j = 0; j < acl->lines->len; j++)
            ((struct acl_line *)g_ptr_array_index(acl->lines, j))->hits = 0;
    }
}

static void clear_other(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    cleared(s, a);
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        struct net_if *f = net_if_at(s->d->node, i);
        f->in_packets = f->in_bytes = f->out_packets = f->out_bytes = 0;
        f->in_drops = f->out_drops = 0;
    }
}

/* ---- Saving and booting ---- */

static void save(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autoptr(GString) text = g_string_new(NULL);
    asa_running_config(s, true, false, text);
    g_free(s->d->startup_text);
    s->d->startup_text = g_strdup(text->str);
    const char *sum = strstr(text->str, "Cryptochecksum:") + strlen("Cryptochecksum:");
    g_string_append_printf(out,
                           "Building configuration...\nCryptochecksum: %.8s %.8s %.8s %.8s \n\n"
                           "%zu bytes copied in 1.0 secs\n[OK]\n",
                           sum, sum + 8, sum + 16, sum + 24, text->len);
}

static void reload(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (!cli_has(a, "noconfirm"))
        g_string_append(out, "Proceed with reload? [confirm] \n");
    g_string_append(out, "***\n*** --- START GRACEFUL SHUTDOWN ---\n");
    device_reload(s->d, RELOAD_OUTAGE, "reload command");
}

#define P     CLI_PRIVILEGED
#define WHICH "peer peer:A.B.C.D|map map:WORD|counters|entry peer:A.B.C.D (esp|ah) spi:WORD"
#define SESSIONS                                                                                   \
    "(index index:<1-65535>|tunnel-group group:WORD|name name:WORD|ipaddress "                     \
    "addr:A.B.C.D|l2l|all)"

// clang-format off
const struct cli_command asa_exec_table[] = {
    { "configure terminal",                              configure,    P },
    { "enable [level:<0-15>]",                           enable,       0 },
    { "disable [level:<0-15>]",                          disable,      0 },
    { "exit",                                            disable,      0, "Exit from the EXEC" },
    { "logout",                                          disable,      0, "Exit from the EXEC" },
    { "terminal pager [lines] count:<0-2147483647>",     nothing,      0 },
    { "terminal monitor",                                nothing,      CLI_NO },
    { "debug crypto (isakmp|ikev1|ipsec) [level:<1-255>]", debug,      P | CLI_NO },
    { "undebug crypto (isakmp|ikev1|ipsec)",             debug,        P },
    { "undebug all",                                     debug_off,    P },
    { "debug all",                                       debug_off,    P | CLI_NO | CLI_HIDDEN },
    { "clear crypto (isakmp|ikev1) sa [peer:A.B.C.D]",   clear_isakmp, P },
    { "clear isakmp sa",                                 clear_isakmp, P },
    { "clear crypto ipsec sa [" WHICH "]",               clear_ipsec,  P },
    { "clear ipsec sa [" WHICH "]",                      clear_ipsec,  P },
    { "clear crypto (isakmp|ikev1|ipsec) stats",         asa_clear_stats, P },
    { "clear crypto protocol statistics (ikev1|ipsec|all)", asa_clear_stats, P },
    { "clear logging buffer",                            clear_buffer, P },
    { "clear asp drop",                                  asa_clear_asp_drop, P },
    { "vpn-sessiondb logoff noconfirm " SESSIONS,        asa_logoff,   P },
    { "vpn-sessiondb logoff " SESSIONS " [noconfirm]",   asa_logoff,   P },
    { "clear access-list name:WORD counters",            clear_acl,    P },
    { "clear interface",                                 clear_other,  P },
    { "write [memory]",                                  save,         P },
    { "copy running-config startup-config",              save,         P },
    { "reload [noconfirm]",                              reload,       P },
    { 0 } };
// clang-format on
