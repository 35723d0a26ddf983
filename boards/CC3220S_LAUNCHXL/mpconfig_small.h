// MicroPython without what only user programs would want. For boards without on-chip flash.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_CORE_FEATURES)

// What atcore and simplelink use beyond that level.
#define MICROPY_PY_BUILTINS_MEMORYVIEW  (1)
#define MICROPY_PY_ARRAY_SLICE_ASSIGN   (1)
#define MICROPY_PY_BUILTINS_BYTES_HEX   (1)
#define MICROPY_PY_COLLECTIONS_DEQUE    (1)
#define MICROPY_PY_FUNCTION_ATTRS       (1)
#define MICROPY_PY_ALL_SPECIAL_METHODS  (1)
#define MICROPY_PY_BUILTINS_SLICE_ATTRS (1)
#define MICROPY_ENABLE_SCHEDULER        (1)
#define MICROPY_ENABLE_FINALISER        (0)
#define MICROPY_KBD_EXCEPTION           (1)
#define MICROPY_STACK_CHECK             (1)
#define MICROPY_MODULE_BUILTIN_INIT     (1)
#define MICROPY_OPT_LOAD_ATTR_FAST_PATH (1)
#define MICROPY_ENABLE_SOURCE_LINE      (0)

#define MICROPY_FLOAT_IMPL        (MICROPY_FLOAT_IMPL_NONE)
#define MICROPY_PY_MACHINE_UART   (0)
#define MICROPY_PY_MACHINE_SIGNAL (0)
#define MICROPY_PY_OS             (0)
#define MICROPY_PY_SYS_STDFILES   (0)

// No memory beside the heap's for what the application keeps.
#define MICROPY_HW_STATIC_POOL (0)

// Of the console; what comes in while a long payload is worked on waits at the host, or is lost and told.
#define CONSOLE_RX_SIZE (4096)
#define CONSOLE_TX_SIZE (2048)
