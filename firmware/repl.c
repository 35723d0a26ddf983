// The prompts on the AT port. The friendly one differs from MicroPython's in how it ends:
// Ctrl-D and AT lines give the port back to the AT application instead of resetting. The raw one is
// MicroPython's, with a watch on its input.
#include <string.h>

#include "repl.h"

#include "genhdr/mpversion.h"
#include "hal/console.h"
#include "py/compile.h"
#include "py/mphal.h"
#include "py/repl.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"
#include "shared/runtime/pyexec.h"

#if MICROPY_HW_ENABLE_REPL

typedef enum { LINE_RUN, LINE_AGAIN, LINE_BANNER, LINE_AT, LINE_RAW } line_t;

// A line is read, and what came before the character that is next: LF ends a line as CR does, for hosts that
// send it alone.
static bool reads_line;
static bool after_cr;

// A paste at the friendly prompt: it is waited for, and when its last line was complete. Those do not count
// that a host sends who knows of no paste.
static struct {
    bool begun;
    uint32_t last; // in ms
} paste;

static void print_banner(void) {
    mp_hal_stdout_tx_str(MICROPY_BANNER_NAME_AND_VERSION
                         "; " MICROPY_BANNER_MACHINE "\r\n"
                         "Ctrl-D or an AT command goes back to AT, Ctrl-C interrupts, Ctrl-E pastes.\r\n");
}

// A line that AT would understand and that is no likely Python: AT, ATE0, ATE1, AT+...
static bool is_at_line(const char *line) {
    return strcmp(line, "AT") == 0 || strcmp(line, "ATE0") == 0 || strcmp(line, "ATE1") == 0 ||
           strncmp(line, "AT+", 3) == 0;
}

// Whether what begins at `from` is an AT line, which then goes to the AT application. Blanks before it may be
// those that readline indents by.
static bool gave_back(vstr_t *line, size_t from) {
    vstr_null_terminated_str(line);
    while (from < line->len && unichar_isspace((unsigned char)line->buf[from])) {
        from++;
    }
    if (!is_at_line(line->buf + from)) {
        return false;
    }
    vstr_add_byte(line, '\r');
    console_unget((const uint8_t *)line->buf + from, line->len - from);
    return true;
}

// An AT line that is the first of the paste ends it.
static line_t read_paste(vstr_t *line) {
    mp_hal_stdout_tx_str("\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
    vstr_reset(line);
    bool is_first = true;
    size_t from = 0; // of a line
    paste.last = mp_hal_ticks_ms();
    for (;;) {
        paste.begun = true;
        char c = (char)mp_hal_stdin_rx_chr();
        paste.begun = false;
        if (c == CHAR_CTRL_C || c == CHAR_CTRL_D) {
            mp_hal_stdout_tx_str("\r\n");
            return c == CHAR_CTRL_D ? LINE_RUN : LINE_AGAIN;
        }
        if (c == '\r' && is_first && line->len != 0) {
            if (gave_back(line, 0)) {
                mp_hal_stdout_tx_str("\r\n");
                return LINE_AT;
            }
            is_first = false;
        }
        if (c == '\r' && !is_at_line(vstr_null_terminated_str(line) + from)) {
            paste.last = mp_hal_ticks_ms();
        }
        vstr_add_byte(line, c);
        if (c == '\r') {
            from = line->len;
            mp_hal_stdout_tx_str("\r\n=== ");
        } else {
            mp_hal_stdout_tx_strn(&c, 1);
        }
    }
}

static line_t read_continuation(vstr_t *line) {
    while (mp_repl_continue_with_input(vstr_null_terminated_str(line))) {
        vstr_add_byte(line, '\n');
        size_t from = line->len;
        int end = readline(line, mp_repl_get_ps2());
        if (end == CHAR_CTRL_C) {
            mp_hal_stdout_tx_str("\r\n");
            return LINE_AGAIN;
        }
        if (end == CHAR_CTRL_D) {
            break;
        }
        if (gave_back(line, from)) {
            return LINE_AT;
        }
    }
    return LINE_RUN;
}

static line_t read_line(vstr_t *line, mp_parse_input_kind_t *kind) {
    vstr_reset(line);
    *kind = MP_PARSE_SINGLE_INPUT;
    int end = readline(line, mp_repl_get_ps1());
    switch (end) {
        case CHAR_CTRL_A:
            mp_hal_stdout_tx_str("\r\n");
            return LINE_RAW;
        case CHAR_CTRL_B:
            mp_hal_stdout_tx_str("\r\n");
            return LINE_BANNER;
        case CHAR_CTRL_C:
            mp_hal_stdout_tx_str("\r\n");
            return LINE_AGAIN;
        case CHAR_CTRL_D:
            mp_hal_stdout_tx_str("\r\n");
            return LINE_AT;
        case CHAR_CTRL_E:
            *kind = MP_PARSE_FILE_INPUT;
            return read_paste(line);
        default:
            break;
    }
    if (line->len == 0) {
        return LINE_AGAIN;
    }
    return gave_back(line, 0) ? LINE_AT : read_continuation(line);
}

// False if the program ended in SystemExit.
static bool run(const vstr_t *line, mp_parse_input_kind_t kind) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_lexer_t *lex = mp_lexer_new_from_str_len(MP_QSTR__lt_stdin_gt_, line->buf, line->len, 0);
        qstr name = lex->source_name;
        mp_parse_tree_t tree = mp_parse(lex, kind);
        mp_obj_t function = mp_compile(&tree, name, true);
        mp_hal_set_interrupt_char(CHAR_CTRL_C);
        mp_call_function_0(function);
        mp_hal_set_interrupt_char(-1);
        mp_handle_pending(true);
        nlr_pop();
        return true;
    }
    mp_hal_set_interrupt_char(-1);
    mp_handle_pending(false);
    mp_obj_base_t *exception = nlr.ret_val;
    if (mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(exception->type), MP_OBJ_FROM_PTR(&mp_type_SystemExit))) {
        return false;
    }
    mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(exception));
    return true;
}

repl_exit_t repl_friendly(void) {
    vstr_t line;
    vstr_init(&line, 32);
    after_cr = false;
    print_banner();
    for (;;) {
        mp_parse_input_kind_t kind;
        reads_line = true;
        line_t what = read_line(&line, &kind);
        reads_line = false;
        switch (what) {
            case LINE_RUN:
                if (!run(&line, kind)) {
                    return REPL_RESET;
                }
                break;
            case LINE_BANNER:
                print_banner();
                break;
            case LINE_AT:
                return REPL_TO_AT;
            case LINE_RAW:
                return REPL_TO_RAW;
            case LINE_AGAIN:
                break;
        }
    }
}

// --- The raw prompt ---

// RAW_OFF: somebody else reads. RAW_SOURCE: a block comes in. RAW_RUNNING: its Ctrl-D has come. RAW_CANCEL,
// RAW_LEAVE: on the way out, which is Ctrl-C, as that ends a block in every state, and then Ctrl-B.
typedef enum { RAW_OFF, RAW_SOURCE, RAW_RUNNING, RAW_CANCEL, RAW_LEAVE } raw_state_t;

static struct {
    raw_state_t state;
    bool limited;       // no block has come whole
    bool watched;       // none has run to its end: an AT line counts
    uint8_t matched;    // characters of a block that begins as an AT line does; NO_MATCH: it does not
    const char *notice; // why the prompt is left
    uint32_t start;     // of the limit, in ms
} raw;

#define NO_MATCH (0xFF)

uint32_t repl_patience(void) {
    if (paste.begun) {
        uint32_t silent = mp_hal_ticks_ms() - paste.last;
        return silent < REPL_RAW_MS ? REPL_RAW_MS - silent : 0;
    }
    if (raw.state == RAW_CANCEL || raw.state == RAW_LEAVE) {
        return 0;
    }
    if (raw.state != RAW_SOURCE || !raw.limited) {
        return HAL_FOREVER;
    }
    uint32_t passed = mp_hal_ticks_ms() - raw.start;
    if (passed < REPL_RAW_MS) {
        return REPL_RAW_MS - passed;
    }
    raw.notice = "# no block for the raw prompt in 10 s: back to AT\r\n";
    raw.state = RAW_CANCEL;
    return 0;
}

int repl_way_out(void) {
    if (paste.begun) {
        mp_hal_stdout_tx_str("\r\n# no more lines of the paste in 10 s: given up");
        return CHAR_CTRL_C;
    }
    if (raw.state == RAW_CANCEL) {
        raw.state = RAW_LEAVE;
        return CHAR_CTRL_C;
    }
    return CHAR_CTRL_B;
}

// Whether the block begins with AT+, or with AT and a line end, as of this character. Control characters
// before it do not count, but for Ctrl-E, with which a paste begins.
static bool begins_as_at_line(uint8_t c) {
    static const char begin[] = "AT";
    if (raw.matched == NO_MATCH || (raw.matched == 0 && c < ' ' && c != CHAR_CTRL_E)) {
        return false;
    }
    if (raw.matched == sizeof(begin) - 1) {
        return c == '+' || c == '\r' || c == '\n';
    }
    raw.matched = c == begin[raw.matched] ? raw.matched + 1 : NO_MATCH;
    return false;
}

int repl_sees(uint8_t c) {
    if (reads_line) {
        bool is_end = c == '\n' && !after_cr;
        after_cr = c == '\r';
        return is_end ? '\r' : c;
    }
    if (raw.state != RAW_SOURCE) {
        return c;
    }
    if (c == CHAR_CTRL_D) {
        raw.state = RAW_RUNNING;
    } else if (c == CHAR_CTRL_C) {
        raw.matched = 0;
    } else if (raw.watched && begins_as_at_line(c)) {
        char line[] = {'A', 'T', c};
        console_unget((const uint8_t *)line, sizeof(line));
        raw.notice = "# an AT line at the raw prompt: back to AT\r\n";
        raw.state = RAW_CANCEL;
        return repl_way_out();
    }
    return c;
}

// A block is over (pyexec.c): it ran to its end, or raised `exception`. One that could not be compiled has
// not come whole.
void repl_block_ended(void *exception) {
    if (raw.state == RAW_OFF) {
        return;
    }
    if (exception == NULL) {
        raw.watched = false;
    }
    if (exception == NULL || !mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(((mp_obj_base_t *)exception)->type),
                                                      MP_OBJ_FROM_PTR(&mp_type_SyntaxError))) {
        raw.limited = raw.limited && raw.state != RAW_RUNNING;
    }
    if (raw.state == RAW_RUNNING) {
        raw.state = RAW_SOURCE;
    }
    raw.matched = 0;
    raw.start = mp_hal_ticks_ms();
}

void repl_abandon(void) {
    reads_line = paste.begun = false;
    raw.state = RAW_OFF;
}

repl_exit_t repl_raw(void) {
    raw.state = RAW_SOURCE;
    raw.limited = raw.watched = true;
    raw.matched = 0;
    raw.notice = NULL;
    raw.start = mp_hal_ticks_ms();
    int result = pyexec_raw_repl();
    raw.state = RAW_OFF;
    if (raw.notice != NULL) {
        mp_hal_stdout_tx_str(raw.notice);
    }
    return result & PYEXEC_FORCED_EXIT ? REPL_RESET : REPL_TO_AT;
}

#endif // MICROPY_HW_ENABLE_REPL
