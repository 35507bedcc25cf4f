/* Gives the terminal back, whatever happens to the process.
 *
 * While armed: crash signals restore the terminal before they kill, exit() restores it, soft signals
 * (INT TERM HUP WINCH TSTP CONT) become bytes in a pipe, and stderr goes to a log. Everything that runs in a
 * signal handler is async-signal-safe, which is why this is C. One user per process. */
#pragma once
#include <stdbool.h>

/* Notices of the pipe beside signal numbers. */
static const int termguard_stop = 0;
static const int termguard_none = -1;

/* Saves the terminal's state, takes stderr (appended to `log`, or kept in memory and shown after a
 * crash when NULL) and installs the handlers. Call it before ncurses starts: ncurses leaves
 * handlers alone that are there. False, with nothing changed, when the terminal or a pipe is not to be had,
 * when `log` cannot be opened, or when somebody else armed it. */
bool termguard_arm(const char *log);

/* Puts back handlers, signal mask and stderr. The caller has ended ncurses. */
void termguard_disarm(void);

/* Writes the sequences and modes that make a terminal usable again, at most once until the next
 * termguard_resume. Async-signal-safe. */
void termguard_restore(void);

/* Whether the terminal is still ours to draw on: false after a crash began to restore it. */
bool termguard_intact(void);

/* The descriptor to poll for notices, -1 when not armed. */
int termguard_descriptor(void);

/* The next notice: a signal's number or termguard_stop, termguard_none when there is none. */
int termguard_next(void);

/* Delivers a notice as if the signal had come, for whoever handles signals elsewhere. Async-signal-safe,
 * callable from any thread, does nothing when not armed. */
void termguard_notify(int notice);

/* Stops the process as TSTP does by default; returns when it goes on. The caller has ended ncurses. */
void termguard_suspend(void);

/* Tells that the terminal is ours again after termguard_suspend. */
void termguard_resume(void);

/* Whether our process group may use the terminal. */
bool termguard_foreground(void);

/* The terminal's size; false when unknown. */
bool termguard_size(int *rows, int *columns);

/* Keeps the in-memory log small; call it now and then. */
void termguard_trim(void);
