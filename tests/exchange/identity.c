/* Who the peer says it is (RFC 2409 5.4, RFC 2407 4.6.2), where the profile wants it to be true;
 * and names. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

Test(names, are_set_changed_found_whatever_their_case_and_removed)
{
    struct ike_conf *c = ike_conf_new();
    cr_expect_eq(ike_name_find(c, "r2.example.com"), 0);
    ike_name_set(c, "r2.example.com", IP4(192, 0, 2, 2));
    ike_name_set(c, "r3", IP4(192, 0, 2, 3));
    cr_expect_eq(ike_name_find(c, "R2.Example.COM"), IP4(192, 0, 2, 2));
    ike_name_set(c, "R2.EXAMPLE.com", IP4(192, 0, 2, 9));
    cr_expect_eq(c->names->len, 2);
    cr_expect_eq(ike_name_find(c, "r2.example.com"), IP4(192, 0, 2, 9));
    cr_expect(ike_name_remove(c, "r2.example.COM"));
    cr_expect_not(ike_name_remove(c, "r2.example.com"));
    cr_expect_eq(ike_name_find(c, "r2.example.com"), 0);
    cr_expect_eq(ike_name_find(c, "r3"), IP4(192, 0, 2, 3));
    ike_conf_free(c);
}

static struct ike_pair *asked(enum ike_role checks, const char *hostname, const char *name,
                              ip4 addr)
{
    struct ike_pair *p = pair_new();
    struct pair_end *judge = &p->end[checks], *other = &p->end[1 - checks];
    pair_small(p);
    judge->profile.check_identity = true;
    if (hostname) {
        other->conf->identity = IKE_IDENTITY_HOSTNAME;
        other->conf->hostname = g_strdup(hostname);
    }
    if (name)
        ike_name_set(judge->conf, name, addr);
    pair_record(p, checks);
    pair_ladder(p);
    pair_ask(p, PAIR_I);
    return p;
}

Test(identity, must_be_the_address_or_a_name_that_has_it)
{
    static const struct {
        const char *says, *known;
        uint32_t host; /* of 192.0.2.0, 0 = the peer's */
        bool fits;
    } row[] = {
        {NULL, NULL, 0, true}, /* an address */
        {"peer.example.com", "peer.example.com", 0, true},
        {"PEER.example.com", "peer.EXAMPLE.com", 0, true},
        {"peer.example.com", NULL, 0, false},
        {"peer.example.com", "peer", 0, false},
        {"peer.example.com", "peer.example.com", 77, false},
    };
    for (int checks = 0; checks < 2; checks++) {
        for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
            ip4 peer = checks == PAIR_I ? PAIR_ADDR_R : PAIR_ADDR_I;
            ip4 addr = row[k].host ? IP4(192, 0, 2, row[k].host) : peer;
            struct ike_pair *p = asked((enum ike_role)checks, row[k].says, row[k].known, addr);
            pair_run(p, SECONDS(2));
            cr_expect_eq(p->end[0].children->len, row[k].fits, "row %zu, %d checks", k, checks);
            cr_expect_eq(pair_recorded(p, "ike_id_refused"), !row[k].fits, "row %zu", k);
            if (!row[k].fits)
                cr_expect_eq(pair_sa(p, (enum ike_role)checks, 0).dead_why, WHY_IDENTITY);
            pair_run(p, SECONDS(200));
            cr_expect_null(pair_disagreement(p), "row %zu: %s", k, pair_disagreement(p));
            cr_expect_eq(ike_sa_count(p->end[PAIR_R].engine), row[k].fits, "row %zu", k);
            cr_expect_eq(p->end[PAIR_I].failed_requests, !row[k].fits, "row %zu", k);
            pair_free(p);
        }
    }
}

Test(identity, is_not_looked_at_where_the_profile_does_not_ask)
{
    struct ike_pair *p = asked(PAIR_R, "nobody.example.com", NULL, 0);
    p->end[PAIR_R].profile.check_identity = false;
    pair_run(p, SECONDS(2));
    cr_expect_eq(p->end[0].children->len, 1);
    pair_free(p);
}

/* Message 5 is refused in clear: the initiator notes that and gives up in its own time. Message 6
 * is refused under the keys, and the responder, for which all was well, hears that there is no SA.
 */
Test(identity, refused_is_told_with_number_18)
{
    static const char *told[] = {
        [PAIR_R] = " 0.050  <--  IN  NOTIFY\n",
        [PAIR_I] = " 0.060  -->  IN* HASH NOTIFY\n 0.060  -->  IN* HASH DELETE\n",
    };
    for (int checks = 0; checks < 2; checks++) {
        struct ike_pair *p = asked((enum ike_role)checks, "nobody.example.com", NULL, 0);
        pair_run(p, SECONDS(2));
        cr_expect_not_null(strstr(pair_ladder(p), told[checks]), "%s", pair_ladder(p));
        cr_expect(pair_recorded(p, checks == PAIR_I ? "ike_notify_tx protected" : "ike_notify_tx"));
        if (checks == PAIR_I)
            cr_expect_eq(pair_sa(p, PAIR_R, 0).dead_why, WHY_PEER_DELETE);
        pair_free(p);
    }
}

/* Of another type, or not an address at all: nothing that a key of an address stands for. */
Test(identity, of_other_kinds_is_refused)
{
    static const struct {
        uint8_t body[12];
        size_t n;
        bool fits;
    } row[] = {
        {{ID_IPV4_ADDR, 17, 1, 244, 192, 0, 2, 2}, 8, true},
        {{ID_IPV4_ADDR, 0, 0, 0, 192, 0, 2, 2}, 8, true},
        {{ID_IPV4_ADDR, 17, 1, 244, 192, 0, 2, 3}, 8, false},
        {{ID_IPV4_ADDR, 17, 1, 244, 192, 0, 2}, 7, false},
        {{ID_IPV4_ADDR_SUBNET, 17, 1, 244, 192, 0, 2, 2, 255, 255, 255, 255}, 12, false},
        {{ID_USER_FQDN, 17, 1, 244, 'a'}, 5, false},
        {{ID_FQDN, 17, 1, 244, 'a'}, 5, true},
        {{ID_FQDN, 17, 1, 244, 'a', 0}, 6, false}, /* a name that only C would take for another */
        {{ID_FQDN, 17, 1, 244}, 4, false},
    };
    struct ike_pair *p = asked(PAIR_I, NULL, "a", PAIR_ADDR_R);
    pair_run(p, SECONDS(1));
    const struct ike_sa *sa = p->end[PAIR_I].engine->sas->pdata[0];
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++)
        cr_expect_eq(ike_identity_fits(sa, span_of(row[k].body, row[k].n)), row[k].fits, "row %zu",
                     k);
    pair_free(p);
}
