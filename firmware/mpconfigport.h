// What is in this MicroPython. The board may override the upper half.
#include <stdint.h>

#include "mpconfigboard.h"

#ifndef MICROPY_CONFIG_ROM_LEVEL
#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#endif

// REPL=0 leaves out everything that turns text into code.
#ifndef MICROPY_HW_ENABLE_REPL
#define MICROPY_HW_ENABLE_REPL (1)
#endif
#define MICROPY_ENABLE_COMPILER          (MICROPY_HW_ENABLE_REPL)
#define MICROPY_HELPER_REPL              (MICROPY_HW_ENABLE_REPL)
#define MICROPY_PY_BUILTINS_HELP         (MICROPY_HW_ENABLE_REPL)
#define MICROPY_PY_BUILTINS_HELP_MODULES (MICROPY_HW_ENABLE_REPL)
#define MICROPY_PY_BUILTINS_EVAL_EXEC    (MICROPY_HW_ENABLE_REPL)
#define MICROPY_PY_BUILTINS_INPUT        (MICROPY_HW_ENABLE_REPL)
#define MICROPY_PERSISTENT_CODE_LOAD     (0)
#if MICROPY_HW_ENABLE_REPL
void repl_block_ended(void *exception);
#define MICROPY_BOARD_AFTER_PYTHON_EXEC(kind, flags, exception, result) repl_block_ended(exception)
#endif

// Chapters that are read into windows of the SRAM (chapters.h); STRICT fills a window that is left, 2:
// and every window is left before each command.
#ifndef MICROPY_HW_CHAPTERS
#define MICROPY_HW_CHAPTERS (0)
#endif
#ifndef MICROPY_HW_CHAPTERS_STRICT
#define MICROPY_HW_CHAPTERS_STRICT (0)
#endif

// Memory.
#define MICROPY_ENABLE_GC           (1)
#define MICROPY_GC_STACK_ENTRY_TYPE uint16_t
#define MICROPY_ALLOC_PATH_MAX      (128)
#ifndef MICROPY_QSTR_BYTES_IN_HASH
#define MICROPY_QSTR_BYTES_IN_HASH (2)
#endif
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE   (256)

// Frames of Python functions on a stack of their own: most would not fit what objfun.c takes from
// the C stack, and then every call allocates and frees on the heap (600 instructions).
#define MICROPY_ENABLE_PYSTACK (1)

// What atcore keeps for good: its line, its messages and one frame (modcc3220.c).
#ifndef MICROPY_HW_SCARCE
#define MICROPY_HW_SCARCE (0)
#endif
#ifndef MICROPY_HW_STATIC_POOL
#define MICROPY_HW_STATIC_POOL (16 * 1024)
#endif

// Imports: imports.c. The dictionaries begin with what our modules need, not with one entry.
#define mp_builtin___import__            port_import
#define MICROPY_PY___FILE__              (0)
#define MICROPY_MODULE_DICT_SIZE         (12)
#define MICROPY_LOADED_MODULES_DICT_SIZE (47)

// Speed where it costs little: see py/vm.c and py/map.c.
#ifndef MICROPY_OPT_COMPUTED_GOTO
#define MICROPY_OPT_COMPUTED_GOTO (1)
#endif
#define MICROPY_OPT_MAP_LOOKUP_CACHE (0) // hot.c has its own

// The core has no FPU; single precision is a library.
#ifndef MICROPY_FLOAT_IMPL
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#endif
#ifndef MICROPY_LONGINT_IMPL
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#endif

// The raw REPL's paste window, well inside the receive ring.
#define MICROPY_REPL_STDIN_BUFFER_MAX (1024)

// Python modules of no use here, or whose sources the source package does not have.
#define MICROPY_PY_BUILTINS_COMPLEX (MICROPY_HW_ENABLE_REPL)
#define MICROPY_PY_CMATH            (0)
#define MICROPY_PY_CRYPTOLIB        (0)
#define MICROPY_PY_DEFLATE          (0)
#define MICROPY_PY_FRAMEBUF         (0)
#define MICROPY_PY_HASHLIB_MD5      (0)
#define MICROPY_PY_HASHLIB_SHA1     (0)
#define MICROPY_PY_SSL              (0)
#define MICROPY_PY_UCTYPES          (0)
#define MICROPY_PY_WEBSOCKET        (0)
#define MICROPY_VFS                 (0)

#ifndef MICROPY_PY_OS
#define MICROPY_PY_OS (1)
#endif
#define MICROPY_PY_OS_UNAME                     (MICROPY_PY_OS)
#define MICROPY_PY_SYS_PLATFORM                 "cc3220"
#define MICROPY_PY_TIME                         (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (0)
#define MICROPY_PY_TIME_TIME_TIME_NS            (0)
uint32_t mp_hal_random_seed(void);
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (mp_hal_random_seed())

#ifndef MICROPY_PY_MACHINE
#define MICROPY_PY_MACHINE (1)
#endif
#define MICROPY_PY_MACHINE_INCLUDEFILE            "machine/module.c"
#define MICROPY_PY_MACHINE_RESET                  (MICROPY_PY_MACHINE)
#define MICROPY_PY_MACHINE_BARE_METAL_FUNCS       (MICROPY_PY_MACHINE)
#define MICROPY_PY_MACHINE_DISABLE_IRQ_ENABLE_IRQ (MICROPY_PY_MACHINE)
#define MICROPY_PY_MACHINE_PIN_BASE               (MICROPY_PY_MACHINE)
#ifndef MICROPY_PY_MACHINE_SIGNAL
#define MICROPY_PY_MACHINE_SIGNAL (MICROPY_PY_MACHINE)
#endif
#define MICROPY_PY_MACHINE_PULSE (0)
#define MICROPY_PY_MACHINE_MEMX  (MICROPY_PY_MACHINE)
#ifndef MICROPY_PY_MACHINE_UART
#define MICROPY_PY_MACHINE_UART (MICROPY_PY_MACHINE)
#endif
#define MICROPY_PY_MACHINE_UART_INCLUDEFILE "machine/uart.c"
#define MICROPY_PY_MACHINE_UART_SENDBREAK   (MICROPY_PY_MACHINE_UART)
#define MICROPY_PY_MACHINE_WDT              (MICROPY_PY_MACHINE)
#define MICROPY_PY_MACHINE_WDT_INCLUDEFILE  "machine/wdt.c"

#define MP_SSIZE_MAX  (0x7fffffff)
#define MP_NEED_LOG2  (1)
#define MP_STATE_PORT MP_STATE_VM

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long mp_off_t;

#include <alloca.h>
