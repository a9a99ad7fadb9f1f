#ifndef HELIOGRAPH_CLIBCRYPTO_SHIM_H
#define HELIOGRAPH_CLIBCRYPTO_SHIM_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

#endif
