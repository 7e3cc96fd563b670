/* stream FLOW BYTES: what the peer of `from` sends over a TCP flow of that name, as the
 * simulation's hosts expect it; stream -o FLOW BYTES: what `from` sends. On its own, from the
 * description in sim/net/tcp_pattern.c: eight bytes at a time are a mixture of the flow's name and
 * their place. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64's output function. */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

int main(int argc, char **argv)
{
    int opener = argc > 1 && strcmp(argv[1], "-o") == 0;
    if (argc != 3 + opener) {
        fputs("usage: stream [-o] FLOW BYTES\n", stderr);
        return 2;
    }
    uint64_t key = UINT64_C(0xcbf29ce484222325), bytes = strtoull(argv[2 + opener], NULL, 10);
    for (const char *c = argv[1 + opener]; *c; c++) /* FNV-1a */
        key = (key ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    if (opener)
        key += UINT64_C(0x6a09e667f3bcc909);
    for (uint64_t at = 0, word = 0; at < bytes; at++) {
        if (at % 8 == 0)
            word = mixed(key + (at / 8 + 1) * UINT64_C(0x9e3779b97f4a7c15));
        putchar((int)(word >> (56 - at % 8 * 8) & 0xff));
    }
    return fflush(stdout) != 0;
}
