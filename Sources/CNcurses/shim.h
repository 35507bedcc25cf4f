/* ncurses with its wide-character half switched on.
 *
 * No pkg-config: SwiftPM drops the -D flags that it returns, and with them the wide API. Macros and
 * variables that Swift cannot import are given to inline functions here. */
#pragma once
#define NCURSES_WIDECHAR 1
#include <wchar.h>
#include <stdio.h>
#include <ncurses.h>

#if !NCURSES_WIDECHAR
#error "the wide-character half of ncurses is missing"
#endif

/* Starts ncurses on the standard streams; NULL where it cannot (initscr would exit instead). */
static inline SCREEN *nc_open(void) { return newterm(NULL, stdout, stdin); }
static inline WINDOW *nc_window(void) { return stdscr; }
static inline int nc_colours(void) { return COLORS; }

static const attr_t nc_bold = A_BOLD;
static const attr_t nc_dim = A_DIM;
static const attr_t nc_reverse = A_REVERSE;
static const attr_t nc_underline = A_UNDERLINE;

/* X/Open's, hidden without _XOPEN_SOURCE, which a header of a module cannot set for others. */
extern int wcwidth(wchar_t character);
/* The columns by which the C library, and with it ncurses, moves the cursor. */
static inline int nc_columns(wchar_t character) { return wcwidth(character); }

/* Puts one character (with its combining marks, zero-terminated) at a place. */
static inline int nc_put(int row, int column, const wchar_t *text, attr_t attributes, int pair) {
    cchar_t cell;
    /* Pairs beyond 32767 go through the last argument. */
    if (setcchar(&cell, text, attributes, (short)pair, &pair) == ERR) return ERR;
    return mvwadd_wch(stdscr, row, column, &cell);
}
