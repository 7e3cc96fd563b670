/* flood send ADDRESS PORT SIZE SECONDS [MBIT]: UDP datagrams of SIZE bytes as fast as they go, or
 * at that rate. flood receive PORT: counts until a second passes without any; prints "packets bytes
 * milliseconds" between the first and the last. For throughput.sh. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int flood_send(const char *address, int port, size_t size, double seconds, double mbit)
{
    static uint8_t bytes[65507];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 || size > sizeof bytes)
        return 1;
    int64_t began = now_ns(), end = began + (int64_t)(seconds * 1e9);
    int64_t apart = mbit > 0 ? (int64_t)((double)size * 8e3 / mbit) : 0;
    uint64_t sent = 0;
    for (int64_t now = began; now < end; now = now_ns()) {
        if (apart && now < began + (int64_t)sent * apart)
            continue;
        if (sendto(fd, bytes, size, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)size)
            sent++;
    }
    printf("%llu %llu %.0f\n", (unsigned long long)sent, (unsigned long long)(sent * size),
           seconds * 1000);
    return 0;
}

static int flood_receive(int port)
{
    static uint8_t bytes[65536];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {.tv_sec = 15};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
        return 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    uint64_t packets = 0, total = 0;
    int64_t first = 0, last = 0;
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) >= 0;) {
        last = now_ns();
        if (packets++ == 0) {
            first = last;
            patience.tv_sec = 1;
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        }
        total += (uint64_t)n;
    }
    printf("%llu %llu %lld\n", (unsigned long long)packets, (unsigned long long)total,
           (long long)(last - first) / 1000000);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 6 && strcmp(argv[1], "send") == 0)
        return flood_send(argv[2], atoi(argv[3]), strtoul(argv[4], NULL, 10), atof(argv[5]),
                          argc > 6 ? atof(argv[6]) : 0);
    if (argc == 3 && strcmp(argv[1], "receive") == 0)
        return flood_receive(atoi(argv[2]));
    fprintf(stderr, "usage: flood send ADDRESS PORT SIZE SECONDS [MBIT] | flood receive PORT\n");
    return 2;
}
