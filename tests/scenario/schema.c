/* What the table of keys makes of a file. */
#include "scenario/schema.h"

#include <stdlib.h>

#include "play.h"

Test(schema, problems_are_told_with_line_caret_and_suggestion)
{
    static const struct {
        const char *add, *message;
    } row[] = {
        {"traffik: []\n", "t.yml:10:1: unknown key \"traffik\"; did you mean \"traffic\"?\n"
                          "   10 | traffik: []\n      | ^"},
        {"expect:\n  - {name: x, att: 5s, node: a}\n",
         "t.yml:11:15: unknown key \"att\"; did you mean \"at\"?\n"
         "   11 |   - {name: x, att: 5s, node: a}\n      |               ^"},
        {"seed: many\n", "t.yml:10:7: seed: expected a whole number\n"
                         "   10 | seed: many\n      |       ^"},
        {"expect:\n  - {name: x, at: , node: a}\n",
         "t.yml:11:19: at: expected a time such as 40s, a label, label+5s, or +5s\n"
         "   11 |   - {name: x, at: , node: a}\n      |                   ^"},
        {"traffic:\n  - {name: p, from: a, to: b, every: 5}\n",
         "t.yml:11:38: every: the unit is missing; expected a duration with its unit, such as 20ms "
         "or 1h30m\n"
         "   11 |   - {name: p, from: a, to: b, every: 5}\n      |                                 "
         "     ^"},
        {"traffic:\n  - {name: p, from: a, to: b, kind: icpm}\n",
         "t.yml:11:37: kind: expected one of icmp, udp, tcp; did you mean \"icmp\"?\n"
         "   11 |   - {name: p, from: a, to: b, kind: icpm}\n      |                               "
         "      ^"},
        {"traffic:\n  - {name: p, from: a}\n",
         "t.yml:11:5: the key \"to\" is missing: receiving node (a text)\n"
         "   11 |   - {name: p, from: a}\n      |     ^"},
        {"timeline: soon\n",
         "t.yml:10:11: timeline: expected a list of entries with the keys of `step`\n"
         "   10 | timeline: soon\n      |           ^"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *text = g_strconcat(TWO_HOSTS, row[i].add, NULL);
        g_autofree char *message = refusal(text);
        cr_expect_str_eq(message ? message : "(accepted)", row[i].message);
    }
}

Test(schema, all_problems_are_told_at_once)
{
    g_autofree char *message = refusal(TWO_HOSTS "seed: x\nduratoin: 5s\nexpect: 5\n");
    cr_assert_not_null(message);
    cr_expect(strstr(message, "seed") && strstr(message, "duratoin") && strstr(message, "expect"));
}

Test(schema, names_that_do_not_exist_are_told_with_the_nearest)
{
    static const struct {
        const char *add, *says;
    } row[] = {
        {"traffic: [{name: p, from: a, to: bb}]\n", "there is no node \"bb\"; there are: a, b"},
        {"timeline: [{at: 1s, link: wirr, state: down}]\n",
         "there is no link \"wirr\"; did you mean \"wire\"?"},
        {"timeline: [{at: 1s, label: fix}]\nexpect: [{name: x, after: fox, event: {type: note}}]\n",
         "there is no label \"fox\"; did you mean \"fix\"?"},
        {"expect: [{name: x, event: {type: ike_stat}}]\n",
         "there is no event \"ike_stat\"; did you mean \"ike_state\"?"},
        {"expect: [{name: x, event: {type: ike_state, nev: DEAD}}]\n",
         "there is no field \"nev\"; did you mean \"new\"?"},
        {"expect: [{name: x, traffic: pong, sent: 1}]\n",
         "there is no flow \"pong\": there is none at all"},
        {"timeline: [{at: 1s, node: a, console: hello}]\n", "a has no console"},
        {"timeline: [{at: 1s, node: a, interface: eth1, state: down}]\n",
         "there is no interface \"eth1\"; did you mean \"eth0\"?"},
        {"timeline: [{at: fix+1s, link: wire, state: down}]\n", "there is no label \"fix\""},
        {"timeline: [{at: 1s}]\n", "nothing happens in this step"},
        {"timeline: [{at: 1s, state: down}]\n", "of which link"},
        {"timeline: [{at: 1s, label: fix}, {at: 2s, label: fix}]\n", "two labels"},
        {"timeline: [{at: b+1s, label: a}, {at: a+1s, label: b}]\n", "there is no label"},
        {"timeline: [{at: 1s, link: wire, tc: {mtu: 20}}]\n", "an MTU is from 68"},
        {"expect: [{name: x}]\n", "expect what?"},
        {"expect: [{name: x, packet: {}, event: {type: note}}]\n",
         "one subject at a time: there is \"event\""},
        {"expect: [{name: x, at: 99s, event: {type: note}}]\n", "after the end of the scenario"},
        {"expect: [{name: x, within: 5s~1s, event: {type: note}}]\n", "ends before it begins"},
        {"expect: [{name: x, within: +5s, event: {type: note}}]\n", "needs a label"},
        {"expect: [{name: x, event: {type: note}, is: 5}]\n", "belongs to another subject"},
        {"expect: [{name: x, always: {event: {type: note}}}]\n",
         "always is about show and counter"},
        {"base: l2l\n", "other files are not read here"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *text = g_strconcat(TWO_HOSTS, row[i].add, NULL);
        g_autofree char *message = refusal(text);
        cr_expect(message && strstr(message, row[i].says), "%s\nsays: %s", row[i].add,
                  message ? message : "(accepted)");
    }
}

Test(schema, topologies_that_cannot_be_are_told)
{
    static const struct {
        const char *nodes, *links, *says;
    } row[] = {
        {"a: {kind: hots, address: 10.0.0.1/24}", "", "did you mean \"host\"?"},
        {"a: {kind: host}", "", "a host needs an address"},
        {"a: {kind: host, address: 10.0.0.1}", "", "prefix length"},
        {"a: {kind: host, address: 10.0.0.1/24, gateway: 10.9.0.1}", "", "not on the network"},
        {"a: {kind: host, address: 10.0.0.1/24, startup-config: x.cfg}", "",
         "a host has no configuration"},
        {"a: {kind: ios, version: \"99\"}", "", "99"},
        {"a: {kind: ios, startup-config: missing.cfg}", "", "other files are not read here"},
        {"a: {kind: ios, address: 10.0.0.1/24}", "", "its configuration gives it its addresses"},
        {"a: {kind: ios, profile: {phase1-retransmit: 3}}", "", "phase1-retransmit"},
        {"a b: {kind: host, address: 10.0.0.1/24}", "", "a node's name must not"},
        {"a: {kind: host, address: 10.0.0.1/24}", "[{endpoints: []}]", "a link has two ends"},
        {"a: {kind: host, address: 10.0.0.1/24}", "[{endpoints: [\"a:eth0\", \"b:eth0\"]}]",
         "no node \"b\""},
        {"a: {kind: host, address: 10.0.0.1/24}", "[{endpoints: [\"a:eth0\", \"a:eth0\"]}]",
         "linked already"},
        {"a: {kind: host, address: 10.0.0.1/24}", "[{endpoints: [\"a\", \"a:eth0\"]}]",
         "written \"node:interface\""},
        {"a: {kind: host, address: 10.0.0.1/24}", "[{endpoints: [\"a:eth0\", \"a:ETH0\"]}]",
         "did you mean \"eth0\"?"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *text =
            g_strdup_printf("vpnsim: 1\ntopology:\n  nodes:\n    %s\n%s%s\n", row[i].nodes,
                            *row[i].links ? "  links: " : "", row[i].links);
        g_autofree char *message = refusal(text);
        cr_expect(message && strstr(message, row[i].says), "%s %s\nsays: %s", row[i].nodes,
                  row[i].links, message ? message : "(accepted)");
    }
}

Test(schema, a_refused_configuration_line_is_told_where_it_was_written)
{
    g_autofree char *message =
        refusal("vpnsim: 1\ntopology:\n  nodes:\n    r:\n      kind: ios\n      version: \"12.4\"\n"
                "      startup-config: |\n        hostname r\n        crypto isakmp polcy 10\n");
    cr_assert_not_null(message);
    cr_expect(g_str_has_prefix(message, "t.yml:9"), "%s", message);
    g_autofree char *added =
        refusal("vpnsim: 1\ntopology:\n  nodes:\n    r:\n      kind: ios\n      version: \"12.4\"\n"
                "      startup-config: |\n        hostname r\n        end\n"
                "      config-add: |\n        hostname q\n        crypto isakmp polcy 10\n");
    cr_assert_not_null(added);
    cr_expect(g_str_has_prefix(added, "t.yml:12"), "%s", added);
}

Test(schema, free_keys_begin_with_x)
{
    g_autofree char *message = refusal(TWO_HOSTS "x-mine: {anything: [goes]}\n");
    cr_expect_null(message, "%s", message);
}

Test(schema, every_section_of_the_table_is_described)
{
    for (const struct schema_row *r = schema_table; r->section; r++) {
        bool described = false,
             refers = !(r->types & (T_MAP | T_MAPS | T_LIST)) && !(r->flags & SCHEMA_INCLUDE);
        for (const struct schema_section *s = schema_sections; s->name; s++) {
            described = described || strcmp(s->name, r->section) == 0;
            refers = refers || strcmp(s->name, r->sub) == 0;
        }
        cr_expect(described, "section %s", r->section);
        cr_expect(refers, "%s.%s refers to %s", r->section, r->key, r->sub);
        cr_expect(r->flags & SCHEMA_INCLUDE || r->doc, "%s.%s has no description", r->section,
                  r->key);
    }
}

Test(schema, json_and_markdown_name_every_key)
{
    GString *json = g_string_new(NULL), *markdown = g_string_new(NULL);
    schema_json(json);
    schema_markdown(markdown);
    for (const struct schema_row *r = schema_table; r->section; r++) {
        if (!r->key)
            continue;
        g_autofree char *quoted = g_strdup_printf("\"%s\": {", r->key);
        g_autofree char *ticked = g_strdup_printf("`%s`", r->key);
        cr_expect(strstr(json->str, quoted), "%s", r->key);
        cr_expect(strstr(markdown->str, ticked), "%s", r->key);
    }
    cr_expect(strstr(markdown->str, "phase1-retransmit-s"));
    /* Balanced brackets outside strings: the file is JSON as far as a counter can tell. */
    int depth = 0;
    bool in_string = false;
    for (const char *p = json->str; *p; p++) {
        if (*p == '\\' && in_string)
            p++;
        else if (*p == '"')
            in_string = !in_string;
        else if (!in_string)
            depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
    }
    cr_expect_eq(depth, 0);
    g_string_free(json, TRUE);
    g_string_free(markdown, TRUE);
}
