#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stddef.h>

/* The library's own SHA256() looks the algorithm up by its name and allocates in each call, which takes several times as long
   as the digest of a few dozen bytes. None of these can fail. */
static inline void troupe_sha256(const void *bytes, size_t count, void *digest) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final((unsigned char *)digest, &context);
}
