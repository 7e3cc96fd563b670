/* An end host: one or more addresses, a gateway, no configuration language. */
#include "device/device.h"

const struct device_kind device_kind_host = {
    .name = "host",
    .summary = "an end host with an address and a gateway",
};

bool device_host_address(struct device *d, const char *interface, struct ip4_net address,
                         ip4 gateway, GError **error)
{
    struct net_if *i = net_if_by_name(d->node, interface);
    if (!i)
        i = net_if_new(d->node, interface);
    net_if_set_address(i, address.addr, address.mask);
    if (gateway == 0)
        return true;
    if (!ip4_in(gateway, address)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: gateway %s is not on the network of its address %s/%d", d->name,
                    IP4S(gateway), IP4S(address.addr), ip4_mask_len(address.mask));
        return false;
    }
    net_route_add(d->node, (struct ip4_net){0, 0}, gateway, NULL, 1);
    return true;
}
