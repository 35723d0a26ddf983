// FreeRTOS as the test guest freertos.c wants it: static memory, a tick of 1 ms, every check on.
#include <stdint.h>

#define configUSE_PREEMPTION                    1
#define configUSE_IDLE_HOOK                     1
#define configUSE_TICK_HOOK                     0
#define configCPU_CLOCK_HZ                      80000000u
#define configTICK_RATE_HZ                      1000u
#define configMINIMAL_STACK_SIZE                ((unsigned short)128)
#define configMAX_TASK_NAME_LEN                 8
#define configUSE_16_BIT_TICKS                  0
#define configIDLE_SHOULD_YIELD                 1
#define configUSE_MUTEXES                       1
#define configMAX_PRIORITIES                    4
#define configUSE_PORT_OPTIMISED_TASK_SELECTION 1
#define configSUPPORT_STATIC_ALLOCATION         1
#define configSUPPORT_DYNAMIC_ALLOCATION        0
#define INCLUDE_vTaskDelay                      1
#define INCLUDE_vTaskSuspend                    1

// Three bits of priority, as on the chip: the lowest is the kernel's.
#define configKERNEL_INTERRUPT_PRIORITY      (7 << 5)
#define configMAX_SYSCALL_INTERRUPT_PRIORITY (1 << 5)

void assert_failed(uint32_t line);
#define configASSERT(x)                                                                                      \
    do {                                                                                                     \
        if (!(x)) {                                                                                          \
            assert_failed(__LINE__);                                                                         \
        }                                                                                                    \
    } while (0)
