/* The home box: its lines, what it refuses, and that a reload brings it back as it was. */
#include "router.h"

#include "net/nat.h"

Test(nat_kind, lines_it_cannot_follow_are_problems)
{
    static const struct {
        const char *line;
        bool good;
    } row[] = {
        {"interface outside 198.51.100.2/24 gateway 198.51.100.1", true},
        {"interface inside 192.168.1.1/24", true},
        {"interface inside 192.168.1.1", false},
        {"interface inside 192.168.1.1/33", false},
        {"interface outside 198.51.100.2/24 gateway 10.0.0.1", false},
        {"interface dmz 192.168.1.1/24", false},
        {"timeout udp 30", true},
        {"timeout udp 0", false},
        {"timeout udp 99999999999", false},
        {"ports change", true},
        {"ports range 2000 1000", false},
        {"esp spi", true},
        {"esp maybe", false},
        {"forward udp 500 192.168.1.10", true},
        {"no forward udp 500 192.168.1.10", true},
        {"forward icmp 1 192.168.1.10", false},
        {"rebind", false}, /* at its console only */
        {"! a remark", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        g_autoptr(GPtrArray) problems =
            g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
        struct device *d = device_new(w->net, "box", vendor_kind("nat"), NULL, NULL);
        cr_assert(device_load(d, row[i].line, "box.cfg", problems, NULL));
        cr_expect_eq(problems->len == 0, row[i].good, "%s", row[i].line);
        device_free(d);
        world_free(w);
    }
}

Test(nat_kind, power_loss_takes_the_table_and_leaves_the_rules)
{
    struct world *w = world_new();
    struct device *d = device_new(w->net, "box", vendor_kind("nat"), NULL, NULL);
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    cr_assert(device_load(d,
                          "interface inside 192.168.1.1/24\n"
                          "interface outside 198.51.100.2/24 gateway 198.51.100.1\n"
                          "forward udp 5500 192.168.1.10 500",
                          "box.cfg", problems, NULL));
    cr_expect_eq(net_nat_rule_count(d->node), 2);
    device_reload(d, SECONDS(5), "power loss");
    sim_run(w->sim, SECONDS(10));
    cr_expect_eq(net_nat_rule_count(d->node), 2);
    cr_expect_eq(net_if_by_name(d->node, "inside")->addr, IP4(192, 168, 1, 1));
    device_free(d);
    world_free(w);
}
