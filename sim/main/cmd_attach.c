/* vpnsim attach: a scenario in real time, some of its links bound to real interfaces. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "attach.h"
#include "main.h"
#include "scenario/outputs.h"
#include "scenario/units.h"

static struct {
    char **links, **sets, **consoles;
    char *for_time, *max_lag, *out, *outputs, *format, *seed;
    gboolean host_interface, quiet;
} opt;

static const GOptionEntry entries[] = {
    {"link", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &opt.links,
     "bind this link to an interface (veth0) or a TUN (tun:tun0); may be repeated", "NAME=IFACE"},
    {"for", 0, 0, G_OPTION_ARG_STRING, &opt.for_time,
     "end after this time (until SIGTERM or Ctrl-C)", "T"},
    {"max-lag", 0, 0, G_OPTION_ARG_STRING, &opt.max_lag,
     "fail when real time outruns the simulation by more (250ms)", "T"},
    {"seed", 0, 0, G_OPTION_ARG_STRING, &opt.seed, "fixed cookies and nonces (fresh ones)", "N"},
    {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt.sets, "change the scenario", "PATH=VALUE"},
    {"console", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &opt.consoles,
     "show this node's console on stderr as it speaks, or all; may be repeated", "NODE"},
    {"out", 'o', 0, G_OPTION_ARG_FILENAME, &opt.out, "the run folder (out/<scenario>)", "DIR"},
    {"outputs", 0, 0, G_OPTION_ARG_STRING, &opt.outputs,
     "only these outputs, for example events,capture; none: nothing is written", "A,B"},
    {"format", 0, 0, G_OPTION_ARG_STRING, &opt.format, "of the verdicts: text, jsonl, csv", "F"},
    {"allow-host-interface", 0, 0, G_OPTION_ARG_NONE, &opt.host_interface,
     "bind though this is the machine's own network namespace", NULL},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &opt.quiet, "READY, and only what failed", NULL},
    {NULL},
};

static const char description[] =
    "The link's real side is a neighbour of its simulated interfaces: each has a MAC address of "
    "its\n"
    "own and answers ARP. Give the kernel no address on a bound interface. A link may have a "
    "single\n"
    "simulated end. READY is printed on stdout once attached; SIGTERM, SIGINT and --for end the "
    "run:\n"
    "every SA is deleted, files are written, verdicts printed.\n\n"
    "  ip netns add lab; ip netns add peer\n"
    "  ip link add veth0 netns lab type veth peer name veth1 netns peer\n"
    "  ip -n lab link set veth0 up; ip -n peer link set veth1 up\n"
    "  ip -n peer addr add 203.0.113.2/24 dev veth1\n"
    "  ip netns exec lab vpnsim attach SCENARIO --link outside=veth0";

/* Cookies, nonces and secrets nobody can foresee, unless asked for. */
static bool choose_seed(struct world_options *options)
{
    uint64_t seed = 0;
    options->seed_given = true;
    if (opt.seed) {
        if (!units_count(opt.seed, &seed)) {
            complain("attach", "--seed: \"%s\" is no number", opt.seed);
            return false;
        }
    } else if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        complain("attach", "no random numbers: %s", g_strerror(errno));
        return false;
    }
    options->seed = seed;
    return true;
}

static bool choose_time(const char *name, const char *text, sim_time *out)
{
    if (!text || (units_time(text, out) && *out > 0))
        return true;
    complain("attach", "%s: \"%s\" is no time such as 60s", name, text);
    return false;
}

static bool consoles_exist(struct world *w, GError **error)
{
    for (char **c = opt.consoles; c && *c; c++)
        if (strcmp(*c, "all") != 0 && !world_device(w, *c)) {
            g_set_error(error, ATTACH_ERROR, ATTACH_ERROR_USAGE,
                        "--console: there is no node \"%s\"", *c);
            return false;
        }
    return true;
}

static void add_ms(GString *out, sim_time t)
{
    g_string_append_printf(out, "%" G_GINT64_FORMAT ".%03ums", (gint64)(t / MILLISECONDS(1)),
                           (unsigned)(t % MILLISECONDS(1) / MICROSECONDS(1)));
}

static void judge_lag(struct world *w, const struct attach_options *options,
                      const struct attach_result *result)
{
    g_autoptr(GString) wanted = g_string_new("never more than ");
    g_autoptr(GString) seen = g_string_new("at most ");
    units_time_text(wanted, options->max_lag);
    g_string_append(wanted, " behind the wall clock");
    add_ms(seen, result->max_lag);
    g_string_append(seen, " behind");
    if (result->over_lag > 0) {
        g_string_append(seen, ", above the limit for ");
        add_ms(seen, result->over_lag);
    }
    bool kept = result->max_lag <= options->max_lag;
    world_judge(w, "real time is kept", kept, wanted->str, seen->str);
    if (!kept)
        fprintf(stderr, "vpnsim attach: the simulation fell behind real time: %s (limit %s)\n",
                seen->str, opt.max_lag ? opt.max_lag : "250ms");
    else if (!opt.quiet)
        fprintf(stderr, "real time is kept: %s\n", seen->str);
}

static int exit_code(struct world *w, const struct attach_result *result)
{
    if (result->end == WORLD_LIMIT) {
        fprintf(stderr, "a limit was hit: %s\n", result->why);
        return EXIT_LIMIT;
    }
    return world_passed(w) ? EXIT_MET : EXIT_FAILED;
}

static int play(struct world *w, struct attach *a, struct outputs *o, enum format format,
                const char *dir, const struct attach_options *options)
{
    GError *error = NULL;
    struct attach_result result;
    attach_run(a, &result);
    judge_lag(w, options, &result);
    if (result.lost)
        world_judge(w, "the interfaces stay", false, "every bound interface is there to the end",
                    result.lost);
    int code = exit_code(w, &result);
    enum world_end end = result.lost && result.end == WORLD_DONE ? WORLD_STOPPED : result.end;
    bool written = outputs_write(o, end, &error);
    g_free(result.why);
    g_free(result.lost);
    report_verdicts(w, end, format, opt.quiet, dir);
    return written ? code : complain_error(error);
}

static bool bind_all(struct attach *a, GError **error)
{
    for (char **l = opt.links; *l; l++)
        if (!attach_bind(a, *l, error))
            return false;
    return true;
}

static int run(const struct scenario *s, enum format format)
{
    GError *error = NULL;
    unsigned set = OUTPUT_ALL & ~(unsigned)OUTPUT_FINGERPRINT; /* no run is like another */
    struct attach_options options = {.max_lag = MILLISECONDS(250), .quiet = opt.quiet};
    struct world_options world = {.max_events = UINT64_MAX};
    if (!choose_time("--for", opt.for_time, &options.for_time) ||
        !choose_time("--max-lag", opt.max_lag, &options.max_lag) || !choose_seed(&world))
        return EXIT_USAGE;
    if (opt.outputs && !outputs_parse(opt.outputs, &set, &error))
        return complain_error(error);
    options.consoles = opt.consoles;
    world.until = options.for_time;
    g_autofree char *dir =
        opt.out ? g_strdup(opt.out) : g_build_filename("out", scenario_name(s), NULL);
    bool nowhere = set == OUTPUT_MANIFEST && !opt.out;
    int code = EXIT_USAGE;
    struct outputs *o = NULL;
    struct attach *a = NULL;
    struct world *w = world_new(s, &world, &error);
    if (w && consoles_exist(w, &error)) {
        a = attach_new(w, &options);
        if (bind_all(a, &error)) /* before the outputs name the ends of the links */
            o = outputs_new(w, set, nowhere ? NULL : dir, &error);
    }
    if (o) {
        code = play(w, a, o, format, nowhere ? NULL : dir, &options);
    } else if (error->domain == ATTACH_ERROR) {
        code = complain("attach", "%s", error->message);
        g_error_free(error);
    } else {
        code = complain_error(error);
    }
    outputs_free(o);
    attach_free(a);
    world_free(w);
    return code;
}

int cmd_attach(int argc, char **argv)
{
    enum format format;
    GError *error = NULL;
    if (!options_parse("attach", "SCENARIO",
                       "play a scenario in real time, bound to real interfaces", description,
                       entries, &argc, &argv) ||
        !format_parse(opt.format, &format))
        return EXIT_USAGE;
    if (argc != 2)
        return complain("attach", "one scenario at a time (vpnsim attach --help)");
    if (!opt.links)
        return complain("attach", "which link is bound to which interface? --link NAME=IFACE");
    if (!opt.host_interface && !attach_host_is_apart(&error)) {
        complain("attach", "%s", error->message);
        g_error_free(error);
        return EXIT_USAGE;
    }
    struct scenario *s = scenario_load(argv[1], (const char *const *)opt.sets, &error);
    if (!s)
        return complain_error(error);
    int code = run(s, format);
    scenario_free(s);
    return code;
}
