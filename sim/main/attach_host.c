/* Interfaces of the host: a packet socket bound to one interface (packet(7)), or a tunnel device
 * (the kernel's tuntap document). Nothing is heard but what comes in at that interface. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"

#define RECEIVE_BUFFER (4 << 20)
#define TUN_PREFIX     "tun:"
#define INIT_USER_NS                                                                               \
    0xEFFFFFFDu /* include/linux/proc_ns.h: the first user namespace, on every machine */

struct attach_host {
    char *name;
    int fd;
    unsigned index;
    bool ethernet;
    uint8_t buffer[ATTACH_FRAME_MAX];
};

static bool fail(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool fail(GError **error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, ATTACH_ERROR, code, text);
    return false;
}

/* ---- Namespaces ---- */

enum same { SAME, DIFFERENT, UNKNOWN };

static enum same same_namespace(const char *path, const struct stat *own)
{
    struct stat other;
    if (stat(path, &other) < 0)
        return UNKNOWN;
    return other.st_dev == own->st_dev && other.st_ino == own->st_ino ? SAME : DIFFERENT;
}

/* `ip netns add` leaves its namespaces here. */
static bool has_a_name(const struct stat *own)
{
    bool found = false;
    GDir *d = g_dir_open("/run/netns", 0, NULL);
    for (const char *name; d && !found && (name = g_dir_read_name(d));) {
        g_autofree char *path = g_build_filename("/run/netns", name, NULL);
        found = same_namespace(path, own) == SAME;
    }
    if (d)
        g_dir_close(d);
    return found;
}

/* A network namespace that belongs to another user namespace than the first is not the machine's.
 */
static bool owned_by_others(void)
{
    int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int owner = net >= 0 ? ioctl(net, NS_GET_USERNS) : -1;
    struct stat s;
    bool others = owner >= 0 && fstat(owner, &s) == 0 && s.st_ino != INIT_USER_NS;
    if (owner >= 0)
        close(owner);
    if (net >= 0)
        close(net);
    return others;
}

/* Somebody before us was elsewhere: `unshare -n` and its like stand between. */
static bool left_another(const struct stat *own)
{
    int pid = getppid();
    while (pid > 1) {
        g_autofree char *ns = g_strdup_printf("/proc/%d/ns/net", pid);
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
        g_autofree char *text = NULL;
        if (same_namespace(ns, own) == DIFFERENT)
            return true;
        const char *behind =
            g_file_get_contents(path, &text, NULL, NULL) ? strrchr(text, ')') : NULL;
        if (!behind || sscanf(behind, ") %*c %d", &pid) != 1)
            return false;
    }
    return false;
}

/* The first process is where the machine is. Where it may not be looked at, other signs must do. */
bool attach_host_is_apart(GError **error)
{
    struct stat own;
    if (stat("/proc/self/ns/net", &own) == 0)
        switch (same_namespace("/proc/1/ns/net", &own)) {
        case DIFFERENT:
            return true;
        case SAME:
            break;
        case UNKNOWN:
            if (has_a_name(&own) || owned_by_others() || left_another(&own))
                return true;
        }
    return fail(
        error, ATTACH_ERROR_USAGE,
        "this is the machine's own network namespace; simulated devices would answer on its "
        "interfaces. Use a namespace of their own (ip netns add lab; ip netns exec lab vpnsim "
        "attach ...), or say --allow-host-interface if you mean it");
}

/* ---- Opening ---- */

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static bool interface_flags(int fd, const char *name, short *flags)
{
    struct ifreq r = {0};
    g_strlcpy(r.ifr_name, name, sizeof r.ifr_name);
    bool ok = ioctl(fd, SIOCGIFFLAGS, &r) == 0;
    *flags = r.ifr_flags;
    return ok;
}

static bool is_ethernet(int fd, const char *name)
{
    struct ifreq r = {0};
    g_strlcpy(r.ifr_name, name, sizeof r.ifr_name);
    return ioctl(fd, SIOCGIFHWADDR, &r) == 0 && r.ifr_hwaddr.sa_family == 1; /* ARPHRD_ETHER */
}

static bool check_interface(struct attach_host *h, GError **error)
{
    short flags;
    if (!h->index || !interface_flags(h->fd, h->name, &flags))
        return fail(error, ATTACH_ERROR_USAGE,
                    "%s: there is no such interface in this network namespace", h->name);
    if (flags & IFF_LOOPBACK || !is_ethernet(h->fd, h->name))
        return fail(error, ATTACH_ERROR_USAGE,
                    "%s is no Ethernet interface; a TUN is bound as NAME=tun:%s", h->name, h->name);
    if (!(flags & IFF_UP))
        return fail(error, ATTACH_ERROR_USAGE, "%s is down (ip link set %s up)", h->name, h->name);
    return true;
}

static bool open_packet(struct attach_host *h, GError **error)
{
    /* Protocol 0: deaf until it is bound, so that nothing of another interface is ever heard. */
    h->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (h->fd < 0)
        return fail(error, ATTACH_ERROR_USAGE,
                    "%s: packet sockets are not allowed here: %s (CAP_NET_RAW)", h->name,
                    g_strerror(errno));
    h->index = if_nametoindex(h->name);
    if (!check_interface(h, error))
        return false;
    struct packet_mreq promiscuous = {.mr_ifindex = (int)h->index, .mr_type = PACKET_MR_PROMISC};
    struct sockaddr_ll at = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)h->index};
    if (!set_option(h->fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
        set_option(h->fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER); /* what the system allows */
    if (!set_option(h->fd, SOL_PACKET, PACKET_VNET_HDR, 1) ||
        !set_option(h->fd, SOL_PACKET, PACKET_AUXDATA, 1) ||
        !set_option(h->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) ||
        setsockopt(h->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) <
            0 ||
        bind(h->fd, (struct sockaddr *)&at, sizeof at) < 0)
        return fail(error, ATTACH_ERROR_USAGE, "%s cannot be bound: %s", h->name,
                    g_strerror(errno));
    set_option(h->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING,
               1); /* since 4.20; else told by the type */
    return true;
}

static bool open_tun(struct attach_host *h, GError **error)
{
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    g_strlcpy(r.ifr_name, h->name, sizeof r.ifr_name);
    h->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (h->fd < 0 || ioctl(h->fd, TUNSETIFF, &r) < 0)
        return fail(error, ATTACH_ERROR_USAGE,
                    "tun:%s cannot be opened: %s (ip tuntap add dev %s mode tun)", h->name,
                    g_strerror(errno), h->name);
    h->index = if_nametoindex(h->name);
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    short flags = 0;
    bool up = s >= 0 && interface_flags(s, h->name, &flags) && flags & IFF_UP;
    if (s >= 0)
        close(s);
    return up ||
           fail(error, ATTACH_ERROR_USAGE,
                "%s is down: make it with `ip tuntap add dev %s mode tun`, give it an address and "
                "`ip link set %s up` first",
                h->name, h->name, h->name);
}

struct attach_host *attach_host_open(const char *spec, GError **error)
{
    struct attach_host *h = g_new0(struct attach_host, 1);
    h->fd = -1;
    h->ethernet = !g_str_has_prefix(spec, TUN_PREFIX);
    h->name = g_strdup(h->ethernet ? spec : spec + strlen(TUN_PREFIX));
    bool ok;
    if (!*h->name || strlen(h->name) >= IFNAMSIZ)
        ok = fail(error, ATTACH_ERROR_USAGE, "\"%s\" cannot be the name of an interface", h->name);
    else
        ok = h->ethernet ? open_packet(h, error) : open_tun(h, error);
    if (ok)
        return h;
    attach_host_close(h);
    return NULL;
}

void attach_host_close(struct attach_host *h)
{
    if (!h)
        return;
    if (h->fd >= 0)
        close(h->fd);
    g_free(h->name);
    g_free(h);
}

const char *attach_host_name(const struct attach_host *h)
{
    return h->name;
}

bool attach_host_is_ethernet(const struct attach_host *h)
{
    return h->ethernet;
}

int attach_host_fd(const struct attach_host *h)
{
    return h->fd;
}

/* ---- Reading and writing ---- */

static int gone(const struct attach_host *h, int cause, GError **error)
{
    const char *what = if_nametoindex(h->name) == h->index ? "went down" : "vanished";
    fail(error, ATTACH_ERROR_GONE, "interface %s %s while attached (%s)", h->name, what,
         g_strerror(cause));
    return -1;
}

static void read_control(struct msghdr *m, struct attach_meta *meta, sim_time *waited)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata aux;
            memcpy(&aux, CMSG_DATA(c), sizeof aux);
            meta->vlan = aux.tp_status & TP_STATUS_VLAN_VALID;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp, now;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            clock_gettime(CLOCK_REALTIME, &now);
            sim_time age = SECONDS(now.tv_sec - stamp.tv_sec) + (now.tv_nsec - stamp.tv_nsec);
            *waited = MAX(age, 0);
        }
    }
}

static void read_offload(const struct virtio_net_hdr *v, struct attach_meta *meta)
{
    meta->checksum_unfinished = v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
    meta->checksum_start = v->csum_start;
    meta->checksum_offset = v->csum_offset;
    meta->gso_bytes = v->gso_size;
    switch (v->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_NONE:
        meta->gso = ATTACH_GSO_NONE;
        break;
    case VIRTIO_NET_HDR_GSO_TCPV4:
        meta->gso = ATTACH_GSO_TCP;
        break;
#ifdef VIRTIO_NET_HDR_GSO_UDP_L4
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        meta->gso = ATTACH_GSO_UDP;
        break;
#endif
    default:
        meta->gso = ATTACH_GSO_OTHER;
    }
}

static int read_packet(struct attach_host *h, size_t *n, struct attach_meta *meta, sim_time *waited,
                       uint64_t *spoilt, GError **error)
{
    for (;;) {
        struct virtio_net_hdr v = {0};
        struct iovec io[] = {{&v, sizeof v}, {h->buffer, sizeof h->buffer}};
        union {
            char bytes[256];
            struct cmsghdr align;
        } control;
        struct sockaddr_ll from;
        struct msghdr m = {.msg_name = &from,
                           .msg_namelen = sizeof from,
                           .msg_iov = io,
                           .msg_iovlen = 2,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
        ssize_t got = recvmsg(h->fd, &m, 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EINVAL) { /* an offload that this header cannot describe */
            ++*spoilt;
            continue;
        }
        if (got < 0)
            return gone(h, errno, error);
        if (got < (ssize_t)sizeof v || m.msg_flags & MSG_TRUNC) {
            ++*spoilt;
            continue;
        }
        if (from.sll_pkttype == PACKET_OUTGOING)
            continue;
        *n = (size_t)got - sizeof v;
        read_offload(&v, meta);
        read_control(&m, meta, waited);
        return 1;
    }
}

static int read_tun(struct attach_host *h, size_t *n, GError **error)
{
    ssize_t got;
    do
        got = read(h->fd, h->buffer, sizeof h->buffer);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (got <= 0)
        return gone(h, got < 0 ? errno : ENXIO, error);
    *n = (size_t)got;
    return 1;
}

int attach_host_read(struct attach_host *h, uint8_t **frame, size_t *n, struct attach_meta *meta,
                     sim_time *waited, uint64_t *spoilt, GError **error)
{
    *meta = (struct attach_meta){0};
    *waited = 0;
    *frame = h->buffer;
    return h->ethernet ? read_packet(h, n, meta, waited, spoilt, error) : read_tun(h, n, error);
}

int attach_host_send(void *host, struct span frame)
{
    struct attach_host *h = host;
    struct virtio_net_hdr v = {0}; /* everything is finished */
    struct iovec io[] = {{&v, sizeof v}, {(void *)frame.p, frame.n}};
    struct msghdr m = {.msg_iov = io, .msg_iovlen = 2};
    ssize_t sent;
    do
        sent = h->ethernet ? sendmsg(h->fd, &m, 0) : write(h->fd, frame.p, frame.n);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

uint64_t attach_host_overrun(struct attach_host *h)
{
    struct tpacket_stats stats = {0};
    socklen_t n = sizeof stats;
    if (!h->ethernet || getsockopt(h->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &n) < 0)
        return 0;
    return stats.tp_drops;
}

/* The first IPv4 address on `name`, or the name of the interface that has `addr`. */
static char *look_up(const char *name, ip4 addr)
{
    struct ifaddrs *all;
    char *found = NULL;
    if (getifaddrs(&all) < 0)
        return NULL;
    for (const struct ifaddrs *a = all; a && !found; a = a->ifa_next) {
        if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
            continue;
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)a->ifa_addr;
        ip4 here = ntohl(in->sin_addr.s_addr);
        if (name && !strcmp(a->ifa_name, name))
            found = g_strdup(IP4S(here));
        else if (!name && here == addr)
            found = g_strdup(a->ifa_name);
    }
    freeifaddrs(all);
    return found;
}

char *attach_host_address(const char *name)
{
    return look_up(name, 0);
}

char *attach_host_owner(ip4 addr)
{
    return addr ? look_up(NULL, addr) : NULL;
}
