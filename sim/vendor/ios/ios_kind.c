/* The kind "ios": versions and their profiles, modes and prompts, and what a typed line does.
 *
 * The console begins at the privileged prompt, as scenarios type exec commands at it, and `enable`
 * asks for no password. */
#include "ios_conf.h"
#include "ios_nat.h"
#include "ios_ra.h"
#include "ios_tcp.h"
#include "vendor/common.h"

#include <stdarg.h>
#include <string.h>

/* ---- Modes ---- */

static const struct cli_command *const exec_tables[] = {
    ios_show_table,    ios_show_fw,        ios_exec_table,   ios_ping_table,
    ios_nat_exec_rows, ios_dhcp_exec_rows, ios_ra_exec_rows, NULL};
static const struct cli_command *const config_tables[] = {
    ios_config_nav,      ios_config_global, ios_config_acl,    ios_config_crypto,
    ios_config_qos,      ios_config_size,   ios_config_fw,     ios_config_keep,
    ios_nat_config_rows, ios_config_ra,     ios_config_aaa,    ios_config_profile,
    ios_config_group,    ios_config_pool,   ios_config_ra_map, NULL};
static const struct cli_command *const if_tables[] = {
    ios_config_nav,   ios_config_if_rows, ios_config_if_qos, ios_config_if_size,
    ios_config_if_fw, ios_config_if_keep, ios_nat_if_rows,   NULL};
static const struct cli_command *const cmap_tables[] = {ios_config_nav, ios_config_cmap_rows, NULL};
static const struct cli_command *const pmap_tables[] = {ios_config_nav, ios_config_pmap_rows, NULL};
static const struct cli_command *const pclass_tables[] = {ios_config_nav, ios_config_pclass_rows,
                                                          NULL};
static const struct cli_command *const isakmp_tables[] = {ios_config_nav, ios_config_isakmp_rows,
                                                          NULL};
static const struct cli_command *const set_tables[] = {ios_config_nav, ios_config_set_rows, NULL};
static const struct cli_command *const map_tables[] = {ios_config_nav, ios_config_map_rows, NULL};
static const struct cli_command *const acl_ext_tables[] = {ios_config_nav, ios_config_acl_ext_rows,
                                                           NULL};
static const struct cli_command *const acl_std_tables[] = {ios_config_nav, ios_config_acl_std_rows,
                                                           NULL};
static const struct cli_command *const line_tables[] = {ios_config_nav, ios_config_line_rows, NULL};
static const struct cli_command *const controller_tables[] = {ios_config_nav,
                                                              ios_config_controller_rows, NULL};

const struct cli_mode ios_mode_exec = {"exec", exec_tables, NULL};
const struct cli_mode ios_mode_config = {"config", config_tables, NULL};
const struct cli_mode ios_mode_if = {"config-if", if_tables, &ios_mode_config};
const struct cli_mode ios_mode_isakmp = {"config-isakmp", isakmp_tables, &ios_mode_config};
const struct cli_mode ios_mode_set = {"cfg-crypto-trans", set_tables, &ios_mode_config};
const struct cli_mode ios_mode_map = {"config-crypto-map", map_tables, &ios_mode_config};
const struct cli_mode ios_mode_acl_ext = {"config-ext-nacl", acl_ext_tables, &ios_mode_config};
const struct cli_mode ios_mode_acl_std = {"config-std-nacl", acl_std_tables, &ios_mode_config};
const struct cli_mode ios_mode_line = {"config-line", line_tables, &ios_mode_config};
const struct cli_mode ios_mode_controller = {"config-controller", controller_tables,
                                             &ios_mode_config};

static const struct cli_command *const keyring_tables[] = {ios_config_nav, ios_config_keyring_rows,
                                                           NULL};
static const struct cli_command *const profile_tables[] = {ios_config_nav, ios_config_profile_rows,
                                                           NULL};
static const struct cli_command *const group_tables[] = {ios_config_nav, ios_config_group_rows,
                                                         NULL};
static const struct cli_command *const radius_tables[] = {ios_config_nav, ios_config_radius_rows,
                                                          NULL};
const struct cli_mode ios_mode_keyring = {"conf-keyring", keyring_tables, &ios_mode_config};
const struct cli_mode ios_mode_profile = {"conf-isa-prof", profile_tables, &ios_mode_config};
const struct cli_mode ios_mode_group = {"config-isakmp-group", group_tables, &ios_mode_config};
const struct cli_mode ios_mode_radius = {"config-sg-radius", radius_tables, &ios_mode_config};
const struct cli_mode ios_mode_cmap = {"config-cmap", cmap_tables, &ios_mode_config};
const struct cli_mode ios_mode_pmap = {"config-pmap", pmap_tables, &ios_mode_config};
const struct cli_mode ios_mode_pclass = {"config-pmap-c", pclass_tables, &ios_mode_pmap};

/* ---- Interface names ---- */

/* Names, and bandwidths in kilobits a second. */
static const struct vendor_name if_kind[] = {
    {"ATM", 155520},
    {"Ethernet", 10000},
    {"FastEthernet", 100000},
    {"GigabitEthernet", 1000000},
    {"Loopback", 8000000},
    {"Serial", 1544},
    {0},
};

char *ios_ifname(void *self, const char *typed)
{
    return vendor_ifname(if_kind, typed);
}

uint32_t ios_if_bandwidth_kbps(const char *full_name)
{
    for (const struct vendor_name *k = if_kind; k->name; k++)
        if (g_str_has_prefix(full_name, k->name))
            return (uint32_t)k->number;
    return 100000;
}

struct net_if *ios_interface(struct ios *s, const char *full_name)
{
    struct net_if *i = net_if_by_name(s->d->node, full_name);
    if (i)
        return i;
    i = net_if_new(s->d->node, full_name);
    i->loopback = g_str_has_prefix(full_name, "Loopback");
    i->bandwidth_kbps = ios_if_bandwidth_kbps(full_name);
    return i;
}

/* ---- What handlers call ---- */

void ios_enter(struct ios *s, const struct cli_mode *mode)
{
    s->mode = mode;
    s->conf->entered = true;
}

void ios_leave_config(struct ios *s)
{
    ios_enter(s, &ios_mode_exec);
    if (s->configuring && !s->conf->loading)
        ios_log(s, "SYS", 5, "CONFIG_I", "Configured from console by console");
    s->configuring = false;
}

void ios_refuse(struct ios *s, GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
    s->conf->refused = true;
}

void ios_invalid(struct ios *s, const struct cli_args *a, const char *argument)
{
    s->conf->invalid_at = (int)cli_arg_at(a, argument);
    s->conf->refused = true;
}

void ios_changed(struct ios *s, const char *what)
{
    ios_nat_changed(s);
    if (s->conf->loading)
        s->conf->dirty = true;
    else
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
    return *end == '\0' || *end == '(' || g_ascii_isalpha(*end);
}

/* 46242's spoke, of 12.2(23a), sends no INITIAL-CONTACT, or its hub would tell of it
 * (hub-and-spoke.md chapter 6). A version without a build stands for any train, so only a build is
 * believed. */
static bool main_line_12_2(const struct ios *s)
{
    const char *build = s->d->version ? strchr(s->d->version, '(') : NULL;
    const char *end = build ? strchr(build, ')') : NULL;
    return s->major == 12 && s->minor <= 2 && end && end[1] == '\0';
}

/* What a version of the software does in IKE, as far as it differs from profile.def, which has the
 * figures of this family: ten seconds between five retransmissions, rekey 30 s or 256 kB before the
 * end (design.md, section 5). */
static void set_profile(struct ios *s)
{
    static const enum ike_vid old_box[] = {IKE_VID_PEER_BOX};
    /* 12.3 and later tell more of themselves beside KE; 46242's spoke, of 12.2, sends only the box.
     */
    static const enum ike_vid new_mm3[] = {IKE_VID_DPD, IKE_VID_PEER_BOX, IKE_VID_XAUTH};
    static const enum ike_vid new_mm4[] = {IKE_VID_UNITY, IKE_VID_DPD, IKE_VID_PEER_BOX};
    static const enum ike_vid am2[] = {IKE_VID_UNITY, IKE_VID_DPD,       IKE_VID_PEER_BOX,
                                       IKE_VID_XAUTH, IKE_VID_NAT_T_02N, IKE_VID_NAT_T_03};
    struct ike_profile *p = &s->d->profile;
    p->trust_clear_notify = false; /* "Notify has no hash. Rejected." in every public trace */
    p->p1_tell_life = true;        /* hub-and-spoke.md C03a */
    p->send_initial_contact = !main_line_12_2(s);
    memcpy(p->vid_am2, am2, sizeof am2);
    if (s->dialect == IOS_DIALECT_B) {
        memcpy(p->vid_mm3, old_box, sizeof old_box);
        memcpy(p->vid_mm4, old_box, sizeof old_box);
    } else {
        memcpy(p->vid_mm3, new_mm3, sizeof new_mm3);
        memcpy(p->vid_mm4, new_mm4, sizeof new_mm4);
    }
}

/* NAT traversal came with 12.2(13)T and is on by default from there (CAT-01); 12.3 and later have
 * it in every train. 46242's hub of that time announces draft 02, in the form that ends in a line
 * feed (hub-and-spoke.md, trace 2); 12.4 announces the RFC and the drafts down to 02. Keepalives
 * are not sent until configured. */
static bool has_natt(const struct ios *s, const char *version)
{
    if (s->major > 12 || s->minor > 2)
        return true;
    const char *build = strchr(version, '('), *train = build ? strchr(build, ')') : NULL;
    return s->minor == 2 && train && train[1] == 'T' && g_ascii_strtoull(build + 1, NULL, 10) >= 13;
}

static void set_natt(struct ios *s, const char *version)
{
    static const enum ike_vid early[] = {IKE_VID_NAT_T_03, IKE_VID_NAT_T_02N};
    static const enum ike_vid later[] = {IKE_VID_RFC3947, IKE_VID_NAT_T_07, IKE_VID_NAT_T_03,
                                         IKE_VID_NAT_T_02N};
    struct ike_profile *p = &s->d->profile;
    bool rfc = s->major > 12 || s->minor >= 4;
    s->has_natt = has_natt(s, version);
    memcpy(p->vid_mm1, rfc ? later : early, rfc ? sizeof later : sizeof early);
    memcpy(p->vid_mm2, rfc ? later : early, rfc ? sizeof later : sizeof early);
    if (rfc) /* aggressive mode announces the better versions, too; who comes in chooses */
        p->vid_am2[6] = IKE_VID_RFC3947;
    s->d->ike_conf->nat_traversal = s->has_natt;
    device_natt_changed(s->d);
}

static bool ios_init(struct device *d, const char *version, GError **error)
{
    int major, minor;
    version = version ? version : "12.4";
    if (!version_parse(version, &major, &minor) ||
        !((major == 12 && minor >= 1 && minor <= 4) || major == 15)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: no version \"%s\" of kind ios; known are 12.1 to 12.4 and 15.x, as "
                    "\"12.4\" or \"12.3(6a)\"",
                    d->name, version);
        return false;
    }
    struct ios *s = g_new0(struct ios, 1);
    d->vendor = s;
    s->d = d;
    s->major = major;
    s->minor = minor;
    s->dialect = major == 12 && minor <= 2 ? IOS_DIALECT_B : IOS_DIALECT_C;
    s->cli = cli_new(ios_words_help, ios_ifname);
    s->mode = &ios_mode_exec;
    s->stamp_debug = s->stamp_log =
        s->dialect == IOS_DIALECT_B ? IOS_STAMP_UPTIME : IOS_STAMP_DATETIME_MSEC;
    s->logging_on = s->logging_console = true;
    s->console_level = s->buffer_level = 7;
    s->buffer_bytes = 4096;
    s->buffer = g_queue_new();
    s->kept = g_ptr_array_new();
    s->conf = g_new0(struct ios_conf, 1);
    s->conf->version = g_strdup_printf("%d.%d", major, minor);
    s->conf->domain_lookup = true;
    s->conf->invalid_at = -1;
    s->conf->sections = g_ptr_array_new_with_free_func(g_free);
    net_node_limit_unreachables(d->node,
                                MILLISECONDS(500)); /* ip icmp rate-limit unreachable, by default */
    set_profile(s);
    set_natt(s, version);
    ios_ra_init(s);
    ios_nat_init(s);
    ios_size_start(s);
    ios_speech_init(s);
    return true;
}

static void ios_free(struct device *d)
{
    struct ios *s = ios_of(d);
    ios_ping_clear(s);
    ios_speech_clear(s);
    ios_nat_clear(s);
    ios_ra_clear(s);
    ios_fw_stop(s);
    net_tcp_set_window(d->node, 0);
    cli_free(s->cli);
    g_free(s->at_interface);
    g_free(s->at_map);
    g_free(s->at_set);
    g_free(s->at_acl);
    g_queue_free_full(s->buffer, g_free);
    ios_keep_clear(s);
    g_ptr_array_unref(s->kept);
    g_free(s->enable_secret);
    g_ptr_array_unref(s->conf->sections);
    g_free(s->conf->version);
    g_free(s->conf->section);
    g_free(s->conf->at_class_map);
    g_free(s->conf->at_policy_map);
    g_free(s->conf->at_policy_class);
    if (s->conf->banner)
        g_string_free(s->conf->banner, TRUE);
    g_free(s->conf->banner_end);
    g_free(s->conf);
    g_free(s);
    d->vendor = NULL;
}

/* ---- Prompts and errors ---- */

static void ios_prompt(struct device *d, GString *out)
{
    struct ios *s = ios_of(d);
    if (!s || s->conf->banner)
        return;
    if (ios_ping_asks(s)) {
        ios_ping_prompt(s, out);
        return;
    }
    g_string_append(out, d->hostname);
    if (s->mode != &ios_mode_exec)
        g_string_append_printf(out, "(%s)", s->mode->name);
    g_string_append_c(out, s->user_mode ? '>' : '#');
}

static void put_caret(const struct ios *s, size_t at, GString *out)
{
    g_autoptr(GString) prompt = g_string_new(NULL);
    ios_prompt(s->d, prompt);
    g_string_append_printf(out, "%*s^\n%% Invalid input detected at '^' marker.\n\n",
                           (int)(prompt->len + at), "");
}

/* A lone unknown word is taken for the name of a host to connect to; nobody serves names here. */
static void put_unknown_word(const struct ios *s, const char *word, GString *out)
{
    g_string_append_printf(out, "Translating \"%s\"%s\n", word,
                           s->conf->domain_lookup ? "...domain server (255.255.255.255)" : "");
    g_string_append(out,
                    "% Unknown command or computer name, or unable to find computer address\n");
}

static void put_error(const struct ios *s, const struct cli_mode *mode, const char *line,
                      const struct cli_error *e, GString *out)
{
    switch (e->what) {
    case CLI_AMBIGUOUS:
        g_string_append_printf(out, "%% Ambiguous command:  \"%s\"\n", line);
        break;
    case CLI_INCOMPLETE:
        g_string_append(out, "% Incomplete command.\n\n");
        break;
    case CLI_UNKNOWN:
        if (mode == &ios_mode_exec &&
            strspn(line, " ") + strcspn(line + strspn(line, " "), " ") == strlen(line)) {
            put_unknown_word(s, line + strspn(line, " "), out);
            break;
        }
        put_caret(s, e->at, out);
        break;
    default:
        put_caret(s, e->at, out);
    }
}

/* ---- One line ---- */

/* Exec lines may end in a filter. */
static bool run_exec(struct ios *s, bool user_mode, const char *line, GString *out,
                     struct cli_error *error)
{
    g_autofree char *head = NULL;
    const char *word = line + strspn(line, " ");
    bool shows = g_ascii_strncasecmp(word, "sh", 2) == 0;
    struct cli_filter *filter = NULL;
    if (shows) {
        filter = cli_filter_parse(line, &head, error);
        if (error->what != CLI_OK)
            return false;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    enum cli_result r =
        cli_run(s->cli, &ios_mode_exec, user_mode, head ? head : line, s, text, error, NULL);
    if (filter && r == CLI_OK)
        cli_filter_apply(filter, text);
    cli_filter_free(filter);
    g_string_append_len(out, text->str, (gssize)text->len);
    return r == CLI_OK || r == CLI_EMPTY;
}

bool ios_exec_line(struct ios *s, const char *line, GString *out)
{
    struct cli_error error = {0};
    bool ok = run_exec(s, false, line, out, &error);
    if (!ok)
        put_error(s, &ios_mode_exec, line, &error, out);
    return ok && !s->conf->refused;
}

/* Runs a configuration line. A row of an ancestor leaves the modes below it. */
static bool run_config(struct ios *s, const char *line, GString *out, struct cli_error *error)
{
    const struct cli_mode *ran_in = NULL;
    s->conf->entered = false;
    enum cli_result r = cli_run(s->cli, s->mode, false, line, s, out, error, &ran_in);
    if (r == CLI_OK && !s->conf->entered && !s->conf->refused)
        s->mode = ran_in;
    return r == CLI_OK || r == CLI_EMPTY;
}

bool ios_is_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '!' || *line == '\0';
}

bool ios_run_line(struct ios *s, const char *line, GString *out, struct cli_error *error)
{
    *error = (struct cli_error){0};
    s->conf->refused = false;
    s->conf->invalid_at = -1;
    bool configuration = s->mode != &ios_mode_exec;
    bool ok = configuration ? run_config(s, line, out, error)
                            : run_exec(s, s->user_mode, line, out, error);
    if (configuration)
        TRACE(s->d->scope, config_line, .line = line, .accepted = ok && !s->conf->refused);
    return ok;
}

/* ---- Help ---- */

/* The mode that the line is to be read in: after `do`, exec, with what follows it. */
static const struct cli_mode *mode_for(const struct ios *s, const char **line)
{
    const char *word = *line + strspn(*line, " ");
    if (s->mode == &ios_mode_exec || g_ascii_strncasecmp(word, "do ", 3) != 0)
        return s->mode;
    *line = word + 3;
    return &ios_mode_exec;
}

static void ios_help(struct device *d, const char *line, GString *out)
{
    struct ios *s = ios_of(d);
    struct cli_error error;
    const char *rest = line;
    if (!s)
        return;
    const struct cli_mode *mode = mode_for(s, &rest);
    if (cli_help(s->cli, mode, s->user_mode, rest, s, out, &error))
        return;
    if (error.what == CLI_AMBIGUOUS)
        g_string_append_printf(out, "%% Ambiguous command:  \"%s\"\n", line);
    else
        g_string_append(out, "% Unrecognized command\n");
}

/* ---- A line is typed ---- */

static void ios_type(struct device *d, const char *line)
{
    struct ios *s = ios_of(d);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *typed = g_strdup(line);
    g_strchomp(typed);
    if (ios_ping_asks(s)) {
        ios_ping_answer(s, typed);
        return;
    }
    ios_prompt(d, out);
    g_string_append(out, typed);
    device_print(d, CONSOLE_ECHO, out->str);
    g_string_truncate(out, 0);
    if (s->conf->banner) {
        ios_banner_line(s, typed);
        return;
    }
    if (strcmp(typed, "\x1a") == 0 || strcmp(typed, "^Z") == 0) {
        ios_leave_config(s);
        return;
    }
    if (ios_is_comment(typed))
        return;
    size_t length = strlen(typed);
    if (typed[length - 1] ==
        '?') { /* at a terminal the key asks at once; in a script, at its end */
        typed[length - 1] = '\0';
        ios_help(d, typed, out);
        device_print(d, CONSOLE_OUTPUT, out->str);
        return;
    }
    struct cli_error error;
    const struct cli_mode *mode = s->mode;
    if (!ios_run_line(s, typed, out, &error))
        put_error(s, mode, typed, &error, out);
    else if (s->conf->invalid_at >= 0)
        put_caret(s, (size_t)s->conf->invalid_at, out);
    if (out->len)
        device_print(d, CONSOLE_OUTPUT, out->str);
}

static char *ios_complete(struct device *d, const char *line)
{
    struct ios *s = ios_of(d);
    const char *rest = line;
    if (!s)
        return NULL;
    const struct cli_mode *mode = mode_for(s, &rest);
    g_autofree char *tail = cli_complete(s->cli, mode, s->user_mode, rest, s);
    return tail ? g_strdup_printf("%.*s%s", (int)(rest - line), line, tail) : NULL;
}

/* ---- Show for expectations ---- */

/* While it reloads, a device has no memory to look into. */
static bool view(struct device *d, const char *show, struct view *out)
{
    return d->vendor && ios_view(d, show, out);
}

static bool ios_show(struct device *d, const char *show, GString *out)
{
    struct ios *s = ios_of(d);
    if (!s)
        return false;
    bool whole =
        g_ascii_strncasecmp(show, "sh ", 3) == 0 || g_ascii_strncasecmp(show, "show ", 5) == 0;
    g_autofree char *line = whole ? g_strdup(show) : g_strconcat("show ", show, NULL);
    s->conf->refused = false;
    return ios_exec_line(s, line, out);
}

extern const struct device_kind ios_kind;
const struct device_kind ios_kind = {
    .name = "ios",
    .summary = "a router with crypto maps; versions 12.1 to 12.4 and 15.x",
    .forwards = true,
    .has_crypto = true,
    .init = ios_init,
    .free = ios_free,
    .load = ios_load,
    .type = ios_type,
    .prompt = ios_prompt,
    .help = ios_help,
    .complete = ios_complete,
    .view = view,
    .show = ios_show,
};
