/* SHA-256 (FIPS 180-4) of bytes that lie in memory, in one piece or in several. */

#ifndef SHA256_H
#define SHA256_H

#include <stdint.h>

#define SHA256_WORDS 8
#define SHA256_BLOCK 64

/* Put the digest of the `size` bytes at `data` into `digest`, most significant word first. */
void sha256(const uint8_t *data, uint32_t size, uint32_t digest[SHA256_WORDS]);

/* The same in pieces: begin, any count of whole blocks, then less than a block and the size of all together. */
void sha256_begin(uint32_t digest[SHA256_WORDS]);
void sha256_blocks(uint32_t digest[SHA256_WORDS], const uint8_t *data, uint32_t count);
void sha256_finish(uint32_t digest[SHA256_WORDS], const uint8_t *rest, uint32_t rest_bytes, uint32_t size);

#endif
