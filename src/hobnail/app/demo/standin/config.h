/* boot.cfg as VMware's mboot reads it; in place, without memory of our own. */

#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* Values are never null; "" where the file has none. */
struct boot_config {
    const char *kernel;
    const char *kernel_options;
    char *modules; /* for next_module */
    const char *prefix;
    const char *no_bootif;
};

/* Read a file of `size` bytes at `text`, which has room for one byte more; what is found stays in it. */
void read_config(char *text, size_t size, struct boot_config *config);

/* Take the next module off the list: its file, and its options or "". False at the end. */
bool next_module(char **list, const char **file, const char **options);

/* Write the name to ask for into `out`; false when it does not fit. `folder` is where boot.cfg lies, no slash last. */
bool resolve(const struct boot_config *config, const char *folder, const char *file, char *out, size_t room);

/* True when the words of a command line include one that begins so. */
bool has_word(const char *line, const char *beginning);

#endif
