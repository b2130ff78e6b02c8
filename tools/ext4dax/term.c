// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "term.h"
#include "util.h"

/* Another screen, no cursor; and back. */
#define SCREEN_TAKE "\033[?1049h\033[?25l"
#define SCREEN_GIVE "\033[?25h\033[?1049l"

/* What the signal handlers need is never freed. */
static struct {
	volatile sig_atomic_t screen, keys;	/* taken */
	struct termios before;
	sigset_t mask;		/* before term_begin() */
	int signals;		/* a signalfd */
	int death;		/* the signal that ends us */
} term = { .signals = -1 };

/* They wait in a signalfd. */
static const int awaited[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT };

/* They cannot wait. */
static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

struct term_size term_size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return (struct term_size){ 80, 24 };
	return (struct term_size){ size.ws_col, size.ws_row };
}

bool term_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

uint64_t term_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void take(void)
{
	struct termios keys;

	if (!tcgetattr(STDIN_FILENO, &term.before)) {
		keys = term.before;
		keys.c_lflag &= ~(ICANON | ECHO);
		keys.c_cc[VMIN] = 0;
		keys.c_cc[VTIME] = 0;
		term.keys = !tcsetattr(STDIN_FILENO, TCSANOW, &keys);
	}
	term.screen = 1;
	fputs(SCREEN_TAKE, stdout);
	fflush(stdout);
}

/* Calls nothing that a signal handler may not call. */
static void give(void)
{
	if (term.screen) {
		ssize_t put = write(STDOUT_FILENO, SCREEN_GIVE, sizeof(SCREEN_GIVE) - 1);

		(void)put;	/* the terminal may be gone */
	}
	if (term.keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
	term.screen = term.keys = 0;
}

static void crash(int signal)
{
	give();
	kill(getpid(), signal);		/* its handler is the default one again */
}

int term_begin(void)
{
	const struct sigaction crashed = { .sa_handler = crash, .sa_flags = SA_RESETHAND };
	sigset_t set;

	if (!isatty(STDOUT_FILENO))
		return 0;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(awaited); i++)
		sigaddset(&set, awaited[i]);
	if (sigprocmask(SIG_BLOCK, &set, &term.mask))
		return -errno;
	term.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (term.signals < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &crashed, NULL);
	atexit(term_end);
	take();
	return 0;
}

void term_end(void)
{
	fflush(stdout);
	give();
	if (term.signals < 0)
		return;
	close(term.signals);
	term.signals = -1;
	sigprocmask(SIG_SETMASK, &term.mask, NULL);
}

void term_die(void)
{
	int signal = term.death;

	term_end();
	kill(getpid(), signal);
	_exit(EXIT_FAILED);	/* it was ignored before we began */
}

static void stop(void)
{
	give();
	kill(getpid(), SIGSTOP);
	take();
}

/* What the next signal means; TERM_TIMEOUT if there is none. */
static enum term_event next_signal(void)
{
	struct signalfd_siginfo info;

	if (read(term.signals, &info, sizeof(info)) != sizeof(info))
		return TERM_TIMEOUT;
	switch (info.ssi_signo) {
	case SIGTSTP:
		stop();
		return TERM_REDRAW;
	case SIGWINCH:
	case SIGCONT:
		return TERM_REDRAW;
	default:
		term.death = info.ssi_signo;
		return TERM_SIGNAL;
	}
}

static bool next_key_quits(short events)
{
	char key;

	if (!(events & POLLIN))
		return events & (POLLHUP | POLLERR | POLLNVAL);
	return read(STDIN_FILENO, &key, 1) == 1 && (key == 'q' || key == 'Q');
}

enum term_event term_wait(uint64_t until)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = term.signals, .events = POLLIN },
			{ .fd = term.keys ? STDIN_FILENO : -1, .events = POLLIN },
		};
		uint64_t now = term_now();
		uint64_t left = until > now ? until - now : 0;
		const struct timespec wait = { left / 1000000000, left % 1000000000 };

		if (ppoll(fds, ARRAY_SIZE(fds), &wait, NULL) < 0 && errno != EINTR)
			return TERM_QUIT;
		if (fds[0].revents) {
			enum term_event event = next_signal();

			if (event != TERM_TIMEOUT)
				return event;
		}
		if (fds[1].revents && next_key_quits(fds[1].revents))
			return TERM_QUIT;
		if (!left)
			return TERM_TIMEOUT;
	}
}

/* Write the line at @text, of at most @width columns of the screen. */
static void show_line(const char *text, size_t len, unsigned int width)
{
	mbstate_t state = { 0 };
	const char *at = text;
	unsigned int used = 0;

	while (at < text + len) {
		wchar_t wc;
		size_t n = mbrtowc(&wc, at, text + len - at, &state);
		int cells = n && n <= len ? wcwidth(wc) : -1;

		if (cells < 0 || used + cells > width)
			break;
		used += cells;
		at += n;
	}
	fwrite(text, 1, at - text, stdout);
}

int term_show(const char *text)
{
	struct term_size size = term_size();

	if (!term.screen) {
		printf("%s\n", text);
		return stdout_flush();
	}
	/* Nothing is cleared before it is written anew, so nothing flickers. */
	fputs("\033[H", stdout);
	for (unsigned int row = 0; row < size.rows && *text; row++) {
		size_t len = strcspn(text, "\n");

		if (row)
			fputs("\r\n", stdout);
		show_line(text, len, size.columns);
		fputs("\033[K", stdout);
		text += len + (text[len] == '\n');
	}
	fputs("\033[J", stdout);
	return stdout_flush();
}
