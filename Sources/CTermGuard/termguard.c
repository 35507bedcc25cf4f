#include "CTermGuard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

/* Mouse, bracketed paste, application keys, colours, alternate screen off; cursor on. */
static const char sequence[] =
    "\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l\033[?1l\033>\033[0m\033[?1049l\033[?25h\r\n";

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGQUIT};
static const int soft_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
enum { crash_count = sizeof crash_signals / sizeof *crash_signals };
enum { soft_count = sizeof soft_signals / sizeof *soft_signals };
/* What is shown of the in-memory log after a crash, and what it may grow to before it is emptied. */
enum { log_shown = 8 * 1024, log_max = 256 * 1024 };

static atomic_bool armed;         /* between arm and disarm */
static atomic_bool owned;         /* the terminal is in the state that must be undone */
static atomic_int quits_unread;   /* INT, TERM, HUP that nobody read yet */
/* Made once and never closed, so that a late notice cannot hit a reused descriptor. */
static int ends[2] = {-1, -1};
static int stderr_saved = -1;
static int log_memory = -1;
static char log_hint[512];        /* the sentence shown after a crash when stderr went to a file */
static struct termios modes;
static sigset_t mask_saved;
static struct sigaction crash_saved[crash_count], soft_saved[soft_count];

static void write_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

void termguard_restore(void) {
    int error = errno;
    if (atomic_exchange(&owned, false)) {
        write_all(STDOUT_FILENO, sequence, sizeof sequence - 1);
        /* From the background, tcsetattr would stop us for good. */
        sigset_t stop, before;
        sigemptyset(&stop);
        sigaddset(&stop, SIGTTOU);
        pthread_sigmask(SIG_BLOCK, &stop, &before);
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    errno = error;
}

/* Shows the end of what stderr got: the message of the trap is there. */
static void show_log(void) {
    static char buffer[log_shown];
    if (stderr_saved < 0) return;
    dup2(stderr_saved, STDERR_FILENO);
    if (log_memory < 0) {
        write_all(STDERR_FILENO, log_hint, strnlen(log_hint, sizeof log_hint));
        return;
    }
    off_t size = lseek(log_memory, 0, SEEK_END);
    off_t from = size > log_shown ? size - log_shown : 0;
    ssize_t count = pread(log_memory, buffer, sizeof buffer, from);
    if (count > 0) write_all(STDERR_FILENO, buffer, (size_t)count);
}

/* The signal stays blocked until the return, then meets the action that was there before us (a
 * backtracer, or death), with the faulting context intact. A backtracer counts on the fault to happen
 * again: after a signal that somebody sent, none would, and we would live on without a screen. What
 * abort() sends, it sends again. */
static void crash(int number, siginfo_t *info, void *context) {
    int error = errno;
    (void)context;
    termguard_restore();
    show_log();
    bool is_sent = info->si_code <= 0 && !(number == SIGABRT && info->si_code == SI_TKILL);
    if (is_sent) signal(number, SIG_DFL);
    for (int i = 0; i < crash_count && !is_sent; i++)
        if (crash_signals[i] == number) sigaction(number, &crash_saved[i], NULL);
    raise(number);
    errno = error;
}

static void soft(int number) {
    int error = errno;
    if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
        /* The screen's thread hangs, perhaps in a write to a stopped terminal: quit without it. */
        if (atomic_fetch_add(&quits_unread, 1) >= 2) {
            termguard_restore();
            signal(number, SIG_DFL);
            raise(number);
        }
    }
    termguard_notify(number);
    errno = error;
}

void termguard_notify(int notice) {
    unsigned char byte = (unsigned char)notice;
    /* A full pipe holds thousands of unread notices: one more changes nothing. */
    if (atomic_load(&armed) && ends[1] >= 0 && write(ends[1], &byte, 1) < 0) return;
}

static bool open_log(const char *log) {
    log_memory = -1;
    log_hint[0] = 0;
    int target = -1;
    if (log) {
        target = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (target < 0) return false;
        snprintf(log_hint, sizeof log_hint, "candela: crashed; the error is at the end of %s\n", log);
    } else {
        target = log_memory = memfd_create("log", MFD_CLOEXEC);
        if (target >= 0) fcntl(target, F_SETFL, O_APPEND);
        if (target < 0) target = open("/dev/null", O_WRONLY | O_CLOEXEC);
    }
    stderr_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (target >= 0 && stderr_saved >= 0) dup2(target, STDERR_FILENO);
    if (target >= 0 && target != log_memory) close(target);
    return true;
}

static void close_log(void) {
    if (stderr_saved >= 0) {
        dup2(stderr_saved, STDERR_FILENO);
        close(stderr_saved);
    }
    if (log_memory >= 0) close(log_memory);
    stderr_saved = log_memory = -1;
}

static void install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = crash;
    action.sa_flags = SA_ONSTACK | SA_SIGINFO;
    for (int i = 0; i < crash_count; i++) sigaction(crash_signals[i], &action, &crash_saved[i]);
    action.sa_handler = soft;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigset_t wanted;
    sigemptyset(&wanted);
    for (int i = 0; i < soft_count; i++) {
        sigaction(soft_signals[i], &action, &soft_saved[i]);
        /* nohup means it. */
        if (soft_signals[i] == SIGHUP && soft_saved[i].sa_handler == SIG_IGN)
            sigaction(SIGHUP, &soft_saved[i], NULL);
        sigaddset(&wanted, soft_signals[i]);
    }
    pthread_sigmask(SIG_UNBLOCK, &wanted, &mask_saved);
}

bool termguard_arm(const char *log) {
    static bool at_exit;
    bool free_before = false;
    if (!atomic_compare_exchange_strong(&armed, &free_before, true)) return false;
    if (tcgetattr(STDIN_FILENO, &modes) != 0 ||
        (ends[0] < 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) || !open_log(log)) {
        atomic_store(&armed, false);
        return false;
    }
    if (!at_exit) at_exit = atexit(termguard_restore) == 0;
    while (termguard_next() != termguard_none) continue;
    atomic_store(&quits_unread, 0);
    install();
    atomic_store(&owned, true);
    return true;
}

void termguard_disarm(void) {
    if (!atomic_load(&armed)) return;
    atomic_store(&owned, false);
    for (int i = 0; i < crash_count; i++) sigaction(crash_signals[i], &crash_saved[i], NULL);
    for (int i = 0; i < soft_count; i++) sigaction(soft_signals[i], &soft_saved[i], NULL);
    pthread_sigmask(SIG_SETMASK, &mask_saved, NULL);
    close_log();
    atomic_store(&armed, false);
}

bool termguard_intact(void) { return atomic_load(&owned); }

int termguard_descriptor(void) { return atomic_load(&armed) ? ends[0] : -1; }

int termguard_next(void) {
    unsigned char byte;
    ssize_t count = read(ends[0], &byte, 1);
    if (count != 1) return termguard_none;
    if (byte == SIGINT || byte == SIGTERM || byte == SIGHUP) atomic_store(&quits_unread, 0);
    return byte;
}

void termguard_suspend(void) {
    atomic_store(&owned, false);
    struct sigaction standard, ours;
    memset(&standard, 0, sizeof standard);
    sigemptyset(&standard.sa_mask);
    standard.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &standard, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
}

void termguard_resume(void) { atomic_store(&owned, true); }

bool termguard_foreground(void) {
    pid_t group = tcgetpgrp(STDIN_FILENO);
    return group < 0 || group == getpgrp();
}

bool termguard_size(int *rows, int *columns) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return true;
}

void termguard_trim(void) {
    if (log_memory >= 0 && lseek(log_memory, 0, SEEK_END) > log_max && ftruncate(log_memory, 0) != 0)
        return;
}
