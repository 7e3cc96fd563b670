/* Exec commands other than show and ping: entering configuration, debug, clearing, saving,
 * reloading. */
#include "pix.h"

#include <string.h>

/* A firewall of the time is away for about a minute when it boots. */
#define RELOAD_OUTAGE SECONDS(60)

/* ---- Modes ---- */

static void configure(void *self, const struct cli_args *a, GString *out)
{
    ((struct pix *)self)->mode = &pix_mode_config;
}

static void enable(void *self, const struct cli_args *a, GString *out)
{
    ((struct pix *)self)->user_mode = false;
}

/* From configuration to privileged, from privileged to user mode. */
static void leave(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    if (s->mode == &pix_mode_config)
        s->mode = &pix_mode_exec;
    else
        s->user_mode = true;
}

static void end(void *self, const struct cli_args *a, GString *out)
{
    ((struct pix *)self)->mode = &pix_mode_exec;
}

static void disable(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    s->mode = &pix_mode_exec;
    s->user_mode = true;
}

/* Settings of the terminal itself: there is no screen to set. */
static void nothing(void *self, const struct cli_args *a, GString *out)
{
}

/* ---- Debugging ---- */

static void debug(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    unsigned which = cli_has(a, "isakmp")  ? PIX_DEBUG_ISAKMP
                     : cli_has(a, "ipsec") ? PIX_DEBUG_IPSEC
                                           : PIX_DEBUG_ENGINE;
    bool off = cli_negated(a) || cli_has(a, "undebug");
    s->debug = off ? s->debug & ~which : s->debug | which;
    pix_speech_debug_changed(s);
}

static void debug_off(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    if (!cli_negated(a) && !cli_has(a, "undebug")) {
        pix_incomplete(s, a, out);
        return;
    }
    s->debug = 0;
    pix_speech_debug_changed(s);
}

/* ---- Clearing ---- */

static void cleared(struct pix *s, const struct cli_args *a)
{
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
}

/* Only phase 1 ends: what was built under it stays until it is cleared too. */
static void clear_isakmp(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    cleared(s, a);
    ike_clear(s->d->ike, 0, WHY_ADMIN);
}

static void clear_ipsec(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ipsec_clear_what what = {.map = cli_arg(a, "map")};
    char *end;
    if (cli_has(a, "counters")) {
        cleared(s, a);
        ipsec_clear_counters(s->d->ipsec);
        return;
    }
    cli_arg_ip4(a, "peer", &what.peer);
    if (what.map && !ipsec_map_find(s->d->ipsec_conf, what.map)) {
        pix_refuse(s, out, "ERROR: crypto map with tag \"%s\" does not exist.", what.map);
        return;
    }
    if (cli_arg(a, "spi")) {
        what.spi = (uint32_t)g_ascii_strtoull(cli_arg(a, "spi"), &end, 0);
        if (*end || what.spi == 0) {
            pix_incomplete(s, a, out);
            return;
        }
    }
    cleared(s, a);
    ipsec_clear(s->d->ipsec, &what, WHY_ADMIN);
}

static void clear_counters(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *name = cli_arg(a, "name");
    if (!net_acl(s->d->node, name)) {
        pix_refuse(s, out, "ERROR: access-list <%s> does not exist", name);
        return;
    }
    cleared(s, a);
    const struct acl *acl = net_acl(s->d->node, name);
    for (guint j = 0; j < acl->lines->len; j++)
        ((struct acl_line *)g_ptr_array_index(acl->lines, j))->hits = 0;
}

static void clear_interface(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
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
    struct pix *s = self;
    g_autoptr(GString) text = g_string_new(NULL);
    pix_running_config(s, true, text);
    g_free(s->d->startup_text);
    s->d->startup_text = g_strdup(text->str);
    const char *sum = strstr(text->str, "Cryptochecksum:") + strlen("Cryptochecksum:");
    g_string_append_printf(out,
                           "Building configuration...\nCryptochecksum: %.8s %.8s %.8s %.8s \n"
                           "[OK]\n",
                           sum, sum + 8, sum + 16, sum + 24);
}

static void write_terminal(void *self, const struct cli_args *a, GString *out)
{
    g_string_append(out, "Building configuration...\n");
    pix_running_config(self, false, out);
    g_string_append(out, "[OK]\n");
}

static void reload(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    if (!cli_has(a, "noconfirm"))
        g_string_append(out, "Proceed with reload? [confirm] \n");
    g_string_append(out, "\n\nRebooting....\n");
    pix_log(s, 5, 199001, "PIX reload command executed from console.");
    device_reload(s->d, RELOAD_OUTAGE, "reload command");
}

#define P  CLI_PRIVILEGED
#define SA "sa [counters|map map:WORD|peer peer:A.B.C.D|entry peer:A.B.C.D esp spi:WORD]"

// clang-format off
const struct cli_command pix_config_nav[] = {
    { "exit", leave, 0, "Leave configuration mode" },
    { "quit", leave, 0, "Leave configuration mode" },
    { "end",  end,   0, "Leave configuration mode" },
    { 0 } };
const struct cli_command pix_exec_table[] = {
    { "configure terminal",                                configure,       P },
    { "enable [level:<0-15>]",                             enable,          0 },
    { "disable [level:<0-15>]",                            disable,         0 },
    { "exit",                                              leave,           0, "Exit from the current mode" },
    { "quit",                                              leave,           0, "Exit from the current mode" },
    { "end",                                               end,             P, "Exit from configuration mode" },
    { "logout",                                            disable,         CLI_HIDDEN },
    { "terminal monitor",                                  nothing,         P | CLI_NO },
    { "terminal pager lines:<0-2147483647>",               nothing,         P },
    { "debug crypto (isakmp|ipsec|engine) [level:<1-255>]", debug,          P | CLI_NO },
    { "undebug crypto (isakmp|ipsec|engine)",              debug,           P },
    { "debug all",                                         debug_off,       P | CLI_NO | CLI_HIDDEN },
    { "undebug all",                                       debug_off,       P },
    { "clear crypto isakmp [sa]",                          clear_isakmp,    P },
    { "clear isakmp sa",                                   clear_isakmp,    P },
    { "clear crypto ipsec " SA,                            clear_ipsec,     P },
    { "clear crypto " SA,                                  clear_ipsec,     P },
    { "clear ipsec " SA,                                   clear_ipsec,     P },
    { "clear access-list name:WORD counters",              clear_counters,  P },
    { "clear interface",                                   clear_interface, P },
    { "write [memory]",                                    save,            P },
    { "write terminal",                                    write_terminal,  P },
    { "reload [noconfirm]",                                reload,          P },
    { 0 } };
// clang-format on
