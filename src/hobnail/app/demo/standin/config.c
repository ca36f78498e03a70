/*
 * boot.cfg as VMware's mboot reads it.
 *
 * Lines end in LF or CRLF; blanks around a line go, runs of blanks become one; empty lines and those with # are
 * passed over. What stands before the first = is compared, whatever its case, with the beginnings of the known keys
 * in a fixed order; the last line of a key wins. Modules are parted by ---, with or without blanks.
 */

#include "config.h"

#include "text.h"

#define SEPARATOR "---"

enum key {
    KERNEL, KERNELOPT, MODULES, TITLE, PREFIX, NOBOOTIF, TIMEOUT, NOQUIRKS, NORTS, CRYPTO, RUNTIMEWD,
    RUNTIMEWDTIMEOUT, TFTPBLKSIZE, ACPITABLES, SKIP, ERRTIMEOUT, KEYS
};

static const char *const NAMES[KEYS] = {
    "kernel", "kernelopt", "modules", "title", "prefix", "nobootif", "timeout", "noquirks", "norts", "crypto",
    "runtimewd", "runtimewdtimeout", "tftpblksize", "acpitables", "skip", "errtimeout"
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Take blanks from both ends, and make one of each run of blanks within. */
static char *tidy(char *line)
{
    char *out = line;

    for (char *in = line; *in; in++)
        if (!is_blank(*in))
            *out++ = *in;
        else if (out > line && out[-1] != ' ')
            *out++ = ' ';
    if (out > line && out[-1] == ' ')
        out--;
    *out = 0;
    return line;
}

static enum key find_key(const char *text, size_t size)
{
    for (enum key key = 0; key < KEYS; key++)
        if (begins_with_any_case(NAMES[key], text, size))
            return key;
    return KEYS;
}

static void take_line(char *line, struct boot_config *config)
{
    char *equals = line;

    while (*equals && *equals != '=')
        equals++;
    if (*line == '#' || !*equals)
        return;
    char *value = tidy(equals + 1);
    switch (find_key(line, (size_t)(equals - line))) {
    case KERNEL: config->kernel = value; break;
    case KERNELOPT: config->kernel_options = value; break;
    case MODULES: config->modules = value; break;
    case PREFIX: config->prefix = value; break;
    case NOBOOTIF: config->no_bootif = value; break;
    default: break; /* unknown, or of no meaning to us */
    }
}

void read_config(char *text, size_t size, struct boot_config *config)
{
    static char nothing[1];
    char *end = text + size;

    *config = (struct boot_config){ .kernel = "", .kernel_options = "", .modules = nothing, .prefix = "",
                                    .no_bootif = "" };
    for (char *line = text; line < end;) {
        char *next = line;

        while (next < end && *next != '\n')
            next++;
        *next = 0; /* at `end` in the one byte of room */
        take_line(tidy(line), config);
        line = next + 1;
    }
}

bool next_module(char **list, const char **file, const char **options)
{
    while (**list) {
        char *item = *list;
        char *at = item;

        while (*at && !begins_with(at, SEPARATOR))
            at++;
        *list = *at ? at + sizeof SEPARATOR - 1 : at;
        *at = 0;
        tidy(item);
        if (!*item)
            continue;
        *file = item;
        while (*item && *item != ' ')
            item++;
        *options = *item ? item + 1 : item;
        *item = 0;
        return true;
    }
    return false;
}

static bool is_whole(const char *file)
{
    if (*file == '/')
        return true;
    for (; *file; file++)
        if (begins_with(file, "://"))
            return true;
    return false;
}

bool resolve(const struct boot_config *config, const char *folder, const char *file, char *out, size_t room)
{
    const char *before = is_whole(file) ? "" : *config->prefix ? config->prefix : folder;
    const char *const parts[] = { before, *before ? "/" : "", file };
    char *at = out;

    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++)
        for (const char *in = parts[part]; *in; in++) {
            char c = *in == '\\' ? '/' : *in;
            bool doubled = c == '/' && at > out && at[-1] == '/' && !(at - out > 1 && at[-2] == ':');

            if (doubled)
                continue;
            if ((size_t)(at - out) + 1 >= room)
                return false;
            *at++ = c;
        }
    *at = 0;
    return true;
}

bool has_word(const char *line, const char *beginning)
{
    for (const char *at = line; *at; at++)
        if ((at == line || at[-1] == ' ') && begins_with(at, beginning))
            return true;
    return false;
}
