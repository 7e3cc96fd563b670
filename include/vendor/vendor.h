/* The kinds of device that vendors make. */
#ifndef VENDOR_VENDOR_H
#define VENDOR_VENDOR_H

#include "device/device.h"

/* NULL-closed: ios, then the others as they come, and host. */
const struct device_kind *const *vendor_kinds(void);
const struct device_kind *vendor_kind(const char *name); /* NULL when there is none */

#endif
