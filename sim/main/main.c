/* vpnsim: the command. A row a subcommand; each has its own file. */
#include "main.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "scenario/outputs.h"

#define VERSION "0.1.0"

// clang-format off
static const struct command commands[] = {
    { "run",       "SCENARIO",        "play a scenario and judge its expectations",     cmd_run },
    { "check",     "SCENARIO...",     "review the configurations without running",      cmd_check },
    { "test",      "PATH...",         "run a corpus against its goldens",               cmd_test },
    { "list",      "[PATH...]",       "what scenarios there are",                       cmd_list },
    { "show",      "RUN|SCENARIO",    "a finished run or a scenario in words",          cmd_show },
    { "events",    "RUN",             "events of a run",                                cmd_events },
    { "ladder",    "RUN",             "who sent what to whom",                          cmd_ladder },
    { "counters",  "RUN",             "counters of a run",                              cmd_counters },
    { "plot",      "RUN",             "pictures of a run over time",                    cmd_plot },
    { "wireshark", "RUN",             "open the capture decrypted",                     cmd_wireshark },
    { "attach",    "SCENARIO",        "play it in real time with real peers",           cmd_attach },
    { "schema",    "",                "the scenario format, for editors and people",    cmd_schema },
};
// clang-format on

/* ---- What commands share ---- */

bool options_parse(const char *command, const char *arguments, const char *summary,
                   const char *description, const GOptionEntry *entries, int *argc, char ***argv)
{
    GError *error = NULL;
    g_autofree char *usage = g_strdup_printf("%s - %s", arguments, summary);
    g_autofree char *name = g_strdup_printf("vpnsim %s", command);
    GOptionContext *c = g_option_context_new(usage);
    g_option_context_add_main_entries(c, entries, NULL);
    g_option_context_set_description(c, description);
    g_set_prgname(name);
    bool ok = g_option_context_parse(c, argc, argv, &error);
    g_option_context_free(c);
    if (ok && *argc > 1 && strcmp((*argv)[1], "--") == 0) {
        memmove(*argv + 1, *argv + 2, (size_t)(*argc - 1) * sizeof **argv);
        --*argc;
    }
    if (ok)
        return true;
    complain(command, "%s (vpnsim %s --help)", error->message, command);
    g_error_free(error);
    return false;
}

bool format_parse(const char *text, enum format *out)
{
    static const char *const names[] = {"text", "jsonl", "csv"};
    *out = FORMAT_TEXT;
    if (!text)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], text) == 0) {
            *out = (enum format)i;
            return true;
        }
    fprintf(stderr, "vpnsim: --format is text, jsonl or csv, not \"%s\"\n", text);
    return false;
}

int complain(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sentence = g_strdup_vprintf(format, args);
    va_end(args);
    fprintf(stderr, "vpnsim %s: %s\n", command, sentence);
    return EXIT_USAGE;
}

int complain_error(GError *error)
{
    fprintf(stderr, "%s\n", error->message);
    bool limit = g_error_matches(error, SCENARIO_ERROR, SCENARIO_ERROR_LIMIT);
    g_error_free(error);
    return limit ? EXIT_LIMIT : EXIT_USAGE;
}

bool colored(FILE *to)
{
    const char *no = g_getenv("NO_COLOR"), *term = g_getenv("TERM");
    return isatty(fileno(to)) && !(no && *no) && g_strcmp0(term, "dumb") != 0;
}

const char *color_on(FILE *to, const char *color)
{
    if (!colored(to))
        return "";
    return strcmp(color, "red") == 0     ? "\033[31;1m"
           : strcmp(color, "green") == 0 ? "\033[32m"
                                         : "\033[2m";
}

const char *color_off(FILE *to)
{
    return colored(to) ? "\033[0m" : "";
}

void csv_field(GString *out, const char *text, bool first)
{
    if (!first)
        g_string_append_c(out, ',');
    if (!text[strcspn(text, ",\"\r\n")]) {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (; *text; text++)
        g_string_append_printf(out, *text == '"' ? "\"\"" : "%c", *text);
    g_string_append_c(out, '"');
}

const char *run_folder(const char *command, int argc, char **argv)
{
    if (argc < 2) {
        complain(command, "which run? Give the folder that `vpnsim run` left (vpnsim %s --help)",
                 command);
        return NULL;
    }
    if (outputs_is_run(argv[1]))
        return argv[1];
    complain(command, "%s: no folder that `vpnsim run` left", argv[1]);
    return NULL;
}

char *run_file(const char *command, const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    char *text = NULL;
    GError *error = NULL;
    if (g_file_get_contents(path, &text, NULL, &error))
        return text;
    complain(command, "%s; was the run made without this output?", error->message);
    g_error_free(error);
    return NULL;
}

/* ---- The command line ---- */

static void help(FILE *to)
{
    fprintf(to, "vpnsim plays networks of VPN devices from their own configurations.\n\n"
                "Usage: vpnsim COMMAND ...\n\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(to, "  %-10s %-14s %s\n", commands[i].name, commands[i].arguments,
                commands[i].summary);
    fprintf(
        to,
        "\n`vpnsim COMMAND --help` tells more. Exit codes: 0 all expectations met; 1 one failed;\n"
        "2 usage, scenario or configuration error; 4 a limit was hit; 5 --verify differed;\n"
        "70 internal error.\n");
}

static int unknown(const char *word)
{
    const char *names[G_N_ELEMENTS(commands)];
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        names[i] = commands[i].name;
    const char *near = text_nearest(word, names, G_N_ELEMENTS(names));
    fprintf(stderr, "vpnsim: there is no command \"%s\"", word);
    if (near)
        fprintf(stderr, "; did you mean \"%s\"?", near);
    fprintf(stderr, " (vpnsim --help)\n");
    return EXIT_USAGE;
}

/* What cannot be, was: the assertion has told; the exit code says whose fault it is. */
static void internal_error(int signal)
{
    static const char text[] = "vpnsim: internal error; please report the lines above\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(EXIT_INTERNAL);
    _exit(EXIT_INTERNAL);
}

int main(int argc, char **argv)
{
    signal(SIGABRT, internal_error);
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help(stdout);
        return EXIT_MET;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("vpnsim %s\n", VERSION);
        return EXIT_MET;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(commands[i].name, argv[1]) == 0) {
            int code = commands[i].run(argc - 1, argv + 1);
            if (fflush(stdout) != 0 || ferror(stdout)) {
                fprintf(stderr, "vpnsim: standard output: %s\n", g_strerror(errno));
                return EXIT_USAGE;
            }
            return code;
        }
    return unknown(argv[1]);
}
