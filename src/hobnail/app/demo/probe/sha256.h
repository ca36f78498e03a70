/* SHA-256 (FIPS 180-4) of bytes that lie in memory in one piece. */

#ifndef SHA256_H
#define SHA256_H

#include <stdint.h>

#define SHA256_WORDS 8

/* Put the digest of the `size` bytes at `data` into `digest`, most significant word first. */
void sha256(const uint8_t *data, uint32_t size, uint32_t digest[SHA256_WORDS]);

#endif
