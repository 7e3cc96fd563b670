/* The pattern language by keystrokes: what a line means, what "?" and TAB answer. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/cli.h"

struct seen {
    char text[256];
};

static void show(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    g_string_append_printf(out, "%s%s", cli_negated(a) ? "no " : "", line);
}

static const struct cli_command rows[] = {
    {"show crypto isakmp sa [detail]", show},
    {"show crypto ipsec sa [peer peer:A.B.C.D|map map:WORD]", show},
    {"show clock", show},
    {"show ip route [net:A.B.C.D [mask:MASK]]", show},
    {"debug crypto (isakmp|ipsec|engine)", show, CLI_NO | CLI_PRIVILEGED},
    {"description text:LINE", show, CLI_NO | CLI_NO_ONLY_PREFIX},
    {"lifetime seconds:<60-86400>", show, CLI_NO | CLI_NO_ONLY_PREFIX},
    {"interface name:IFNAME [shutdown]", show},
    {"clock set time:HH:MM:SS", show},
    {"clear crypto sa", show},
    {"clear counters", show},
    {"clean disk", show, CLI_HIDDEN},
    {0},
};
static const struct cli_command below[] = {{"description text:LINE", show}, {"deny", show}, {0}};
static const struct cli_command *const tables[] = {rows, NULL};
static const struct cli_command *const below_tables[] = {below, NULL};
static const struct cli_mode top = {"top", tables, NULL};
static const struct cli_mode sub = {"sub", below_tables, &top};
static const struct cli_word words[] = {
    {"show", "Show things"},
    {"crypto", "Encryption"},
    {"clear crypto", "Encryption to clear"},
    {"clock", "The clock"},
    {"detail", "More"},
    {":peer", "Address of the peer"},
    {0},
};

static char *ifname(void *self, const char *typed)
{
    size_t letters = strspn(typed, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    size_t n = strlen(typed);
    if (letters == 0 || letters == n || strspn(typed + letters, "0123456789/") != n - letters ||
        typed[n - 1] == '/' || g_ascii_strncasecmp(typed, "FastEthernet", letters) != 0)
        return NULL;
    return g_strconcat("FastEthernet", typed + letters, NULL);
}

static enum cli_result run(const struct cli_mode *mode, bool user, const char *line,
                           struct seen *seen, struct cli_error *error)
{
    struct cli *c = cli_new(words, ifname);
    g_autoptr(GString) out = g_string_new(NULL);
    enum cli_result r = cli_run(c, mode, user, line, NULL, out, error, NULL);
    g_strlcpy(seen->text, out->str, sizeof seen->text);
    cli_free(c);
    return r;
}

Test(cli_run, understands_abbreviations_and_finds_the_place_of_an_error)
{
    // clang-format off
    static const struct { const char *line; enum cli_result result; const char *means; size_t at; } row[] = {
        { "show crypto isakmp sa",            CLI_OK, "show crypto isakmp sa", 0 },
        { "sh cry isa sa",                    CLI_OK, "show crypto isakmp sa", 0 },
        { "SH CRY ISA SA DET",                CLI_OK, "show crypto isakmp sa detail", 0 },
        { "  sh   cl  ",                      CLI_OK, "show clock", 0 },
        { "sh c",                             CLI_AMBIGUOUS, "", 3 },
        { "sh cry i sa",                      CLI_AMBIGUOUS, "", 7 },
        { "sh cry is sa",                     CLI_OK, "show crypto isakmp sa", 0 },
        { "cle cr s",                         CLI_OK, "clear crypto sa", 0 },
        { "clea d",                           CLI_UNKNOWN, "", 5 },
        { "clean d",                          CLI_OK, "clean disk", 0 },
        { "sh",                               CLI_INCOMPLETE, "", 2 },
        { "show crypto ipsec sa peer",        CLI_INCOMPLETE, "", 25 },
        { "show crypto ipsec sa peer 1.2.3.4", CLI_OK, "show crypto ipsec sa peer 1.2.3.4", 0 },
        { "show crypto ipsec sa peer 1.2.3",  CLI_BAD_ARGUMENT, "", 26 },
        { "show crypto ipsec sa map peer",    CLI_OK, "show crypto ipsec sa map peer", 0 },
        { "show clonk",                       CLI_UNKNOWN, "", 8 },
        { "xyz",                              CLI_UNKNOWN, "", 0 },
        { "show clock now",                   CLI_UNKNOWN, "", 11 },
        { "lifetime 59",                      CLI_BAD_ARGUMENT, "", 9 },
        { "lifetime 60",                      CLI_OK, "lifetime 60", 0 },
        { "lifetime 99999999999",             CLI_BAD_ARGUMENT, "", 9 },
        { "show ip route 10.0.0.0 255.0.255.0", CLI_BAD_ARGUMENT, "", 23 },
        { "interface fa0/0",                  CLI_OK, "interface FastEthernet0/0", 0 },
        { "interface fast 0/1",               CLI_OK, "interface FastEthernet0/1", 0 },
        { "interface fast 0/1 shut",          CLI_OK, "interface FastEthernet0/1 shutdown", 0 },
        { "interface fast",                   CLI_INCOMPLETE, "", 14 },
        { "interface tok0",                   CLI_BAD_ARGUMENT, "", 10 },
        { "clock set 12:34:56",               CLI_OK, "clock set 12:34:56", 0 },
        { "clock set 24:00:00",               CLI_BAD_ARGUMENT, "", 10 },
        { "description to  the LAN ",         CLI_OK, "description to  the LAN", 0 },
        { "no debug cry eng",                 CLI_OK, "no debug crypto engine", 0 },
        { "no debug crypto",                  CLI_INCOMPLETE, "", 15 },
        { "no lifetime",                      CLI_OK, "no lifetime", 0 },
        { "no lifetime 100",                  CLI_OK, "no lifetime 100", 0 },
        { "no show clock",                    CLI_UNKNOWN, "", 3 },
        { "no",                               CLI_INCOMPLETE, "", 2 },
        { "",                                 CLI_EMPTY, "", 0 },
        { "   ",                              CLI_EMPTY, "", 0 },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct seen seen;
        struct cli_error error;
        enum cli_result r = run(&top, false, row[i].line, &seen, &error);
        cr_expect_eq(r, row[i].result, "\"%s\": result %d", row[i].line, r);
        cr_expect_str_eq(seen.text, row[i].means, "\"%s\" means \"%s\"", row[i].line, seen.text);
        cr_expect_eq(error.at, row[i].at, "\"%s\": error at %zu", row[i].line, error.at);
    }
}

Test(cli_run, hides_privileged_commands_from_users)
{
    struct seen seen;
    struct cli_error error;
    cr_expect_eq(run(&top, true, "debug crypto isakmp", &seen, &error), CLI_UNKNOWN);
    cr_expect_eq(run(&top, true, "show clock", &seen, &error), CLI_OK);
}

Test(cli_run, tries_the_parent_mode_and_tells_which_mode_knew_the_line)
{
    static const struct {
        const char *line;
        enum cli_result result;
        const struct cli_mode *ran_in;
    } row[] = {
        {"deny", CLI_OK, &sub},
        {"description x", CLI_OK, &sub},
        {"show clock", CLI_OK, &top},
        {"de", CLI_AMBIGUOUS, NULL},
    };
    struct cli *c = cli_new(words, ifname);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        const struct cli_mode *ran_in = NULL;
        cr_expect_eq(cli_run(c, &sub, false, row[i].line, NULL, out, NULL, &ran_in), row[i].result,
                     "%s", row[i].line);
        cr_expect_eq(ran_in, row[i].ran_in, "%s", row[i].line);
    }
    cli_free(c);
}

Test(cli_help, answers_the_question_mark)
{
    // clang-format off
    static const struct { const char *line, *answer; } row[] = {
        { "show ",                   "  clock   The clock\n  crypto  Encryption\n  ip\n" },
        { "sh c",                    "clock  crypto\n" },
        { "sh",                      "show\n" },
        { "show crypto isakmp sa ",  "  detail  More\n  <cr>\n" },
        { "show cry isa sa det ",    "  <cr>\n" },
        { "show crypto ipsec sa peer ", "  A.B.C.D  Address of the peer\n" },
        { "cl",                      "clear  clock\n" },
        { "clear ",                  "  counters\n  crypto    Encryption to clear\n" },
        { "no ",                     "  debug\n  description\n  lifetime\n" },
        { "n",                       "no\n" },
        { "lifetime ",               "  <60-86400>  A number\n" },
        { "no lifetime ",            "  <60-86400>  A number\n  <cr>\n" },
    };
    // clang-format on
    struct cli *c = cli_new(words, ifname);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        cr_expect(cli_help(c, &top, false, row[i].line, NULL, out, NULL), "%s?", row[i].line);
        cr_expect_str_eq(out->str, row[i].answer, "\"%s?\" got\n%s", row[i].line, out->str);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    struct cli_error error;
    cr_expect_not(cli_help(c, &top, false, "show xyz ", NULL, out, &error));
    cr_expect_eq(error.at, 5);
    cr_expect_not(cli_help(c, &top, false, "show x", NULL, out, &error));
    cli_free(c);
}

Test(cli_complete, finishes_a_word_that_is_unique)
{
    static const struct {
        const char *line, *whole;
    } row[] = {
        {"sh", "show "},
        {"show cr", "show crypto "},
        {"sh cr", "sh crypto "},
        {"show c", NULL},
        {"show crypto isakmp sa d", "show crypto isakmp sa detail "},
        {"no deb", "no debug "},
        {"show x", NULL},
        {"show ", NULL},
        {"lifetime 6", NULL},
        {"", NULL},
    };
    struct cli *c = cli_new(words, ifname);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *whole = cli_complete(c, &top, false, row[i].line, NULL);
        cr_expect_eq(g_strcmp0(whole, row[i].whole), 0, "\"%s\" TAB got \"%s\"", row[i].line,
                     whole);
    }
    cli_free(c);
}

Test(cli_nearest, suggests_the_word_that_was_meant)
{
    static const struct {
        const char *line, *word;
    } row[] = {
        {"shwo clock", "show"},
        {"show cyrpto", "crypto"},
        {"lifetine 5", "lifetime"},
        {"zzzzzzz", NULL},
    };
    struct cli *c = cli_new(words, ifname);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *word = cli_nearest(c, &sub, row[i].line, NULL);
        cr_expect_eq(g_strcmp0(word, row[i].word), 0, "%s: %s", row[i].line, word);
    }
    cli_free(c);
}

Test(cli_check, every_row_parses_its_own_pattern)
{
    cli_check(&top);
    cli_check(&sub);
}

/* ---- Filters ---- */

static const char listing[] = "interface FastEthernet0/0\n"
                              " ip address 10.0.0.1\n"
                              " crypto map vpn\n"
                              "!\n"
                              "interface Loopback0\n"
                              " no ip address\n"
                              "state QM_IDLE here\n";

Test(cli_filter, keeps_the_lines_that_were_asked_for)
{
    // clang-format off
    static const struct { const char *line, *head, *text; } row[] = {
        { "show run | include crypto",         "show run", " crypto map vpn\n" },
        { "show run | i ^interface.*[0-9]$",   "show run", "interface FastEthernet0/0\ninterface Loopback0\n" },
        { "show run |exclude ip|!|face",       "show run", " crypto map vpn\nstate QM_IDLE here\n" },
        { "show run | begin Loop",             "show run", "interface Loopback0\n no ip address\nstate QM_IDLE here\n" },
        { "show run | sec Fast",               "show run", "interface FastEthernet0/0\n ip address 10.0.0.1\n crypto map vpn\n" },
        { "show run | inc QM_IDLE",            "show run", "state QM_IDLE here\n" },
        { "show run | inc _IDLE_",             "show run", "state QM_IDLE here\n" },
        { "show run | inc nothing at all",     "show run", "" },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *head = NULL;
        g_autoptr(GString) text = g_string_new(listing);
        struct cli_error error;
        struct cli_filter *f = cli_filter_parse(row[i].line, &head, &error);
        cr_assert_not_null(f, "%s", row[i].line);
        cli_filter_apply(f, text);
        cr_expect_str_eq(head, row[i].head);
        cr_expect_str_eq(text->str, row[i].text, "%s: got\n%s", row[i].line, text->str);
        cli_filter_free(f);
    }
}

Test(cli_filter, says_what_is_wrong_with_a_filter)
{
    // clang-format off
    static const struct { const char *line; enum cli_result what; size_t at; } row[] = {
        { "show run",              CLI_OK, 0 },
        { "show run |",            CLI_INCOMPLETE, 10 },
        { "show run | include",    CLI_INCOMPLETE, 18 },
        { "show run | find x",     CLI_UNKNOWN, 11 },
        { "show run | include (x", CLI_BAD_ARGUMENT, 19 },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *head = NULL;
        struct cli_error error;
        cr_expect_null(cli_filter_parse(row[i].line, &head, &error));
        cr_expect_eq(error.what, row[i].what, "%s: %d", row[i].line, error.what);
        cr_expect_eq(error.at, row[i].at, "%s: at %zu", row[i].line, error.at);
    }
}

Test(cli_filter, gives_up_on_an_expression_that_would_run_for_ever)
{
    g_autofree char *head = NULL;
    g_autoptr(GString) text =
        g_string_new("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n");
    struct cli_error error;
    struct cli_filter *f = cli_filter_parse("show x | include (a*)*(a*)*(a*)*c", &head, &error);
    cr_assert_not_null(f);
    cli_filter_apply(f, text);
    cr_expect_str_eq(text->str, "");
    cli_filter_free(f);
}
