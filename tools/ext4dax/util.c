// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "util.h"

void out_of_memory(void)
{
	fputs(PROGRAM ": memory: allocate: out of memory\n", stderr);
	exit(EXIT_FAILED);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		out_of_memory();
	return p;
}

void *xgrow(void *array, size_t n, size_t size)
{
	char *p = reallocarray(array, n + 1, size);

	if (!p)
		out_of_memory();
	memset(p + n * size, 0, size);
	return p;
}

char *xstrdup(const char *s)
{
	char *copy;

	if (!s)
		return NULL;
	copy = strdup(s);
	if (!copy)
		out_of_memory();
	return copy;
}

char *xvasprintf(const char *fmt, va_list args)
{
	char *s;

	if (vasprintf(&s, fmt, args) < 0)
		out_of_memory();
	return s;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	s = xvasprintf(fmt, args);
	va_end(args);
	return s;
}

void put_safe(FILE *out, const char *s)
{
	mbstate_t state = { 0 };

	while (*s) {
		wchar_t wc;
		size_t len = mbrtowc(&wc, s, MB_CUR_MAX, &state);

		if (len != (size_t)-1 && len != (size_t)-2 && iswprint(wc)) {
			fwrite(s, 1, len, out);
			s += len;
			continue;
		}
		fprintf(out, "\\x%02x", (unsigned char)*s);
		memset(&state, 0, sizeof(state));
		s++;
	}
}

void complain(const char *object, const char *what, const char *fmt, ...)
{
	va_list args;
	char *reason;

	va_start(args, fmt);
	reason = xvasprintf(fmt, args);
	va_end(args);

	fputs(PROGRAM ": ", stderr);
	put_safe(stderr, object);
	fputs(": ", stderr);
	put_safe(stderr, what);
	fputs(": ", stderr);
	put_safe(stderr, reason);
	fputc('\n', stderr);
	free(reason);
}

/* Length of the well-formed UTF-8 sequence at @s, 0 if there is none. */
static size_t utf8_sequence(const unsigned char *s)
{
	static const struct {
		unsigned char lead_min, lead_max, second_min, second_max, len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t n;

		if (s[0] < forms[i].lead_min || s[0] > forms[i].lead_max)
			continue;
		if (s[1] < forms[i].second_min || s[1] > forms[i].second_max)
			return 0;
		for (n = 2; n < forms[i].len; n++)
			if ((s[n] & 0xc0) != 0x80)
				return 0;
		return n;
	}
	return 0;
}

char *utf8_valid(const char *s)
{
	static const char replacement[] = UTF8_REPLACEMENT;
	char *out = xcalloc(strlen(s) + 1, sizeof(replacement) - 1);
	char *to = out;

	while (*s) {
		size_t len = utf8_sequence((const unsigned char *)s);

		if (len) {
			memcpy(to, s, len);
			to += len;
			s += len;
		} else {
			memcpy(to, replacement, sizeof(replacement) - 1);
			to += sizeof(replacement) - 1;
			s++;
		}
	}
	return out;
}

size_t utf8_control(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;

	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
		return 2;
	return (c[0] && c[0] < ' ') || c[0] == 0x7f;
}

char *shell_quoted(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:,@%+=-";
	char *out, *to;

	if (*s && !s[strspn(s, plain)])
		return xstrdup(s);
	out = xcalloc(strlen(s) + 1, strlen("'\\''"));
	to = out;
	*to++ = '\'';
	for (; *s; s++) {
		if (*s == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *s;
	}
	*to++ = '\'';
	return out;
}

char *human_bytes(unsigned long long bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned int unit = 0;
	unsigned long long whole = bytes, tenths = 0;

	while (whole >= 1024) {
		tenths = whole % 1024 * 10 / 1024;
		whole /= 1024;
		unit++;
	}
	if (tenths)
		return xasprintf("%llu.%llu%c", whole, tenths, units[unit]);
	return xasprintf("%llu%c", whole, units[unit]);
}

void stdio_reserve(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		/* The lowest free descriptor is @fd: those below are open. */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FAILED);
	}
}

/* Why stdout could not be written, 0 if it could. */
static int stdout_error;

int stdout_flush(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	if (!stdout_error)
		stdout_error = errno;
	return -1;
}

void stdout_check(void)
{
	int failed = stdout_flush();

	errno = 0;
	failed |= fclose(stdout);
	if (!failed)
		return;
	if (!stdout_error)
		stdout_error = errno;
	complain("stdout", "write", "%s",
		 stdout_error ? strerror(stdout_error) : "some of it was not written");
	_exit(EXIT_FAILED);
}
