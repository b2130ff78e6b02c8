/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that cannot fail, and messages that cannot harm a terminal.
 */
#ifndef EXT4DAX_UTIL_H
#define EXT4DAX_UTIL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#define PROGRAM "ext4dax"

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define PMD_BYTES (2 * MIB)	/* what one page-middle-directory entry maps */
#define SECTOR_BYTES 512ULL	/* sysfs counts block devices in these */

/* What the program tells its caller. */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_FAULT = 3,		/* verify found a fault */
};

/* End the program with EXIT_FAILED and a message: memory is out. */
void out_of_memory(void) __attribute__((noreturn));

/* calloc() that ends the program with EXIT_FAILED when memory is out. */
void *xcalloc(size_t n, size_t size);

/* Grow @array, of @n elements of @size bytes, by one zeroed element. */
void *xgrow(void *array, size_t n, size_t size);

/* strdup() that cannot fail; NULL stays NULL. */
char *xstrdup(const char *s);

/* asprintf() and vasprintf() that cannot fail. The caller frees the result. */
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *xvasprintf(const char *fmt, va_list args) PRINTF_LIKE(1, 0);

/*
 * Write @s to @out with every byte that is not part of a printable character
 * of the locale as \xNN, so that names from outside cannot drive a terminal.
 */
void put_safe(FILE *out, const char *s);

/*
 * Write "ext4dax: OBJECT: WHAT: REASON" to stderr, the reason formatted from
 * @fmt, everything passed through put_safe().
 */
void complain(const char *object, const char *what, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/*
 * Turn @s into valid UTF-8, each bad byte replaced by U+FFFD. The caller frees
 * the result.
 */
char *utf8_valid(const char *s);

/* What stands in valid UTF-8 for what cannot. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Length of the control character that the valid UTF-8 @s starts with, 0 if it does not. */
size_t utf8_control(const char *s);

/*
 * @s as one word for a shell: as it is if it needs no quotes. The caller frees
 * the result.
 */
char *shell_quoted(const char *s);

/*
 * Format @bytes in the largest binary unit that keeps it at 1 or more, as
 * "2M" or "1.9G". The caller frees the result.
 */
char *human_bytes(unsigned long long bytes);

/*
 * Open /dev/null, in the direction that makes every use fail, on each of the
 * descriptors 0 to 2 that is closed: a device opened later must never become
 * somebody's stdout.
 */
void stdio_reserve(void);

/* Flush stdout. Returns -1 if any byte of it could not be written: stdout_check() says why. */
int stdout_flush(void);

/*
 * atexit() handler: flush and close stdout, and end with EXIT_FAILED if any
 * byte of it could not be written.
 */
void stdout_check(void);

#endif
