#include "pc.h"

const char pc_profile[] = "[main]\n"
                          "Host=10.48.67.181\n"
                          "AuthType=1\n"
                          "GroupName=testgroup\n"
                          "GroupPwd=cisco321\n"
                          "EnableNat=1\n"
                          "[x-pc]\n"
                          "address=10.51.82.100/24\n"
                          "gateway=10.51.82.1\n";

static void heard(void *self, const struct trace_event *e)
{
    struct pc *p = self;
    g_string_append_printf(p->said, "%s\n", ((const struct ev_console *)e->data)->text);
}

struct pc *pc_new(struct world *w, const char *name, const char *version, const char *profile)
{
    struct pc *p = g_new0(struct pc, 1);
    g_autoptr(GError) error = NULL;
    struct trace_mask want = {0};
    p->w = w;
    p->said = g_string_new(NULL);
    p->problems = g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    p->d = device_new(w->net, name, vendor_kind("vpnclient"), version, &error);
    cr_assert_not_null(p->d, "%s", error ? error->message : "");
    p->s = p->d->vendor;
    trace_mask_add(&want, EV_console);
    trace_subscribe(w->trace, p->d->scope, &want, heard, p);
    if (profile) {
        cr_assert(device_load(p->d, profile, "work.pcf", p->problems, &error), "%s",
                  error ? error->message : "");
        device_config_changed(p->d, "startup");
    }
    return p;
}

void pc_free(struct pc *p)
{
    trace_unsubscribe(p->w->trace, heard, p);
    device_free(p->d);
    g_string_free(p->said, TRUE);
    g_ptr_array_unref(p->problems);
    g_free(p);
}

char *pc_said(struct pc *p)
{
    char *text = g_strdup(p->said->str);
    g_string_truncate(p->said, 0);
    return text;
}

char *pc_type(struct pc *p, const char *lines, sim_time then)
{
    g_string_truncate(p->said, 0);
    device_type(p->d, lines);
    sim_run(p->w->sim, sim_now(p->w->sim) + then);
    return pc_said(p);
}
