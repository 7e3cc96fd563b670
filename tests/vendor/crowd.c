/* A thousand VPN clients come to one hub at once. */
#include <criterion/criterion.h>

#include "../bench/clients.h"

static void expect_nothing_left(struct clients *c)
{
    cr_expect_eq(sad_count(ipsec_sad(c->hub->ipsec)), 0);
    cr_expect_eq(ike_sa_count(c->hub->ike), 0);
    cr_expect_eq(clients_held(c), 0);
    for (unsigned i = 0; i < c->n; i++) {
        cr_expect_eq(sad_count(ipsec_sad(c->client[i]->ipsec)), 0, "client %u", i);
        cr_expect_eq(ike_sa_count(c->client[i]->ike), 0, "client %u", i);
    }
}

Test(crowd, all_log_in_have_an_address_each_and_leave_nothing_behind)
{
    struct clients c;
    clients_init(&c, 1000, 1000 + 9);
    clients_type(&c, "vpnclient connect work\nanna\nsecret");
    sim_run(c.sim, SECONDS(60));
    cr_expect_eq(c.logged_in, 1000);
    cr_expect_eq(c.refused, 0);
    cr_expect_eq(clients_held(&c), 1000);
    cr_expect_eq(sad_count(ipsec_sad(c.hub->ipsec)), 2000);
    clients_type(&c, "vpnclient disconnect");
    sim_run(c.sim, SECONDS(400));
    expect_nothing_left(&c);
    clients_clear(&c);
}

Test(crowd, a_wrong_password_each_is_refused_and_leaves_nothing_behind)
{
    struct clients c;
    clients_init(&c, 1000, 1000 + 9);
    clients_type(&c, "vpnclient connect work\nanna\nwrong\n\n\n");
    sim_run(c.sim, SECONDS(400));
    cr_expect_eq(c.logged_in, 0);
    cr_expect_geq(c.refused, 1000);
    cr_expect_eq(sad_count(ipsec_sad(c.hub->ipsec)), 0);
    expect_nothing_left(&c);
    clients_clear(&c);
}

Test(crowd, where_addresses_are_fewer_than_clients_the_rest_are_turned_away)
{
    struct clients c;
    clients_init(&c, 60, 50);
    clients_type(&c, "vpnclient connect work\nanna\nsecret");
    sim_run(c.sim, SECONDS(60));
    cr_expect_eq(c.logged_in, 60, "the login comes before the address");
    cr_expect_eq(clients_held(&c), 50);
    cr_expect_eq(sad_count(ipsec_sad(c.hub->ipsec)), 100);
    clients_type(&c, "vpnclient disconnect");
    sim_run(c.sim, SECONDS(400));
    expect_nothing_left(&c);
    clients_clear(&c);
}
