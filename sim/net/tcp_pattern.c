/* The bytes of TCP streams: each eight of them are a mixture of the stream's key and their place,
 * so that none is like its neighbour or like the same place in another stream. */
#include "tcp_priv.h"

static uint64_t word_at(uint64_t key, bool opener, uint64_t number)
{
    uint64_t x = key + (opener ? UINT64_C(0x6a09e667f3bcc909) : 0) +
                 (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void net_tcp_pattern(uint64_t key, bool opener, uint64_t offset, uint8_t *out, size_t n)
{
    uint8_t word[8];
    while (n > 0) {
        size_t in = offset % sizeof word, m = MIN(n, sizeof word - in);
        uint64_t be = GUINT64_TO_BE(word_at(key, opener, offset / sizeof word));
        memcpy(word, &be, sizeof word);
        memcpy(out, word + in, m);
        out += m;
        offset += m;
        n -= m;
    }
}

size_t net_tcp_pattern_wrong(uint64_t key, bool opener, uint64_t offset, struct span bytes)
{
    uint8_t word[8];
    size_t wrong = 0;
    for (size_t at = 0; at < bytes.n;) {
        size_t in = (offset + at) % sizeof word, m = MIN(bytes.n - at, sizeof word - in);
        uint64_t be = GUINT64_TO_BE(word_at(key, opener, (offset + at) / sizeof word));
        memcpy(word, &be, sizeof word);
        if (memcmp(bytes.p + at, word + in, m) != 0)
            for (size_t i = 0; i < m; i++)
                wrong += bytes.p[at + i] != word[in + i];
        at += m;
    }
    return wrong;
}
