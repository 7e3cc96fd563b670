/* The kinds of device there are, in the order in which they are listed. */
#include "vendor/vendor.h"

#include <string.h>

extern const struct device_kind ios_kind, asa_kind, pix_kind, vpnclient_kind, nat_kind;
extern const struct device_kind radius_kind, dhcp_kind, dns_kind;

// clang-format off
static const struct device_kind *const kinds[] = {
    &ios_kind, &asa_kind, &pix_kind, &vpnclient_kind, &nat_kind,
    &radius_kind, &dhcp_kind, &dns_kind, &device_kind_host, NULL };
// clang-format on

const struct device_kind *const *vendor_kinds(void)
{
    return kinds;
}

const struct device_kind *vendor_kind(const char *name)
{
    for (size_t i = 0; kinds[i]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}
