#ifndef CI_INTERNAL_H
#define CI_INTERNAL_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CImageFiles.h"

static inline void ci_note(char *message, const char *text) { snprintf(message, CI_MESSAGE_SIZE, "%s", text); }

/// The luma of ITU-R 601-2, in parts of 65536, rounded.
static inline uint8_t ci_grey(const uint8_t *p) {
    return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 32768) >> 16);
}

#endif
