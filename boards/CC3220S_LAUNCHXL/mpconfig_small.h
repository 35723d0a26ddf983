// MicroPython without what only user programs would want. For boards without on-chip flash.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_CORE_FEATURES)

// One image for both chips; the ELF alone says for which it was made.
#define MICROPY_BANNER_MACHINE "CC3220S or CC3220R"

// What atcore and simplelink use beyond that level; tests/unit/image/test_small.py compares.
#define MICROPY_PY_BUILTINS_MEMORYVIEW    (1)
#define MICROPY_PY_BUILTINS_STR_PARTITION (1)
#define MICROPY_PY_ARRAY_SLICE_ASSIGN     (1)
#define MICROPY_PY_FUNCTION_ATTRS         (1)
#define MICROPY_PY_ALL_SPECIAL_METHODS    (1)
#define MICROPY_ENABLE_SCHEDULER          (1)
#define MICROPY_KBD_EXCEPTION             (1)
#define MICROPY_STACK_CHECK               (1)
#define MICROPY_MODULE_BUILTIN_INIT       (1)
#define MICROPY_OPT_LOAD_ATTR_FAST_PATH   (1)

// What they do not use.
#define MICROPY_ENABLE_FINALISER          (0)
#define MICROPY_ENABLE_SOURCE_LINE        (0)
#define MICROPY_ERROR_REPORTING           (MICROPY_ERROR_REPORTING_TERSE)
#define MICROPY_FLOAT_IMPL                (MICROPY_FLOAT_IMPL_NONE)
#define MICROPY_LONGINT_IMPL              (MICROPY_LONGINT_IMPL_LONGLONG)
#define MICROPY_MODULE_GETATTR            (0)
#define MICROPY_PY_ATTRTUPLE              (0)
#define MICROPY_PY_BUILTINS_DICT_FROMKEYS (0)
#define MICROPY_PY_BUILTINS_ENUMERATE     (0)
#define MICROPY_PY_BUILTINS_FILTER        (0)
#define MICROPY_PY_BUILTINS_PROPERTY      (0)
#define MICROPY_PY_BUILTINS_RANGE_ATTRS   (0)
#define MICROPY_PY_BUILTINS_SET           (0)
#define MICROPY_PY_COLLECTIONS            (0)
#define MICROPY_PY_GENERATOR_PEND_THROW   (0)
#define MICROPY_PY_IO                     (0)
#define MICROPY_PY_MACHINE                (0)
#define MICROPY_PY_MATH                   (0)
#define MICROPY_PY_OS                     (0)
#define MICROPY_PY_SYS_STDFILES           (0)

// What atcore keeps for good: its line and its messages. Its frames are on the heap, while they last.
#define MICROPY_HW_SCARCE      (1)
#define MICROPY_HW_STATIC_POOL (8028 + 1024 + 640)

// Commands that are not in the image are read when they are used.
#define MICROPY_HW_CHAPTERS (1)

// Of the console; what comes in while a long payload is worked on waits at the host, or is lost and told.
#define CONSOLE_RX_SIZE (4096)
#define CONSOLE_TX_SIZE (2048)

// Of the stack (cc3220s.ld): what C functions and interrupts need below the deepest Python code.
#define MICROPY_HW_STACK_RESERVE (1024)

// One byte of a name's hash: more names are compared when one is made of text, which is seldom.
#define MICROPY_QSTR_BYTES_IN_HASH (1)

// Of the search for frozen modules (imports.c).
#define MICROPY_OPT_COMPUTED_GOTO (0)
#define MICROPY_HW_NAMES_MAX      (64)

// Of the look-up of names (hot.c) and of Python's frames (main.c).
#define MICROPY_HW_HINTS     (512)
#define MICROPY_HW_ABSENTEES (32)
#define MICROPY_HW_PYSTACK   (2048)
