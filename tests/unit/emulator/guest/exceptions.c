// Exceptions: nesting, tail-chaining, priorities, masks, both stacks, SVC and PendSV.
#include "guest.h"

CHOICE(choice, 0);

static volatile uint32_t trace_at;
#define LOG_SIZE 32
volatile uint32_t order[LOG_SIZE];

static void note(uint32_t what) {
    order[trace_at++ % LOG_SIZE] = what;
}

static void pend(unsigned irq) {
    NVIC_ISPR(irq >> 5) = 1u << (irq & 31);
    __asm volatile("dsb\nisb" ::: "memory");
}

static void low(void) {
    note(10);
    if (trace_at < 5) {
        pend(21);
    }
    note(11);
}
static void high(void) {
    note(20);
    pend(20);
    note(21);
}
static void chained(void) {
    note(30);
}
static void on_svc(void) {
    note(40);
    SCB_ICSR = 1u << 28;
    note(41);
}
static void on_pendsv(void) {
    note(50);
}

static void nesting(void) {
    // IRQ 20 interrupted by IRQ 21, which pends IRQ 20 again; IRQ 22 waits and is chained.
    handlers[16 + 20] = low;
    handlers[16 + 21] = high;
    handlers[16 + 22] = chained;
    NVIC_IPR(20) = 0x80;
    NVIC_IPR(21) = 0x40;
    NVIC_IPR(22) = 0x80;
    irq_enable(20);
    irq_enable(21);
    irq_enable(22);
    irq_off();
    pend(22);
    pend(20);
    note(1);
    irq_on();
    note(2);
    NVIC_ICER(0) = 7u << 20;
    irq_off();
}

static void supervisor(void) {
    handlers[11] = on_svc;
    handlers[14] = on_pendsv;
    SHPR(14) = 0xE0;
    SHPR(11) = 0x20;
    irq_on();
    note(1);
    __asm volatile("svc 0" ::: "memory");
    note(2);
    irq_off();
}

static void masks(void) {
    handlers[16 + 20] = chained;
    NVIC_IPR(20) = 0x60;
    irq_enable(20);
    irq_on();
    __asm volatile("msr basepri, %0" ::"r"(0x60));
    pend(20);
    note(1);
    __asm volatile("msr basepri, %0" ::"r"(0x80));
    note(2);
    __asm volatile("msr basepri, %0" ::"r"(0));
    __asm volatile("cpsid f");
    pend(20);
    note(3);
    __asm volatile("cpsie f");
    note(4);
    __asm volatile("msr basepri, %0\nmsr basepri_max, %1" ::"r"(0x40), "r"(0x80));
    pend(20);
    note(5);
    __asm volatile("msr basepri, %0" ::"r"(0));
    note(6);
    irq_off();
}

static uint32_t thread_stack[64] __attribute__((aligned(8)));

// Registers, flags and stack pointers survive an interrupt on the process stack.
static void process_stack(void) {
    handlers[16 + 20] = chained;
    irq_enable(20);
    irq_on();
    uint32_t ok;
    __asm volatile("msr psp, %1\n"
                   "mrs r4, control\n"
                   "orr r4, #2\n"
                   "msr control, r4\n"
                   "isb\n"
                   "sub sp, #4\n" // a frame that needs padding
                   "movs r0, #1\nmovs r1, #2\nmovs r2, #3\nmov r12, #4\n"
                   "mov r5, sp\n"
                   "ldr r6, =0xE000E200\n"
                   "mov r7, #0x100000\n"
                   "cmp r0, r0\n" // Z and C set
                   "str r7, [r6]\n"
                   "dsb\nisb\n"
                   "ite eq\nmoveq r8, #1\nmovne r8, #0\n"
                   "cmp r0, #1\nit ne\nmovne r8, #0\n"
                   "cmp r1, #2\nit ne\nmovne r8, #0\n"
                   "cmp r2, #3\nit ne\nmovne r8, #0\n"
                   "cmp r12, #4\nit ne\nmovne r8, #0\n"
                   "cmp sp, r5\nit ne\nmovne r8, #0\n"
                   "add sp, #4\n"
                   "bic r4, #2\n"
                   "msr control, r4\n"
                   "isb\n"
                   "mov %0, r8\n"
                   : "=r"(ok)
                   : "r"(&thread_stack[64])
                   : "r0", "r1", "r2", "r4", "r5", "r6", "r7", "r8", "r12", "cc", "memory");
    result[0] = ok;
    irq_off();
}

// An interrupt in the middle of an IT block, many times over.
static void it_blocks(void) {
    handlers[15] = chained;
    SYST_RVR = 36;
    SYST_CVR = 0;
    SYST_CSR = 7;
    irq_on();
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        __asm volatile("cmp %1, #0\nittee eq\naddeq %0, #1\naddeq %0, #1\naddne %0, #2\naddne %0, #1\n"
                       : "+r"(sum)
                       : "r"(i & 1)
                       : "cc");
    }
    SYST_CSR = 0;
    irq_off();
    result[0] = sum;
    result[1] = trace_at;
}

// The race-free way to sleep: WFI wakes although PRIMASK holds the interrupt back.
static void sleep_masked(void) {
    handlers[15] = chained;
    SYST_RVR = 7999;
    SYST_CVR = 0;
    SYST_CSR = 7;
    irq_off();
    note(1);
    wfi();
    note(2);
    irq_on();
    note(3);
    SYST_CSR = 0;
    irq_off();
}

// Behind BASEPRI and FAULTMASK only what they let through ends a WFI.
static void sleep_behind(uint32_t basepri, uint32_t faultmask) {
    handlers[15] = chained;
    SHPR(15) = 0x60;
    SYST_RVR = 7999;
    SYST_CVR = 0;
    SYST_CSR = 7;
    irq_off();
    __asm volatile("msr basepri, %0\nmsr faultmask, %1" ::"r"(basepri), "r"(faultmask));
    wfi();
    note(1);
}
static void sleep_open_basepri(void) {
    sleep_behind(0x80, 0);
}
static void sleep_basepri(void) {
    sleep_behind(0x60, 0);
}
static void sleep_faultmask(void) {
    sleep_behind(0, 1);
}

// Two priorities of one group: the order is that of the subpriorities, but neither nests.
static void grouping(void) {
    SCB_AIRCR = 0x05FA0000u | 6u << 8; // bit 7 is the group
    handlers[16 + 20] = low;
    handlers[16 + 21] = high;
    handlers[16 + 22] = chained;
    NVIC_IPR(20) = 0x60;
    NVIC_IPR(21) = 0x40;
    NVIC_IPR(22) = 0x80;
    NVIC_ISER(0) = 7u << 20;
    NVIC_ISPR(0) = 7u << 20;
    irq_on();
    note(1);
    __asm volatile("msr basepri, %0" ::"r"(0xA0)); // 0x80, as groups go
    pend(22);
    note(2);
    __asm volatile("msr basepri, %0" ::"r"(0));
    note(3);
    irq_off();
}

static void bad_svc(void) {
    irq_off();
    SHPR(11) = 0x20;
    __asm volatile("svc 0");
}

// Hints: WFE need not sleep (the architecture lets it end at any time), the others do nothing.
static void hints(void) {
    uint32_t turns = 0;
    do {
        __asm volatile("wfe\nsev\nyield\nwfe\nyield\nnop" ::: "memory");
    } while (++turns < 1000);
    note(turns);
}

// Undefined right behind a hint: still undefined.
__attribute__((naked)) static void on_usage_fault(void) {
    __asm volatile("ldr r0, [sp, #24]\nadd r0, #2\nstr r0, [sp, #24]\n"
                   "ldr r0, =result\nldr r1, [r0]\nadd r1, #1\nstr r1, [r0]\nbx lr\n");
}
static void undefined_behind_hint(void) {
    handlers[6] = on_usage_fault;
    SHCSR = 1u << 18;
    irq_on();
    for (uint32_t turn = 0; turn < 10; turn++) {
        __asm volatile("wfe\nudf #1\nyield\nudf #2\n"
                       "mov r0, #0x20000000\n"
                       "ldr r11, [r0, #0xF20]\n" // ends with the halfword of a WFE
                       "udf #3" ::
                           : "r0", "r1", "r11", "memory");
        note(turn);
    }
}

static void (*const choices[])(void) = {
    nesting,       supervisor,      masks,   process_stack,         it_blocks,
    sleep_masked,  bad_svc,         hints,   undefined_behind_hint, sleep_open_basepri,
    sleep_basepri, sleep_faultmask, grouping};

int main(void) {
    choices[choice]();
    result[63] = trace_at;
    return 0;
}
