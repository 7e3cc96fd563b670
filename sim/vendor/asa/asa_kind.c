/* The kind "asa": versions 7.0 to 8.4, its behaviour in IKE, modes and prompts, and what a typed
 * line does. Exec commands are understood in configuration mode too. */
#include "asa_path.h"
#include "asa_ra.h"

#include <stdarg.h>
#include <string.h>

/* ---- Modes ---- */

static const struct cli_command *const exec_tables[] = {
    asa_show_table, asa_exec_table, asa_exec_conn, asa_exec_nat,
    asa_ping_table, asa_exec_aaa,   asa_exec_pool, NULL};
static const struct cli_command *const config_tables[] = {
    asa_config_nav,    asa_config_global,       asa_config_acl,
    asa_config_isakmp, asa_config_ipsec,        asa_config_map,
    asa_config_tunnel, asa_config_group_policy, asa_config_mss,
    asa_config_access, asa_config_audit,        asa_config_keep,
    asa_config_conn,   asa_config_nat,          asa_config_object,
    asa_config_natt,   asa_config_aaa,          asa_config_user,
    asa_config_pool,   asa_config_ctcp,         NULL};
static const struct cli_command *const if_tables[] = {asa_config_nav, asa_config_if_rows, NULL};
static const struct cli_command *const policy_tables[] = {asa_config_nav, asa_config_policy_rows,
                                                          NULL};
static const struct cli_command *const group_tables[] = {asa_config_nav, asa_config_group_rows,
                                                         asa_config_access_ipsec_rows, NULL};
static const struct cli_command *const general_tables[] = {asa_config_nav, asa_config_general_rows,
                                                           asa_config_access_general_rows, NULL};
static const struct cli_command *const group_policy_tables[] = {asa_config_nav,
                                                                asa_config_group_policy_rows, NULL};

static const struct cli_command *const object_tables[] = {asa_config_nav, asa_config_object_rows,
                                                          NULL};
static const struct cli_command *const object_group_tables[] = {asa_config_nav,
                                                                asa_config_object_group_rows, NULL};

const struct cli_mode asa_mode_exec = {"exec", exec_tables, NULL};
const struct cli_mode asa_mode_config = {"config", config_tables, NULL};
const struct cli_mode asa_mode_if = {"config-if", if_tables, &asa_mode_config};
const struct cli_mode asa_mode_policy = {"config-isakmp-policy", policy_tables, &asa_mode_config};
const struct cli_mode asa_mode_policy_v1 = {"config-ikev1-policy", policy_tables, &asa_mode_config};
const struct cli_mode asa_mode_group = {"config-tunnel-ipsec", group_tables, &asa_mode_config};
const struct cli_mode asa_mode_general = {"config-tunnel-general", general_tables,
                                          &asa_mode_config};
const struct cli_mode asa_mode_group_policy = {"config-group-policy", group_policy_tables,
                                               &asa_mode_config};

const struct cli_mode asa_mode_object = {"config-network-object", object_tables, &asa_mode_config};
const struct cli_mode asa_mode_object_group = {"config-network", object_group_tables,
                                               &asa_mode_config};

void asa_enter(struct asa *s, const struct cli_mode *mode)
{
    s->mode = mode;
    s->entered = true;
}

/* ---- What handlers call ---- */

void asa_refuse(struct asa *s, GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
    s->refused = true;
}

void asa_invalid(struct asa *s, const struct cli_args *a, const char *argument)
{
    s->invalid_at = (int)cli_arg_at(a, argument);
    s->refused = true;
}

void asa_unknown_word(struct asa *s, const struct cli_args *a, const char *word)
{
    const char *line = cli_line(a), *at = strstr(line, word);
    s->invalid_at = at ? (int)(at - line) : 0;
    s->refused = true;
}

void asa_changed(struct asa *s, const char *what)
{
    s->dirty = true;
    asa_nat_changed(s);
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

/* design.md, section 5: every 8 seconds, three times; an unprotected NO-PROPOSAL-CHOSEN is logged
 * and dropped (CAT-31); the tunnel group is looked for with message 3 (CAT-41). A half-built SA of
 * a responder ends when its peer would have given up. */
static void set_profile(struct asa *s)
{
    static const enum ike_vid first[] = {IKE_VID_FRAGMENTATION};
    static const enum ike_vid beside_key[] = {IKE_VID_UNITY, IKE_VID_XAUTH, IKE_VID_DPD,
                                              IKE_VID_VPN3000};
    static const enum ike_vid beside_client[] = {IKE_VID_UNITY, IKE_VID_XAUTH, IKE_VID_DPD,
                                                 IKE_VID_FRAGMENTATION, IKE_VID_VPN3000};
    struct ike_profile *p = &s->d->profile;
    p->retransmit_s = p->qm_retransmit_s = 8;
    p->retransmit_count = p->qm_retransmit_count = 3;
    p->responder_wait_s = 32;
    p->trust_clear_notify = false;
    p->key_sought_late = true;
    /* An identity that is not the peer's ends phase 1 (CAT-20), a refused quick mode of a peer ends
     * it too (DBG-15), and packets go into the SA that a peer asked for for a part (CAT-87). */
    p->check_identity = true;
    p->refusal_ends_phase1 = true;
    p->part_carries_line = true;
    /* An entry without a peer keeps its packets back (CAT-85), and a map speaks from the address it
     * was applied with (CAT-18). */
    p->holds_without_peer = p->map_keeps_address = true;
    /* Phase 2 too is replaced at a part of its life, later by who answered (CAT-92). */
    p->p2_rekey_percent = 75;
    p->p2_rekey_percent_r = 90;
    /* No document gives the number of questions before a peer counts as dead (CAT-14): as many
     * repetitions as phase 1 has. A peer that is heard is spared the question. */
    p->dpd_retries = 3;
    p->dpd_spares_heard = true;
    /* CAT-92: who began phase 1 replaces it at three quarters of its life. It gives no figure for
     * who answered, only that it is later, so that the peer may begin: nine tenths. */
    p->p1_rekey_percent = 75;
    p->p1_rekey_percent_r = 90;
    /* A tunnel shows one SA more while phase 1 is replaced, and not for long (CAT-12). */
    p->p1_old_linger_s = 30;
    p->p1_one_survives = p->p2_one_survives = true;
    memcpy(p->vid_mm1, first, sizeof first);
    memcpy(p->vid_mm2, first, sizeof first);
    memcpy(p->vid_mm3, beside_key, sizeof beside_key);
    memcpy(p->vid_mm4, beside_key, sizeof beside_key);
    memcpy(p->vid_am2, beside_client, sizeof beside_client);
}

/* What a policy has that says nothing else, and the lifetime of phase 2 (command reference of the
 * time). There is no policy that was not configured. */
static void set_defaults(struct asa *s)
{
    struct ike_conf *c = s->d->ike_conf;
    c->has_fallback = false;
    c->fallback = (struct ike_policy){
        .priority = 65535,
        .cipher = CIPHER_3DES,
        .hash = HASH_SHA1,
        .group = GROUP_MODP1024,
        .auth = IKE_AUTH_PSK,
        .lifetime_s = 86400,
    };
    c->enabled = false;
    /* Keepalives are on unless a group says otherwise (CAT-14). */
    c->liveness = (struct ike_liveness){.threshold_s = ASA_KEEPALIVE_L2L.threshold_s,
                                        .retry_s = ASA_KEEPALIVE_L2L.retry_s,
                                        .periodic = true};
    c->hostname = g_strdup(s->d->hostname);
    s->identity = s->major == 7 && s->minor == 0 ? ASA_IDENTITY_HOSTNAME : ASA_IDENTITY_AUTO;
    c->identity =
        s->identity == ASA_IDENTITY_HOSTNAME ? IKE_IDENTITY_HOSTNAME : IKE_IDENTITY_ADDRESS;
    s->d->ipsec_conf->life_s = 28800;
}

/* IKE is enabled interface by interface: a datagram elsewhere finds nobody (CAT-07). */
static void datagram(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                     uint16_t dport, struct span payload)
{
    struct asa *s = self;
    const struct asa_if *f = asa_if_of(s, in);
    if (f && f->listens) {
        ike_input(s->d->ike, dst, dport, src, sport, payload);
        return;
    }
    ++*trace_counter(s->d->scope, "drop.IKE_OFF");
    asa_log(s, 7, 710005, "UDP request discarded from %s/%u to %s:%s/%u", IP4S(src), sport,
            asa_if_word(s, in), IP4S(dst), dport);
}

static bool asa_init(struct device *d, const char *version, GError **error)
{
    int major, minor;
    version = version ? version : "8.2";
    if (!version_parse(version, &major, &minor) ||
        !((major == 7 && minor <= 2) || (major == 8 && minor <= 4))) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: no version \"%s\" of kind asa; known are 7.0 to 7.2 and 8.0 to 8.4, as "
                    "\"8.2\" or \"8.2(5)\"",
                    d->name, version);
        return false;
    }
    struct asa *s = g_new0(struct asa, 1);
    d->vendor = s;
    s->d = d;
    s->major = major;
    s->minor = minor;
    s->cli = cli_new(asa_words_help, asa_ifname);
    s->mode = &asa_mode_exec;
    s->interfaces = g_ptr_array_new_with_free_func(asa_if_free);
    s->groups = g_ptr_array_new_with_free_func(asa_group_free);
    s->kept = g_ptr_array_new_with_free_func(asa_kept_free);
    s->policies = g_ptr_array_new_with_free_func(asa_policy_free);
    asa_policy_make(s, ASA_DEFAULT_POLICY);
    asa_aaa_start(s);
    asa_remotes_start(s);
    for (size_t i = 0; i < ASA_LOGS; i++)
        s->level[i] = -1;
    s->buffer_bytes = 4096;
    s->silenced = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    s->invalid_at = -1;
    set_profile(s);
    set_defaults(s);
    asa_natt_init(s);
    d->ike_datagram = datagram;
    net_udp_unbind(d->node, 500);
    net_udp_bind(d->node, 500, datagram, s);
    net_udp_yield(d->node, 500, true); /* until IKE is enabled */
    asa_conn_start(s);
    asa_nat_start(s);
    asa_speech_init(s);
    asa_sessions_start(s);
    asa_ra_start(s);
    asa_stats_start(s);
    asa_drops_forget(s);
    return true;
}

static void asa_free(struct device *d)
{
    struct asa *s = asa_of(d);
    net_udp_unbind(d->node, 500);
    asa_nat_stop(s);
    asa_conn_stop(s);
    asa_ping_clear(s);
    asa_sessions_stop(s);
    asa_stats_stop(s);
    asa_ra_stop(s);
    asa_remotes_stop(s);
    asa_aaa_stop(s);
    asa_speech_clear(s);
    cli_free(s->cli);
    g_ptr_array_unref(s->interfaces);
    g_ptr_array_unref(s->groups);
    g_ptr_array_unref(s->kept);
    g_ptr_array_unref(s->policies);
    g_array_unref(s->silenced);
    g_free(s->at_interface);
    g_free(s->at_group);
    g_free(s->at_section);
    g_free(s->at_group_policy);
    g_free(s->asp_cleared_at);
    g_free(s);
    d->vendor = NULL;
}

/* ---- Prompts and errors ---- */

static void asa_prompt(struct device *d, GString *out)
{
    struct asa *s = asa_of(d);
    if (!s)
        return;
    g_string_append(out, d->hostname);
    if (s->mode != &asa_mode_exec)
        g_string_append_printf(out, "(%s)", s->mode->name);
    g_string_append(out, s->user_mode ? "> " : "# ");
}

static void put_caret(const struct asa *s, size_t at, GString *out)
{
    g_autoptr(GString) prompt = g_string_new(NULL);
    asa_prompt(s->d, prompt);
    g_string_append_printf(out, "%*s^\nERROR: %% Invalid input detected at '^' marker.\n",
                           (int)(prompt->len + at), "");
}

static void put_error(const struct asa *s, const char *line, const struct cli_error *e,
                      GString *out)
{
    if (e->what == CLI_AMBIGUOUS)
        g_string_append_printf(out, "ERROR: %% Ambiguous command:  \"%s\"\n", line);
    else if (e->what == CLI_INCOMPLETE)
        g_string_append(out, "ERROR: % Incomplete command\n");
    else
        put_caret(s, e->at, out);
}

/* ---- One line ---- */

/* Exec lines may end in a filter. */
static bool run_exec(struct asa *s, const char *line, GString *out, struct cli_error *error)
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
        cli_run(s->cli, &asa_mode_exec, s->user_mode, head ? head : line, s, text, error, NULL);
    if (filter && r == CLI_OK)
        cli_filter_apply(filter, text);
    cli_filter_free(filter);
    g_string_append_len(out, text->str, (gssize)text->len);
    return r == CLI_OK || r == CLI_EMPTY;
}

/* A row of an ancestor leaves the modes below it. What is no configuration may be an exec command;
 * whoever understood more of the line knows best what is wrong with it. */
static bool run_config(struct asa *s, const char *line, GString *out, struct cli_error *error)
{
    const struct cli_mode *ran_in = NULL;
    struct cli_error other = {0};
    enum cli_result r = cli_run(s->cli, s->mode, false, line, s, out, error, &ran_in);
    if (r == CLI_OK && !s->entered && !s->refused)
        s->mode = ran_in;
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

bool asa_run_line(struct asa *s, const char *line, GString *out, struct cli_error *error)
{
    *error = (struct cli_error){0};
    s->refused = s->entered = false;
    s->invalid_at = -1;
    if (s->mode == &asa_mode_exec)
        return run_exec(s, line, out, error);
    bool ok = run_config(s, line, out, error);
    TRACE(s->d->scope, config_line, .line = line, .accepted = ok && !s->refused);
    return ok;
}

static void asa_type(struct device *d, const char *line)
{
    struct asa *s = asa_of(d);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *typed = g_strdup(line);
    g_strchomp(typed);
    asa_prompt(d, out);
    g_string_append(out, typed);
    device_print(d, CONSOLE_ECHO, out->str);
    g_string_truncate(out, 0);
    if (strcmp(typed, "\x1a") == 0 || strcmp(typed, "^Z") == 0) {
        s->mode = &asa_mode_exec;
        return;
    }
    if (asa_is_comment(typed))
        return;
    struct cli_error error;
    if (!asa_run_line(s, typed, out, &error))
        put_error(s, typed, &error, out);
    else if (s->invalid_at >= 0)
        put_caret(s, (size_t)s->invalid_at, out);
    if (out->len)
        device_print(d, CONSOLE_OUTPUT, out->str);
}

/* ---- Help ---- */

static void asa_help(struct device *d, const char *line, GString *out)
{
    struct asa *s = asa_of(d);
    struct cli_error error;
    if (!s || cli_help(s->cli, s->mode, s->user_mode, line, s, out, &error))
        return;
    if (s->mode != &asa_mode_exec && *line &&
        cli_help(s->cli, &asa_mode_exec, false, line, s, out, &error))
        return;
    if (error.what == CLI_AMBIGUOUS)
        g_string_append_printf(out, "ERROR: %% Ambiguous command:  \"%s\"\n", line);
    else
        g_string_append(out, "ERROR: % Unrecognized command\n");
}

static char *asa_complete(struct device *d, const char *line)
{
    struct asa *s = asa_of(d);
    if (!s)
        return NULL;
    char *whole = cli_complete(s->cli, s->mode, s->user_mode, line, s);
    if (!whole && s->mode != &asa_mode_exec)
        whole = cli_complete(s->cli, &asa_mode_exec, false, line, s);
    return whole;
}

/* ---- Show for expectations ---- */

static bool view(struct device *d, const char *show, struct view *out)
{
    return d->vendor && asa_view(d, show, out);
}

static bool asa_show(struct device *d, const char *show, GString *out)
{
    struct asa *s = asa_of(d);
    if (!s)
        return false;
    bool whole = g_ascii_strncasecmp(show, "sh ", 3) == 0 ||
                 g_ascii_strncasecmp(show, "show ", 5) == 0 ||
                 g_ascii_strncasecmp(show, "more ", 5) == 0;
    g_autofree char *line = whole ? g_strdup(show) : g_strconcat("show ", show, NULL);
    struct cli_error error = {0};
    bool user_mode = s->user_mode;
    s->refused = false;
    s->user_mode = false;
    bool ok = run_exec(s, line, out, &error);
    s->user_mode = user_mode;
    if (!ok)
        put_error(s, line, &error, out);
    return ok && !s->refused;
}

extern const struct device_kind asa_kind;
const struct device_kind asa_kind = {
    .name = "asa",
    .summary = "a security appliance with crypto maps; versions 7.0 to 8.4",
    .forwards = true,
    .has_crypto = true,
    .init = asa_init,
    .free = asa_free,
    .load = asa_load,
    .type = asa_type,
    .prompt = asa_prompt,
    .help = asa_help,
    .complete = asa_complete,
    .view = view,
    .show = asa_show,
};
