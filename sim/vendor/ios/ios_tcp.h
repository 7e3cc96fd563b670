/* Sizes of packets and segments, and the firewall's inspection of connections. */
#ifndef VENDOR_IOS_IOS_TCP_H
#define VENDOR_IOS_IOS_TCP_H

#include <string.h>

#include "ios_conf.h"
#include "net/tcp.h"

/* ---- ios_tcp.c ---- */
extern const struct cli_command ios_config_size[], ios_config_if_size[];
void ios_size_start(struct ios *s);
/* After the MTU of an interface, or of IP on it, was set; `before` is the smaller of both then. */
void ios_mtu_changed(struct ios *s, struct net_if *i, uint32_t before);

/* ---- ios_fw.c ---- */
extern const struct cli_command ios_config_fw[], ios_config_if_fw[], ios_show_fw[];
void ios_fw_stop(struct ios *s);

#endif
