/* Arbitrary text as a startup configuration and at the console: no line crashes, hangs or
 * overreads, and what a device shows as its configuration settles: loaded and shown again, it stays
 * the same. */
#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "vendor/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lab {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *d;
};

static struct lab lab_new(const char *version)
{
    struct lab l = {.sim = sim_new(1, 0)};
    l.trace = trace_new(l.sim);
    l.net = net_new(l.sim, l.trace);
    l.d = device_new(l.net, "r1", vendor_kind("ios"), version, NULL);
    return l;
}

static void lab_clear(struct lab *l)
{
    device_free(l->d);
    net_free(l->net);
    trace_free(l->trace);
    sim_free(l->sim);
}

/* The running configuration after loading `text`; NULL when it is no text. */
static char *shown_after(const char *version, const char *text)
{
    struct lab l = lab_new(version);
    GPtrArray *problems = g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    GString *shown = NULL;
    if (device_load(l.d, text, "fuzz.cfg", problems, NULL)) {
        shown = g_string_new(NULL);
        l.d->kind->show(l.d, "running-config", shown);
    }
    g_ptr_array_unref(problems);
    lab_clear(&l);
    return shown ? g_string_free(shown, FALSE) : NULL;
}

static void must_settle(const char *version, const char *text)
{
    g_autofree char *once = shown_after(version, text);
    if (!once)
        return;
    g_autofree char *twice = shown_after(version, once);
    g_autofree char *thrice = twice ? shown_after(version, twice) : NULL;
    if (!thrice || strcmp(twice, thrice) != 0)
        abort();
}

static void type_it(const char *version, const char *text)
{
    struct lab l = lab_new(version);
    device_type(l.d, text);
    for (int i = 0; i < 500 && sim_step(l.sim, SECONDS(100)); i++)
        continue;
    g_autoptr(GString) help = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 20);
    for (char **line = lines; *line && l.d->vendor; line++) {
        l.d->kind->help(l.d, *line, help);
        g_free(l.d->kind->complete(l.d, *line));
    }
    lab_clear(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const versions[] = {"12.2", "12.4", "15.1"};
    if (size < 1)
        return 0;
    const char *version = versions[data[0] % G_N_ELEMENTS(versions)];
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    must_settle(version, text);
    type_it(version, text);
    g_autofree char *configuring = g_strconcat("configure terminal\n", text, NULL);
    type_it(version, configuring);
    return 0;
}
