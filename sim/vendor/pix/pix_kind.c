/* The kind "pix": versions 5.0 to 6.3, its behaviour in IKE, its two modes and what a typed line
 * does. Configuration is flat: every line is whole. Exec commands are understood in configuration
 * mode too. */
#include "pix_nat.h"
#include "pix_ra.h"

#include <stdarg.h>
#include <string.h>

/* ---- Modes ---- */

static const struct cli_command *const exec_tables[] = {pix_show_table,
                                                        pix_exec_table,
                                                        pix_ping_table,
                                                        pix_conn_table,
                                                        pix_exec_nat,
                                                        pix_exec_access,
                                                        NULL};
static const struct cli_command *const config_tables[] = {pix_config_nav,     pix_config_global,
                                                          pix_config_logging, pix_config_acl,
                                                          pix_config_isakmp,  pix_config_ipsec,
                                                          pix_config_map,     pix_config_path,
                                                          pix_config_keep,    pix_config_nat,
                                                          pix_config_natt,    pix_config_access,
                                                          pix_config_aaa,     NULL};

const struct cli_mode pix_mode_exec = {"exec", exec_tables, NULL};
const struct cli_mode pix_mode_config = {"config", config_tables, NULL};

/* ---- What handlers call ---- */

void pix_refuse(struct pix *s, GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
    s->refused = true;
}

void pix_changed(struct pix *s, const char *what)
{
    s->dirty = true;
    pix_nat_changed(s);
    if (s->loading)
        return;
    s->dirty = false;
    device_config_changed(s->d, what);
}

/* ---- Versions ---- */

static bool version_parse(const char *text, int *major, int *minor)
{
    char *end;
    *major = (int)g_ascii_strtoull(text, &end, 10);
    if (end == text || *end != '.' || !g_ascii_isdigit(end[1]))
        return false;
    *minor = (int)g_ascii_strtoull(end + 1, &end, 10);
    return *end == '\0' || *end == '(';
}

/* design.md, section 5: every 15 seconds, twice, up to 6.2; every 5 seconds, five times, in 6.3.
 * Who began an SA, of either phase, replaces it at three quarters of its lifetime, who answered
 * later, as the appliances after it do. A listing has no dead SAs. */
static void set_profile(struct pix *s)
{
    static const enum ike_vid later[] = {IKE_VID_XAUTH, IKE_VID_DPD, IKE_VID_UNITY};
    static const enum ike_vid early[] = {IKE_VID_XAUTH};
    struct ike_profile *p = &s->d->profile;
    bool often = pix_since(s, 6, 3);
    p->retransmit_s = p->qm_retransmit_s = often ? 5 : 15;
    p->retransmit_count = p->qm_retransmit_count = often ? 5 : 2;
    p->responder_wait_s = p->retransmit_s * (p->retransmit_count + 1);
    p->dead_linger_s = 0;
    p->p1_rekey_percent = p->p2_rekey_percent = 75;
    p->p1_rekey_percent_r = p->p2_rekey_percent_r = 90; /* leaves it to who began */
    p->p1_old_linger_s = 30;
    if (pix_since(s, 6, 0)) {
        memcpy(p->vid_mm3, later, sizeof later);
        memcpy(p->vid_mm4, later, sizeof later);
        memcpy(p->vid_am2, later, sizeof later);
    } else { /* dead peer detection came with 6.0 */
        memcpy(p->vid_mm3, early, sizeof early);
        memcpy(p->vid_mm4, early, sizeof early);
        memcpy(p->vid_am2, early, sizeof early);
    }
}

/* The defaults of a policy are those of the default protection suite, which the responder tries
 * last: DES, SHA, RSA signatures, group 1, one day. Phase 2 lasts eight hours. */
static void set_defaults(struct pix *s)
{
    g_free(s->d->hostname);
    s->d->hostname = g_strdup("pixfirewall");
    s->d->ike_conf->enabled = false;
    s->d->ike_conf->identity = IKE_IDENTITY_HOSTNAME;
    s->d->ipsec_conf->life_s = 28800;
    pix_names_changed(s);
}

/* IKE is enabled interface by interface: a datagram elsewhere finds nobody. */
static void datagram(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                     uint16_t dport, struct span payload)
{
    struct pix *s = self;
    const struct pix_if *f = pix_if_of(s, in);
    if (f && f->listens) {
        pix_message_begins(s);
        ike_input(s->d->ike, dst, dport, src, sport, payload);
        pix_message_ends(s);
        return;
    }
    ++*trace_counter(s->d->scope, "drop.IKE_OFF");
    pix_log(s, 7, 710005, "UDP request discarded from %s/%u to %s:%s/%u", IP4S(src), sport,
            pix_if_word(s, in), IP4S(dst), dport);
}

static bool pix_init(struct device *d, const char *version, GError **error)
{
    int major, minor;
    version = version ? version : "6.3";
    if (!version_parse(version, &major, &minor) ||
        !((major == 5 && minor <= 3) || (major == 6 && minor <= 3))) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: no version \"%s\" of kind pix; known are 5.0 to 5.3 and 6.0 to 6.3, as "
                    "\"6.3\" or \"6.3(5)\"",
                    d->name, version);
        return false;
    }
    struct pix *s = g_new0(struct pix, 1);
    d->vendor = s;
    s->d = d;
    s->major = major;
    s->minor = minor;
    s->cli = cli_new(pix_words_help, pix_ifname);
    s->mode = &pix_mode_exec;
    s->interfaces = g_ptr_array_new_with_free_func(pix_if_free);
    s->kept = g_ptr_array_new_with_free_func(pix_kept_free);
    s->plain_keys = g_array_new(FALSE, FALSE, sizeof(struct pix_plain_key));
    for (size_t i = 0; i < PIX_LOGS; i++)
        s->level[i] = -1;
    s->silenced = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    pix_access_start(s);
    set_profile(s);
    set_defaults(s);
    pix_natt_init(s);
    d->ike_datagram = datagram;
    net_udp_unbind(d->node, 500);
    net_udp_bind(d->node, 500, datagram, s);
    net_udp_yield(d->node, 500, true); /* until IKE is enabled */
    pix_speech_init(s);
    pix_conn_start(s);
    pix_ra_start(s);
    pix_if_make(s, "ethernet0");
    pix_if_make(s, "ethernet1");
    return true;
}

static void pix_free(struct device *d)
{
    struct pix *s = pix_of(d);
    net_udp_unbind(d->node, 500);
    pix_ping_clear(s);
    pix_conn_stop(s);
    pix_ra_stop(s);
    pix_access_stop(s);
    pix_speech_clear(s);
    cli_free(s->cli);
    g_ptr_array_unref(s->interfaces);
    g_ptr_array_unref(s->kept);
    g_array_unref(s->plain_keys);
    g_array_unref(s->silenced);
    g_free(s->domain);
    g_free(s);
    d->vendor = NULL;
}

/* ---- One line ---- */

static void pix_prompt(struct device *d, GString *out)
{
    struct pix *s = pix_of(d);
    if (s)
        g_string_append_printf(out, "%s%s%s ", d->hostname,
                               s->mode == &pix_mode_config ? "(config)" : "",
                               s->user_mode ? ">" : "#");
}

/* Exec lines may end in a filter. */
static bool run_exec(struct pix *s, const char *line, GString *out, struct cli_error *error)
{
    g_autofree char *head = NULL;
    struct cli_filter *filter = NULL;
    if (g_ascii_strncasecmp(line + strspn(line, " "), "sh", 2) == 0) {
        filter = cli_filter_parse(line, &head, error);
        if (error->what != CLI_OK)
            return false;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    enum cli_result r =
        cli_run(s->cli, &pix_mode_exec, s->user_mode, head ? head : line, s, text, error, NULL);
    if (filter && r == CLI_OK)
        cli_filter_apply(filter, text);
    cli_filter_free(filter);
    g_string_append_len(out, text->str, (gssize)text->len);
    return r == CLI_OK || r == CLI_EMPTY;
}

/* What is no configuration may be an exec command; whoever understood more of the line knows best
 * what is wrong with it. */
static bool run_config(struct pix *s, const char *line, GString *out, struct cli_error *error)
{
    struct cli_error other = {0};
    enum cli_result r = cli_run(s->cli, s->mode, false, line, s, out, error, NULL);
    if (r == CLI_OK || r == CLI_EMPTY)
        return true;
    if (s->loading)
        return false;
    if (run_exec(s, line, out, &other))
        return true;
    if (other.at > error->at || other.what == CLI_INCOMPLETE)
        *error = other;
    return false;
}

bool pix_run_line(struct pix *s, const char *line, GString *out, struct cli_error *error)
{
    *error = (struct cli_error){0};
    s->refused = false;
    if (s->mode == &pix_mode_exec)
        return run_exec(s, line, out, error);
    bool ok = run_config(s, line, out, error);
    TRACE(s->d->scope, config_line, .line = line, .accepted = ok && !s->refused);
    return ok;
}

/* What is typed in privileged mode is on record. */
static void record(struct pix *s, const char *line)
{
    g_autofree char *text = g_strstrip(g_strdup(line));
    if (!*text)
        return;
    if (g_ascii_strncasecmp(text, "sh", 2) == 0)
        pix_log(s, 7, 111009, "User 'enable_15' executed cmd: %s", text);
    else
        pix_log(s, 5, 111008, "User 'enable_15' executed the '%s' command.", text);
}

static void pix_type(struct device *d, const char *line)
{
    struct pix *s = pix_of(d);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *typed = g_strdup(line);
    g_strchomp(typed);
    pix_prompt(d, out);
    g_string_append(out, typed);
    device_print(d, CONSOLE_ECHO, out->str);
    g_string_truncate(out, 0);
    if (strcmp(typed, "\x1a") == 0 || strcmp(typed, "^Z") == 0) {
        s->mode = &pix_mode_exec;
        return;
    }
    if (pix_is_comment(typed))
        return;
    struct cli_error error;
    bool privileged = !s->user_mode, ok = pix_run_line(s, typed, out, &error);
    if (!ok)
        pix_usage(typed, &error, out);
    if (out->len)
        device_print(d, CONSOLE_OUTPUT, out->str);
    if (ok && privileged && d->vendor == s && !d->down)
        record(s, typed);
}

/* ---- Help ---- */

static void pix_help(struct device *d, const char *line, GString *out)
{
    struct pix *s = pix_of(d);
    struct cli_error error;
    if (!s || cli_help(s->cli, s->mode, s->user_mode, line, s, out, &error))
        return;
    if (s->mode != &pix_mode_exec && *line &&
        cli_help(s->cli, &pix_mode_exec, false, line, s, out, &error))
        return;
    pix_usage(line, &error, out);
}

static char *pix_complete(struct device *d, const char *line)
{
    struct pix *s = pix_of(d);
    if (!s)
        return NULL;
    char *whole = cli_complete(s->cli, s->mode, s->user_mode, line, s);
    if (!whole && s->mode != &pix_mode_exec)
        whole = cli_complete(s->cli, &pix_mode_exec, false, line, s);
    return whole;
}

/* ---- Show for expectations ---- */

static bool view(struct device *d, const char *show, struct view *out)
{
    return d->vendor && pix_view(d, show, out);
}

static bool pix_show(struct device *d, const char *show, GString *out)
{
    struct pix *s = pix_of(d);
    if (!s)
        return false;
    bool whole = g_ascii_strncasecmp(show, "sh ", 3) == 0 ||
                 g_ascii_strncasecmp(show, "show ", 5) == 0 ||
                 g_ascii_strncasecmp(show, "write ", 6) == 0;
    g_autofree char *line = whole ? g_strdup(show) : g_strconcat("show ", show, NULL);
    struct cli_error error = {0};
    bool user_mode = s->user_mode;
    s->refused = false;
    s->user_mode = false;
    bool ok = run_exec(s, line, out, &error);
    s->user_mode = user_mode;
    if (!ok)
        pix_usage(line, &error, out);
    return ok && !s->refused;
}

extern const struct device_kind pix_kind;
const struct device_kind pix_kind = {
    .name = "pix",
    .summary = "a firewall with crypto maps; versions 5.0 to 6.3",
    .forwards = true,
    .has_crypto = true,
    .init = pix_init,
    .free = pix_free,
    .load = pix_load,
    .type = pix_type,
    .prompt = pix_prompt,
    .help = pix_help,
    .complete = pix_complete,
    .view = view,
    .show = pix_show,
};
