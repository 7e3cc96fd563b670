/* Arbitrary text as a startup configuration and at the console of every kind of device: no line
 * crashes, hangs or overreads, and what a device shows as its configuration settles: loaded and
 * shown again, it stays the same. The first byte chooses kind and version. */
#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "vendor/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzzed {
    const char *kind, *version;
};
static const struct fuzzed fuzzed[] = {
    {"asa", "7.0"}, {"asa", "8.2(5)"}, {"asa", "8.4(3)"}, {"pix", "5.1"},  {"pix", "6.2"},
    {"pix", "6.3"}, {"ios", "12.2"},   {"ios", "12.4"},   {"ios", "15.1"},
};

struct lab {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *d;
};

static struct lab lab_new(struct fuzzed f)
{
    struct lab l = {.sim = sim_new(1, 0)};
    l.trace = trace_new(l.sim);
    l.net = net_new(l.sim, l.trace);
    l.d = device_new(l.net, "r1", vendor_kind(f.kind), f.version, NULL);
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
static char *shown_after(struct fuzzed f, const char *text)
{
    struct lab l = lab_new(f);
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

static void must_settle(struct fuzzed f, const char *text)
{
    g_autofree char *once = shown_after(f, text);
    if (!once)
        return;
    g_autofree char *twice = shown_after(f, once);
    g_autofree char *thrice = twice ? shown_after(f, twice) : NULL;
    if (!thrice || strcmp(twice, thrice) != 0)
        abort();
}

static void type_it(struct fuzzed f, const char *text)
{
    struct lab l = lab_new(f);
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
    if (size < 1)
        return 0;
    struct fuzzed f = fuzzed[data[0] % G_N_ELEMENTS(fuzzed)];
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    must_settle(f, text);
    type_it(f, text);
    g_autofree char *configuring = g_strconcat("configure terminal\n", text, NULL);
    type_it(f, configuring);
    return 0;
}
