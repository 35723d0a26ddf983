// FreeRTOS, from the MicroPython source that the firmware is built of: tasks that wait for each
// other, for time, and for an interrupt, which uses the kernel too.
#include "guest.h"

#include "FreeRTOS.h"
#include "queue.h"
#include "semphr.h"
#include "task.h"

#define TASKS        6
#define STACK        256
#define ITEMS        500
#define FROM_ISR     0x80000000u
#define NAPS         20
#define NAP_TICKS    5
#define TIMER_CYCLES 7001

void vPortSVCHandler(void);
void xPortPendSVHandler(void);
void xPortSysTickHandler(void);

volatile uint32_t sent, received, out_of_order, sent_by_isr, received_from_isr;
volatile uint32_t nap_ticks, nap_cycles, lock_broken, failed_line;

static StaticTask_t tasks[TASKS];
static StackType_t stacks[TASKS][STACK];
static StaticQueue_t queue_state;
static uint32_t queue_items[4];
static QueueHandle_t queue;
static StaticSemaphore_t lock_state;
static SemaphoreHandle_t lock;
static volatile uint32_t owner;

void assert_failed(uint32_t line) {
    failed_line = line;
    irq_off();
    for (;;) {
    }
}

void vApplicationIdleHook(void) {
    wfi();
}

void vApplicationGetIdleTaskMemory(StaticTask_t **task, StackType_t **stack, uint32_t *size) {
    *task = &tasks[5];
    *stack = stacks[5];
    *size = STACK;
}

void *memset(void *at, int value, size_t length) {
    for (char *byte = at; length--;) {
        *byte++ = (char)value;
    }
    return at;
}
void *memcpy(void *restrict at, const void *restrict from, size_t length) {
    const char *source = from;
    for (char *byte = at; length--;) {
        *byte++ = *source++;
    }
    return at;
}

static void producer(void *self) {
    (void)self;
    for (uint32_t item = 1; item <= ITEMS; item++) {
        xQueueSend(queue, &item, portMAX_DELAY);
        sent++;
    }
    vTaskSuspend(NULL);
}

static void consumer(void *self) {
    (void)self;
    for (;;) {
        uint32_t item;
        xQueueReceive(queue, &item, portMAX_DELAY);
        if (item & FROM_ISR) {
            received_from_isr++;
        } else if (item != ++received) {
            out_of_order++;
        }
    }
}

// Two of these, of one priority: the tick shares the time between them.
static void worker(void *self) {
    for (;;) {
        xSemaphoreTake(lock, portMAX_DELAY);
        owner = (uint32_t)self;
        for (volatile uint32_t n = 0; n < 100; n++) {
        }
        lock_broken += owner != (uint32_t)self;
        xSemaphoreGive(lock);
        taskYIELD();
    }
}

static void napper(void *self) {
    (void)self;
    vTaskDelay(1);
    uint32_t ticks = xTaskGetTickCount(), cycles = DWT_CYCCNT;
    for (uint32_t n = 0; n < NAPS; n++) {
        vTaskDelay(NAP_TICKS);
    }
    nap_ticks = xTaskGetTickCount() - ticks;
    nap_cycles = DWT_CYCCNT - cycles;
    REG(TIMER0 + 0x0C) = 0;
    vTaskDelay(1);
    finished = 1;
    vTaskSuspend(NULL);
}

static void on_timer(void) {
    REG(TIMER0 + 0x24) = 1;
    uint32_t item = FROM_ISR;
    BaseType_t woken = pdFALSE;
    sent_by_isr += xQueueSendFromISR(queue, &item, &woken) == pdPASS;
    portYIELD_FROM_ISR(woken);
}

static void start_timer(void) {
    clock_on(0x90);
    handlers[16 + IRQ_TIMER0A] = on_timer;
    NVIC_IPR(IRQ_TIMER0A) = 2 << 5;
    irq_enable(IRQ_TIMER0A);
    REG(TIMER0 + 0x00) = 0;
    REG(TIMER0 + 0x04) = 2;
    REG(TIMER0 + 0x28) = TIMER_CYCLES - 1;
    REG(TIMER0 + 0x18) = 1;
    REG(TIMER0 + 0x0C) = 1;
}

int main(void) {
    handler_t *vectors = vectors_in_ram();
    vectors[11] = vPortSVCHandler;
    vectors[14] = xPortPendSVHandler;
    vectors[15] = xPortSysTickHandler;
    DEMCR |= 1u << 24;
    DWT_CTRL = 1;
    queue = xQueueCreateStatic(4, sizeof(uint32_t), (uint8_t *)queue_items, &queue_state);
    lock = xSemaphoreCreateMutexStatic(&lock_state);
    static const struct {
        TaskFunction_t code;
        UBaseType_t priority;
    } wanted[] = {{napper, 3}, {consumer, 2}, {producer, 1}, {worker, 1}, {worker, 1}};
    for (uint32_t n = 0; n < TASKS - 1; n++) {
        xTaskCreateStatic(wanted[n].code, "", STACK, (void *)n, wanted[n].priority, stacks[n], &tasks[n]);
    }
    start_timer();
    vTaskStartScheduler();
    return 0;
}
