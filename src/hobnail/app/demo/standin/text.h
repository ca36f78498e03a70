/* Text ended by NUL; there is no library here. */

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

static inline size_t length(const char *text)
{
    size_t size = 0;

    while (text[size])
        size++;
    return size;
}

static inline bool begins_with(const char *text, const char *beginning)
{
    while (*beginning)
        if (*text++ != *beginning++)
            return false;
    return true;
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* True when `text` begins with the `size` bytes at `beginning`, whatever the case. */
static inline bool begins_with_any_case(const char *text, const char *beginning, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!text[i] || lower(text[i]) != lower(beginning[i]))
            return false;
    return true;
}

/* Write `text` behind what stands in `out`, as much as there is room for. */
static inline void append(char *out, size_t room, const char *text)
{
    size_t at = length(out);

    while (*text && at + 1 < room)
        out[at++] = *text++;
    out[at] = 0;
}

#endif
