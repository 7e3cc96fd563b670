/* What the files of the device room share. */
#ifndef DEVICE_DEVICE_PRIV_H
#define DEVICE_DEVICE_PRIV_H

#include "device/device.h"

/* crypto.c: the engines of a node and the callbacks between them. */
void device_crypto_start(struct device *d);
void device_crypto_stop(struct device *d);
/* The profile or the configuration changed: what IPsec reads of them follows. */
void device_crypto_refresh(struct device *d);
/* The port of NAT traversal is bound while there is a map and it is on. */
void device_natt_bind(struct device *d);

/* console.c */
struct device_console *device_console_new(struct device *d);
void device_console_free(struct device_console *c);
/* Forgets what was typed and not yet run, and any unfinished line. */
void device_console_reset(struct device_console *c);

#endif
