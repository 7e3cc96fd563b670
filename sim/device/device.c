/* One device: made, loaded, changed, reloaded. */
#include "device_priv.h"

#include "device/ctcp.h"

#include <stdarg.h>

#include "net/qos.h"

/* 1 March 1993, where the clock of a router without time source starts. */
#define EPOCH_UNSET_S 730944000

static bool start(struct device *d, GError **error)
{
    if (d->kind->has_crypto)
        device_crypto_start(d);
    d->booted = sim_now(d->sim);
    if (d->kind->init && !d->kind->init(d, d->version, error))
        return false;
    if (d->kind->has_crypto)
        device_crypto_refresh(d);
    TRACE(d->scope, device_boot, .kind = d->kind->name, .version = d->version);
    return true;
}

static void stop(struct device *d)
{
    if (d->kind->free && d->vendor)
        d->kind->free(d);
    d->vendor = NULL;
    device_crypto_stop(d);
}

static void reload_now(void *self);

struct device *device_new(struct net *net, const char *name, const struct device_kind *kind,
                          const char *version, GError **error)
{
    struct device *d = g_new0(struct device, 1);
    d->kind = kind;
    d->name = g_strdup(name);
    d->hostname = g_strdup(name);
    d->version = g_strdup(version);
    d->sim = net_sim(net);
    d->node = net_node_new(net, name, kind->forwards);
    d->scope = net_node_scope(d->node);
    d->clock_epoch_s = EPOCH_UNSET_S;
    d->console = device_console_new(d);
    sim_timer_init(d->sim, &d->reload_timer, reload_now, d);
    if (!start(d, error)) {
        device_free(d);
        return NULL;
    }
    return d;
}

void device_free(struct device *d)
{
    if (!d)
        return;
    stop(d);
    sim_timer_clear(&d->reload_timer);
    device_console_free(d->console);
    g_free(d->name);
    g_free(d->hostname);
    g_free(d->version);
    g_free(d->startup_text);
    g_free(d->startup_file);
    g_free(d->reload_reason);
    g_free(d);
}

bool device_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
                 GError **error)
{
    if (text != d->startup_text) {
        g_free(d->startup_text);
        d->startup_text = g_strdup(text);
        g_free(d->startup_file);
        d->startup_file = g_strdup(file);
    }
    if (!d->kind->load) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: a node of kind %s takes no startup configuration", d->name, d->kind->name);
        return false;
    }
    return d->kind->load(d, text, file, problems, error);
}

void device_config_changed(struct device *d, const char *what)
{
    TRACE(d->scope, config_change, .what = what);
    if (d->ipsec) {
        device_crypto_refresh(d);
        ipsec_changed(d->ipsec);
        ike_conf_changed(d->ike);
    }
}

void device_set_crypto_map(struct device *d, struct net_if *i, const char *map)
{
    ipsec_bind(d->ipsec, i, map);
    device_natt_bind(d);
}

/* ---- Reload: the first half empties the device, the second boots it ---- */

static void empty_network(struct device *d)
{
    d->engine_off = false;
    net_qos_reset(d->node);
    for (size_t i = 0; i < net_if_count(d->node); i++) {
        struct net_if *interface = net_if_at(d->node, i);
        net_if_set_admin(interface, false);
        net_if_set_address(interface, 0, 0);
        g_clear_pointer(&interface->acl_in, g_free);
        g_clear_pointer(&interface->acl_out, g_free);
        g_clear_pointer(&interface->description, g_free);
        interface->mtu = interface->ip_mtu = 1500;
        interface->tcp_mss = 0;
        interface->no_unreachables = interface->no_keepalive = false;
    }
    while (net_route_count(d->node) > 0) {
        const struct net_route *r = net_route_at(d->node, 0);
        g_autofree char *out = g_strdup(r->out_name);
        if (!net_route_del(d->node, r->net, r->nexthop, out))
            break;
    }
    while (net_acl_count(d->node) > 0) {
        g_autofree char *name = g_strdup(net_acl_at(d->node, 0)->name);
        net_acl_remove(d->node, name);
    }
}

static void boot(struct device *d)
{
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    g_autoptr(GError) error = NULL;
    struct ike_profile profile = d->profile;
    for (size_t i = 0; i < net_if_count(d->node); i++)
        net_if_set_admin(net_if_at(d->node, i), true);
    bool ok = start(d, &error);
    d->profile = profile; /* settings of the scenario outlive the power */
    if (ok && d->kind->has_crypto)
        device_crypto_refresh(d);
    if (ok && d->startup_text)
        ok = device_load(d, d->startup_text, d->startup_file, problems, &error);
    if (!ok)
        sim_note(d->scope, "%s did not boot: %s", d->name, error->message);
}

static void reload_now(void *self)
{
    struct device *d = self;
    if (d->down) {
        d->down = false;
        boot(d);
        return;
    }
    TRACE(d->scope, device_reload, .reason = d->reload_reason);
    d->down = true;
    if (d->ike)
        ike_forget_all(d->ike);
    ctcp_forget(d);
    device_console_reset(d->console);
    stop(d);
    empty_network(d);
    g_free(d->hostname);
    d->hostname = g_strdup(d->name);
    sim_timer_arm_in(&d->reload_timer, d->reload_outage);
}

void device_reload(struct device *d, sim_time outage, const char *reason)
{
    if (d->down || sim_timer_armed(&d->reload_timer))
        return;
    g_free(d->reload_reason);
    d->reload_reason = g_strdup(reason);
    d->reload_outage = outage;
    sim_timer_arm(&d->reload_timer,
                  sim_now(d->sim)); /* not now: the caller may be the vendor's own command */
}

bool device_is_down(const struct device *d)
{
    return d->down;
}

/* ---- Clock and problems ---- */

int64_t device_clock_ns(const struct device *d)
{
    return d->clock_epoch_s * 1000000000 + sim_now(d->sim) + d->clock_offset;
}

void device_problem_free(struct device_problem *p)
{
    g_free(p->file);
    g_free(p->text);
    g_free(p->message);
    g_free(p);
}

void device_problem_add(GPtrArray *problems, const char *file, int line, int column,
                        const char *text, const char *format, ...)
{
    struct device_problem *p = g_new0(struct device_problem, 1);
    p->file = g_strdup(file);
    p->line = line;
    p->column = column;
    p->text = g_strdup(text);
    va_list args;
    va_start(args, format);
    p->message = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(problems, p);
}
