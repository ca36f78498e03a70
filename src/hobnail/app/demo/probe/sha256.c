/*
 * SHA-256, written from FIPS 180-4 (names as there: Ch, Maj, Sigma, sigma, W, K; sections 4.1.2, 4.2.2, 5.1.1, 6.2).
 *
 * The probe runs under full emulation, where rotating eight variables through memory is what costs: so eight rounds
 * are written out, and the names rotate instead. The schedule is kept in sixteen words.
 */

#include "sha256.h"

#define BLOCK_BYTES SHA256_BLOCK
#define LENGTH_BYTES 8

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t INITIAL[SHA256_WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

#define ROTR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define CH(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MAJ(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define SIGMA0(x) (ROTR(x, 2) ^ ROTR(x, 13) ^ ROTR(x, 22))
#define SIGMA1(x) (ROTR(x, 6) ^ ROTR(x, 11) ^ ROTR(x, 25))
#define sigma0(x) (ROTR(x, 7) ^ ROTR(x, 18) ^ ((x) >> 3))
#define sigma1(x) (ROTR(x, 17) ^ ROTR(x, 19) ^ ((x) >> 10))

/* W of round t, made in place of W of round t - 16 (section 6.2.2, step 1). */
#define EXPAND(t) (W[(t) & 15] += sigma1(W[((t) - 2) & 15]) + W[((t) - 7) & 15] + sigma0(W[((t) - 15) & 15]))

/* One round (section 6.2.2, step 3), with the results left in d and h. */
#define ROUND(a, b, c, d, e, f, g, h, k, w)                     \
    do {                                                        \
        uint32_t t1 = h + SIGMA1(e) + CH(e, f, g) + (k) + (w);  \
        d += t1;                                                \
        h = t1 + SIGMA0(a) + MAJ(a, b, c);                      \
    } while (0)

/* Eight rounds from round t on, after which every variable is back in its place. */
#define EIGHT_ROUNDS(t, WORD)                                   \
    do {                                                        \
        ROUND(a, b, c, d, e, f, g, h, K[(t)], WORD((t)));           \
        ROUND(h, a, b, c, d, e, f, g, K[(t) + 1], WORD((t) + 1));   \
        ROUND(g, h, a, b, c, d, e, f, K[(t) + 2], WORD((t) + 2));   \
        ROUND(f, g, h, a, b, c, d, e, K[(t) + 3], WORD((t) + 3));   \
        ROUND(e, f, g, h, a, b, c, d, K[(t) + 4], WORD((t) + 4));   \
        ROUND(d, e, f, g, h, a, b, c, K[(t) + 5], WORD((t) + 5));   \
        ROUND(c, d, e, f, g, h, a, b, K[(t) + 6], WORD((t) + 6));   \
        ROUND(b, c, d, e, f, g, h, a, K[(t) + 7], WORD((t) + 7));   \
    } while (0)

/* Word t of the block, read where it lies; the machine is little-endian, the standard is not. */
#define LOAD(t) (W[(t)] = big_endian(block + 4 * (t)))

static inline uint32_t big_endian(const uint8_t *bytes)
{
    uint32_t word;

    __builtin_memcpy(&word, bytes, sizeof word);
    return __builtin_bswap32(word);
}

static void compress(uint32_t H[SHA256_WORDS], const uint8_t *block)
{
    uint32_t W[16];
    uint32_t a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];

    EIGHT_ROUNDS(0, LOAD);
    EIGHT_ROUNDS(8, LOAD);
    for (uint32_t t = 16; t < 64; t += 16) {
        EIGHT_ROUNDS(t, EXPAND);
        EIGHT_ROUNDS(t + 8, EXPAND);
    }
    H[0] += a;
    H[1] += b;
    H[2] += c;
    H[3] += d;
    H[4] += e;
    H[5] += f;
    H[6] += g;
    H[7] += h;
}

/* The rest of the message, a one bit, zeros, and the message's length in bits (section 5.1.1): one block or two. */
void sha256_finish(uint32_t H[SHA256_WORDS], const uint8_t *rest, uint32_t rest_bytes, uint32_t size)
{
    uint8_t block[2 * BLOCK_BYTES];
    uint32_t end = rest_bytes < BLOCK_BYTES - LENGTH_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    uint32_t bits[2] = {__builtin_bswap32(size >> 29), __builtin_bswap32(size << 3)};

    for (uint32_t i = 0; i < rest_bytes; i++)
        block[i] = rest[i];
    block[rest_bytes] = 0x80;
    for (uint32_t i = rest_bytes + 1; i < end - LENGTH_BYTES; i++)
        block[i] = 0;
    __builtin_memcpy(block + end - LENGTH_BYTES, bits, LENGTH_BYTES);
    for (uint32_t i = 0; i < end; i += BLOCK_BYTES)
        compress(H, block + i);
}

void sha256_begin(uint32_t digest[SHA256_WORDS])
{
    for (uint32_t i = 0; i < SHA256_WORDS; i++)
        digest[i] = INITIAL[i];
}

void sha256_blocks(uint32_t digest[SHA256_WORDS], const uint8_t *data, uint32_t count)
{
    for (; count; count--, data += BLOCK_BYTES)
        compress(digest, data);
}

void sha256(const uint8_t *data, uint32_t size, uint32_t digest[SHA256_WORDS])
{
    uint32_t rest = size % BLOCK_BYTES;

    sha256_begin(digest);
    sha256_blocks(digest, data, size / BLOCK_BYTES);
    sha256_finish(digest, data + size - rest, rest, size);
}
