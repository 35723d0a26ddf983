// What every RTOS for this core does: tasks on the process stack, the first of them started by an
// exception return, PendSV switches, SysTick preempts, and in the end an exception return leads
// back to main() on the main stack.
#include "guest.h"

CHOICE(choice, 0); // 1: the tasks are unprivileged
CHOICE(faulty, 0); // an address that they load from, which they should not

#define ROUNDS 200
#define TICK   611 // cycles, often in the middle of a round
#define SAVED  8   // words: r4 to r11
#define FRAME  8
#define PENDSV (1u << 28)
#define THUMB  0x01000000u

static uint32_t stacks[2][128] __attribute__((aligned(8)));
uint32_t *stopped_at[2]; // stack pointers of the tasks that do not run
uint32_t current;

volatile uint32_t rounds[2], wrong, switches, ticks, alive, faults;
volatile uint32_t control_in_tasks = ~0u, control_in_handlers;

// Callee-saved registers, flags and an odd number of words on the stack outlive a yield.
__attribute__((naked)) static uint32_t yield_and_compare(uint32_t seed __attribute__((unused))) {
    __asm volatile("push {r4-r11, lr}\n" // nine words: the frame needs padding
                   "mov r4, r0\nadd r5, r0, #1\nadd r6, r0, #2\nadd r7, r0, #3\n"
                   "add r8, r0, #4\nadd r9, r0, #5\nadd r10, r0, #6\nadd r11, r0, #7\n"
                   "mov r12, sp\n"
                   "adds r1, r0, #0x80000000\n" // C and V by the seed
                   "mrs r2, apsr\n"
                   "svc 2\n"
                   "mrs r3, apsr\n"
                   "sub r3, r2\nmov r1, sp\nsub r1, r12\norr r3, r1\n"
                   "sub r1, r4, r0\norr r3, r1\n"
                   "sub r5, #1\nsub r5, r0\norr r3, r5\nsub r6, #2\nsub r6, r0\norr r3, r6\n"
                   "sub r7, #3\nsub r7, r0\norr r3, r7\nsub r8, #4\nsub r8, r0\norr r3, r8\n"
                   "sub r9, #5\nsub r9, r0\norr r3, r9\nsub r10, #6\nsub r10, r0\norr r3, r10\n"
                   "sub r11, #7\nsub r11, r0\norr r0, r3, r11\n"
                   "pop {r4-r11, pc}\n");
}

static uint32_t control(void) {
    uint32_t value;
    __asm volatile("mrs %0, control" : "=r"(value));
    return value;
}

static void task(uint32_t self) {
    while (rounds[self] < ROUNDS) {
        wrong |= yield_and_compare(self << 31 | rounds[self]);
        control_in_tasks &= control();
        if (choice == 1) {
            __asm volatile("cpsid i\nmsr basepri, %0" ::"r"(0x20)); // without effect
        }
        if (faulty) {
            __asm volatile("ldr r0, [%0]" ::"l"(faulty) : "r0");
        }
        rounds[self]++;
    }
    alive--;
    while (alive) {
        __asm volatile("svc 2" ::: "memory");
    }
    __asm volatile("svc 1");
}

static void prepare(uint32_t self) {
    uint32_t *frame = &stacks[self][128] - FRAME;
    frame[0] = self;
    frame[6] = (uint32_t)task;
    frame[7] = THUMB;
    stopped_at[self] = frame - SAVED;
    alive++;
}

uint32_t *next_task(uint32_t *stopped) {
    control_in_handlers |= control();
    stopped_at[current] = stopped;
    current ^= 1;
    switches++;
    return stopped_at[current];
}

__attribute__((naked)) static void on_pendsv(void) {
    __asm volatile("mrs r0, psp\n"
                   "stmdb r0!, {r4-r11}\n"
                   "push {r3, lr}\n"
                   "bl next_task\n"
                   "pop {r3, lr}\n"
                   "ldmia r0!, {r4-r11}\n"
                   "msr psp, r0\n"
                   "bx lr\n");
}

static void set_privilege(uint32_t unprivileged) {
    control_in_handlers |= control() & 2;
    __asm volatile("msr control, %0\nisb" ::"r"(unprivileged));
}

// In a handler everything is allowed: PRIMASK takes effect.
uint32_t *first_task(void) {
    set_privilege(choice == 1);
    uint32_t masked;
    __asm volatile("cpsid i\nmrs %0, primask\ncpsie i" : "=r"(masked));
    result[0] = masked;
    return stopped_at[0];
}
void last_task(void) {
    SYST_CSR = 0;
    result[4] = DWT_CYCCNT;
    set_privilege(0);
    uint32_t masked;
    __asm volatile("cpsid i\nmrs %0, primask\ncpsie i" : "=r"(masked));
    result[1] = masked;
}

__attribute__((naked)) static void on_svc(void) {
    __asm volatile("tst lr, #4\n"
                   "ite eq\nmrseq r0, msp\nmrsne r0, psp\n"
                   "ldr r1, [r0, #24]\n"
                   "ldrb r1, [r1, #-2]\n"
                   "cmp r1, #1\n"
                   "beq 1f\n"
                   "bhi 2f\n"
                   "bl first_task\n"
                   "ldmia r0!, {r4-r11}\n"
                   "msr psp, r0\n"
                   "mvn lr, #2\n" // thread mode, process stack
                   "bx lr\n"
                   "1: bl last_task\n"
                   "mvn lr, #6\n" // thread mode, main stack, where main()'s frame lies
                   "bx lr\n"
                   "2: ldr r0, =0xE000ED04\n"
                   "mov r1, #0x10000000\n"
                   "str r1, [r0]\n"
                   "dsb\n"
                   "bx lr\n");
}

static void on_tick(void) {
    ticks++;
    control_in_handlers |= control() & 2;
    SCB_ICSR = PENDSV;
}

// The frame is on the stack of the task that did it.
static void on_bus_fault(uint32_t *frame) {
    if (frame >= stacks[current] && frame < stacks[current + 1]) {
        faults++;
    }
    frame[6] += 2;
}

static void set_handlers(void) {
    handler_t *table = vectors_in_ram();
    table[11] = on_svc;
    table[14] = on_pendsv;
    handlers[5] = (handler_t)on_bus_fault;
    SHCSR = 1u << 17;
    handlers[15] = on_tick;
    SHPR(14) = SHPR(15) = 0xE0;
}

int main(void) {
    set_handlers();
    prepare(0);
    prepare(1);
    SYST_RVR = TICK - 1;
    SYST_CVR = 0;
    DEMCR |= 1u << 24;
    DWT_CTRL = 1;
    DWT_CYCCNT = 0;
    SYST_CSR = 7;
    uint32_t before, after;
    __asm volatile("cpsie i\n"
                   "mrs %0, msp\n"
                   "svc 0\n"
                   "mrs %1, msp\n"
                   : "=&l"(before), "=&l"(after)
                   :
                   : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "cc", "memory");
    result[2] = control();
    result[3] = after - before;
    return 0;
}
