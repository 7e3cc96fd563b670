/* Writes a capture of UDP datagrams of 0 to 1600 bytes of payload, sealed with every transform, in
 * both modes, with and without UDP around ESP. The SPI says which transform it was (cipher, hash,
 * mode, encapsulation: a digit each), the sequence number which payload: 1 is none. */
#include <stdio.h>
#include <string.h>

#include "ipsec/esp.h"
#include "wire/ip.h"

enum { MOST = 1600 };
static const ip4 left = IP4(192, 0, 2, 1), right = IP4(192, 0, 2, 2);

static void put32(uint32_t v)
{
    fwrite(&v, sizeof v, 1, stdout); /* in the order of this machine, as the first word tells */
}

static void put_packet(uint32_t number, struct span bytes)
{
    put32(number / 1000000);
    put32(number % 1000000);
    put32((uint32_t)bytes.n);
    put32((uint32_t)bytes.n);
    fwrite(bytes.p, 1, bytes.n, stdout);
}

static struct pkt *datagram(size_t n, bool transport)
{
    struct pkt *p = pkt_new(IP4_HEAD + UDP_HEAD + n);
    uint8_t *b = pkt_data(p), *udp = b + IP4_HEAD;
    const struct ip4_head h = {
        .ttl = 64,
        .protocol = IPPROTO_NUM_UDP,
        .head_bytes = IP4_HEAD,
        .total = (uint16_t)p->len,
        .src = transport ? left : IP4(10, 1, 0, 5),
        .dst = transport ? right : IP4(10, 2, 0, 5),
    };
    memset(b, 0x5a, p->len);
    ip4_head_emit(&h, b);
    be16_put(udp, 5001);
    be16_put(udp + 2, 5001);
    be16_put(udp + 4, (uint16_t)(UDP_HEAD + n));
    be16_put(udp + 6, 0);
    return p;
}

static void seal_all(struct esp_suite suite, uint32_t spi, uint32_t *number)
{
    uint8_t key[CRYPTO_MAX_KEY + CRYPTO_MAX_DIGEST];
    memset(key, 0x31, sizeof key);
    struct esp_sa *sa =
        esp_sa_new(spi, false, suite, left, right, span_of(key, esp_keymat_bytes(suite)), 0, NULL);
    sa->sport = sa->dport = 4500;
    uint16_t id = 1;
    for (size_t n = 0; n <= MOST; n++) {
        struct pkt *p = datagram(n, suite.transport);
        enum drop_reason why;
        esp_seal(sa, &p, 1, ESP_DF_CLEAR, &id, &why);
        if (why == DROP_NONE)
            put_packet((*number)++, pkt_span(p));
        pkt_unref(p);
    }
    esp_sa_free(sa);
}

int main(void)
{
    uint32_t number = 1;
    put32(0xa1b2c3d4);
    put32(2 | 4 << 16); /* version 2.4 */
    put32(0);
    put32(0);
    put32(65535);
    put32(101); /* packets of IP, without a link */
    for (uint32_t cipher = 0; cipher < CIPHER_COUNT; cipher++)
        for (uint32_t auth = 0; auth < HASH_COUNT; auth++)
            for (uint32_t way = 0; way < 4; way++) {
                const struct esp_suite suite = {.cipher = (enum crypto_cipher)cipher,
                                                .auth = (enum crypto_hash)auth,
                                                .transport = way & 1,
                                                .udp = way >> 1};
                if (cipher != CIPHER_NULL || auth != HASH_NONE)
                    seal_all(suite, 0x10000 | cipher << 12 | auth << 8 | (way & 1) << 4 | way >> 1,
                             &number);
            }
    return fflush(stdout) ? 1 : 0;
}
