// From reset to the AT application, and between it and the REPL.
#include "chapters.h"
#include "hal/console.h"
#include "hot.h"
#include "modnwp.h"
#include "repl.h"

#include "py/builtin.h"
#include "py/gc.h"
#include "py/lexer.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/objlist.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/interrupt_char.h"

extern uint8_t _stack_bottom[], _stack_top[], _heap_start[], _heap_end[];

// Kept free below the limit that Python code is stopped at: C functions and interrupts.
#ifndef MICROPY_HW_STACK_RESERVE
#define MICROPY_HW_STACK_RESERVE (2048)
#endif

// For the frames of Python functions, some 100 bytes each.
#ifndef MICROPY_HW_PYSTACK
#define MICROPY_HW_PYSTACK (4 * 1024)
#endif
static uint8_t pystack[MICROPY_HW_PYSTACK] __attribute__((aligned(8)));

// An application that fails sooner than this would fail again: here there is a prompt instead, or a reset
// after a pause, in which the last words can be read.
#define QUICK_FAILURE_MS (2000)
#define PAUSE_MS         (10000)

typedef enum { RUN_AT, RUN_FRIENDLY, RUN_RAW, RUN_RESET } run_t;

// --- The AT application ---

// Whatever is not a reply begins with '#', so that a host can skip it.
static void print_commented(void *env, const char *str, size_t len) {
    bool *at_start = env;
    for (size_t i = 0; i < len; i++) {
        if (*at_start) {
            mp_hal_stdout_tx_strn("# ", 2);
        }
        *at_start = str[i] == '\n';
        mp_hal_stdout_tx_strn_cooked(&str[i], 1);
    }
}

static void report_exception(mp_obj_t exception) {
    bool at_start = true;
    mp_print_t print = {&at_start, print_commented};
    mp_hal_stdout_tx_strn("\r\n", 2);
    mp_obj_print_exception(&print, exception);
    if (mp_obj_exception_match(exception, MP_OBJ_FROM_PTR(&mp_type_MemoryError))) {
        mp_printf(&print, "the heap has %u bytes\n", (unsigned)(_heap_end - _heap_start));
    }
}

#if !MICROPY_HW_ENABLE_REPL
static void __attribute__((noreturn)) reset_later(void) {
    bool at_start = true;
    mp_print_t print = {&at_start, print_commented};
    mp_printf(&print, "fatal: the AT application does not start; reset in %u s\n", PAUSE_MS / 1000);
    mp_hal_delay_ms(PAUSE_MS);
    hal_reset();
}
#endif

static run_t reason_to_run(mp_obj_t reason) {
    if (MICROPY_HW_ENABLE_REPL && mp_obj_is_type(reason, &mp_type_bytes)) {
        size_t len;
        const char *name = mp_obj_str_get_data(reason, &len);
        if (len != 0 && name[0] == 'r') {
            return RUN_RAW;
        }
        return RUN_FRIENDLY;
    }
    return RUN_AT;
}

static bool is_exit(mp_obj_t exception) {
    return mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(mp_obj_get_type(exception)),
                                   MP_OBJ_FROM_PTR(&mp_type_SystemExit));
}

// Runs until it gives the port away or ends itself (true: *next says what follows) or fails (false).
static bool run_at(run_t *next) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t module = mp_import_name(MP_QSTR_atcore_dot_apps_dot_at_commands, mp_const_empty_tuple,
                                         MP_OBJ_NEW_SMALL_INT(0));
        mp_obj_t reason = mp_call_function_0(mp_load_attr(module, MP_QSTR_main));
        nlr_pop();
        *next = reason_to_run(reason);
        return true;
    }
    mp_handle_pending(false);
    if (is_exit(MP_OBJ_FROM_PTR(nlr.ret_val))) {
        *next = RUN_RESET;
        return true;
    }
    report_exception(MP_OBJ_FROM_PTR(nlr.ret_val));
    return false;
}

// --- From one soft reset to the next; returns what to begin with then ---

#if MICROPY_HW_ENABLE_REPL
// mpremote waits for these words.
static const char soft_reboot[] = "MPY: soft reboot\r\n";

// What a prompt itself raises, for want of memory for what comes in, ends the prompt and nothing more.
static repl_exit_t run_prompt(repl_exit_t (*prompt)(void)) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        repl_exit_t end = prompt();
        nlr_pop();
        return end;
    }
    mp_handle_pending(false);
    repl_abandon();
    report_exception(MP_OBJ_FROM_PTR(nlr.ret_val));
    return REPL_TO_AT;
}
#endif

static run_t run_session(run_t what) {
    for (;;) {
        if (what == RUN_AT) {
            uint32_t start = mp_hal_ticks_ms();
            if (!run_at(&what)) {
                if (mp_hal_ticks_ms() - start >= QUICK_FAILURE_MS) {
                    mp_hal_stdout_tx_str("# the AT application starts again\r\n");
                    return RUN_AT;
                }
#if MICROPY_HW_ENABLE_REPL
                what = RUN_FRIENDLY;
#else
                reset_later();
#endif
            }
        }
        if (what == RUN_RESET) {
            mp_hal_stdout_tx_str("# soft reset\r\n");
            return RUN_AT;
        }
#if MICROPY_HW_ENABLE_REPL
        if (what == RUN_RAW) {
            if (run_prompt(repl_raw) == REPL_RESET) {
                mp_hal_stdout_tx_str(soft_reboot);
                return RUN_RAW;
            }
            what = RUN_AT;
        } else if (what == RUN_FRIENDLY) {
            repl_exit_t end = run_prompt(repl_friendly);
            if (end == REPL_RESET) {
                mp_hal_stdout_tx_str(soft_reboot);
                return RUN_AT;
            }
            what = end == REPL_TO_RAW ? RUN_RAW : RUN_AT;
        }
#endif
    }
}

static void open_session(void) {
    gc_init(_heap_start, _heap_end);
    hot_reset();
    alloc_begin();
    cc3220_static_reset();
#if MICROPY_HW_CHAPTERS
    chapters_reset();
#endif
    mp_pystack_init(pystack, pystack + sizeof(pystack));
    mp_init();
    // Without files there is one place to import from. Others would only be searched in vain.
    mp_obj_list_init(MP_OBJ_TO_PTR(mp_sys_path), 0);
    mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__dot_frozen));
#if MICROPY_HW_ENABLE_REPL
    readline_init0();
#endif
}

static void close_session(void) {
    nwp_deinit();
#if MICROPY_PY_MACHINE
    machine_pin_deinit_all();
#endif
#if MICROPY_PY_MACHINE_UART
    machine_uart_deinit_all();
#endif
    gc_sweep_all();
    mp_deinit();
}

int main(void) {
    console_open(&mp_interrupt_char, mp_sched_keyboard_interrupt);
    mp_stack_set_top(_stack_top);
    mp_stack_set_limit(_stack_top - _stack_bottom - MICROPY_HW_STACK_RESERVE);
    run_t what = RUN_AT;
    for (;;) {
        open_session();
        what = run_session(what);
        close_session();
    }
}

// --- What MicroPython asks of a port ---

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
    hot_collected();
    alloc_collected();
}

// There are no files; frozen modules are found before this is asked.
mp_import_stat_t mp_import_stat(const char *path) {
    (void)path;
    return MP_IMPORT_STAT_NO_EXIST;
}

mp_lexer_t *mp_lexer_new_from_file(qstr filename) {
    (void)filename;
    mp_raise_OSError(MP_ENOENT);
}

static mp_obj_t builtin_open(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    (void)n_args;
    (void)args;
    (void)kwargs;
    mp_raise_OSError(MP_ENOENT);
}
MP_DEFINE_CONST_FUN_OBJ_KW(mp_builtin_open_obj, 1, builtin_open);

static void __attribute__((noreturn)) give_up(const char *why) {
    mp_hal_stdout_tx_str("\r\n# fatal: ");
    mp_hal_stdout_tx_str(why);
    mp_hal_stdout_tx_str("\r\n");
    uart_drain(&console);
    hal_reset();
}

void nlr_jump_fail(void *val) {
    (void)val;
    give_up("uncaught exception");
}

void abort(void) {
    give_up("abort");
}

#ifndef NDEBUG
void __assert_func(const char *file, int line, const char *function, const char *expression) {
    (void)line;
    (void)function;
    mp_hal_stdout_tx_str("\r\n# ");
    mp_hal_stdout_tx_str(file);
    mp_hal_stdout_tx_str(": ");
    give_up(expression);
}
#endif
