#include <string.h>

#include "link.h"
#include "link_flow.h"
#include "link_io.h"
#include "link_port.h"
#include "link_queue.h"
#include "protocol.h"

// Bits of the opcode of a received frame (nwp-protocol.md 3.1, 3.2).
#define OP_FROM_HOST (0x8000u)
#define OP_ANSWER    (0x0400u)

typedef enum _slot_state_t {
    SLOT_FREE,
    SLOT_WAITING,
    SLOT_ABANDONED, // sent, but nobody wants the answer
    SLOT_DONE,      // `result` is there
} slot_state_t;

static struct {
    slot_state_t state;
    int result;
    uint16_t opcode;
    uint16_t answer_opcode;
    uint32_t start; // ticks
    uint32_t timeout_ms;
    bool awaited; // by link_answer(): it is nobody's business what came before
} slot;

static struct {
    bool opened;
    bool failed;    // a fatal condition is pending
    bool fail_news; // and link_poll() has not told of it
    uint32_t expected;
    link_part_t target[LINK_SOCKETS];
    uint32_t counters[LINK_N_COUNTERS];
} self;

_Alignas(4) uint8_t link_answer_buf[LINK_ANSWER_SIZE];

static bool usable(void) {
    return self.opened && !self.failed;
}

static uint32_t left_at(uint32_t now, uint32_t start, uint32_t timeout_ms) {
    if (timeout_ms == LINK_FOREVER) {
        return LINK_FOREVER;
    }
    uint32_t passed = now - start;
    return passed < timeout_ms ? timeout_ms - passed : 0;
}

static uint32_t time_left(uint32_t start, uint32_t timeout_ms) {
    return left_at(link_port_ticks_ms(), start, timeout_ms);
}

// Life

static void reset(void) {
    memset(&self, 0, sizeof(self));
    memset(&slot, 0, sizeof(slot));
    link_flow_reset();
    link_io_reset();
    link_queue_reset();
}

void link_open(void) {
    reset();
    link_port_open();
    link_port_power_off();
    link_port_power_on();
    self.opened = true;
}

void link_close(void) {
    link_port_power_off(); // even if nothing was started (nwp-protocol.md 1.5)
    if (self.opened) {
        link_port_close();
    }
    reset();
}

bool link_is_open(void) {
    return self.opened;
}

void link_fail(unsigned kind, uint32_t arg0, uint32_t arg1) {
    static const int results[] = {
        [LINK_FATAL_DEVICE_ABORT] = LINK_E_ABORT, [LINK_FATAL_DRIVER_ABORT] = LINK_E_ABORT,
        [LINK_FATAL_SYNC_LOSS] = LINK_E_SYNC,     [LINK_FATAL_NO_CMD_ACK] = LINK_E_NO_ACK,
        [LINK_FATAL_CMD_TIMEOUT] = LINK_E_ABORT,
    };
    if (!usable() || kind == 0 || kind > LINK_FATAL_CMD_TIMEOUT) {
        return;
    }
    self.failed = true;
    self.fail_news = true;
    self.expected = 0;
    if (slot.state == SLOT_WAITING) {
        slot.state = SLOT_DONE;
        slot.result = results[kind];
    } else if (slot.state == SLOT_ABANDONED) {
        slot.state = SLOT_FREE;
    }
    const uint32_t args[2] = {arg0, arg1};
    memcpy(link_queue_reserve(sizeof(args), true), args, sizeof(args));
    link_queue_commit(LINK_OP_FATAL | kind, link_status()->dev_status, sizeof(args));
}

// Received frames, one function a class. What they leave is drained afterwards.

// What is left of the message, at most `most` bytes of it.
static size_t limited(size_t most) {
    size_t len = link_io_left();
    if (len > most) {
        len = most;
        self.counters[LINK_N_OVERRUNS]++;
    }
    return len;
}

static bool read_to_queue(uint16_t opcode, uint8_t dev_status, size_t most) {
    size_t len = limited(most);
    uint8_t *args = link_queue_reserve(len, false);
    if (args == NULL) {
        return false;
    }
    link_io_read(args, len);
    link_queue_commit(opcode, dev_status, len);
    return true;
}

static void read_answer(const link_header_t *header) {
    if (slot.state == SLOT_FREE) {
        self.counters[LINK_N_ANSWERS_UNASKED]++;
        return;
    }
    if (slot.state == SLOT_ABANDONED) {
        self.counters[LINK_N_ANSWERS_UNASKED]++;
        slot.state = SLOT_FREE;
        return;
    }
    slot.answer_opcode = header->opcode;
    if (!slot.awaited && !link_queue_empty() &&
        read_to_queue(LINK_OP_ANSWER, header->dev_status, LINK_ANSWER_SIZE - 4)) {
        slot.state = SLOT_FREE;
        return;
    }
    size_t len = limited(LINK_ANSWER_SIZE);
    link_io_read(link_answer_buf, len);
    slot.result = len;
    slot.state = SLOT_DONE;
}

// Stores received data where it is expected. Returns the status that is true for the buffer: as on the wire,
// except that no more bytes are claimed than were stored.
static int16_t store_data(unsigned id, int16_t status) {
    if (status <= 0) {
        return status;
    }
    size_t len = status;
    if (len > link_io_left()) {
        len = link_io_left();
        self.counters[LINK_N_SHORT]++;
    }
    if (len > self.target[id].len) {
        len = self.target[id].len;
        self.counters[LINK_N_OVERRUNS]++;
    }
    link_io_read((uint8_t *)self.target[id].buf, len);
    return len > 0 ? (int16_t)len : LINK_E_TX_FAIL;
}

static void read_data(const link_header_t *header) {
    size_t size = header->opcode == OP_SOCKET_RECV_DONE          ? 4
                  : header->opcode == OP_SOCKET_RECVFROM_DONE_V4 ? 12
                                                                 : 24;
    uint8_t args[24] = {0};
    size_t len = link_io_left();
    if (len < size) {
        self.counters[LINK_N_SHORT]++;
    }
    link_io_read(args, size);
    unsigned id = args[2] & LINK_SOCKET_MASK;
    if (len < 4 || !(self.expected >> id & 1)) {
        self.counters[LINK_N_LATE_DATA]++;
        return;
    }
    self.expected &= ~(1u << id);
    int16_t status = store_data(id, (int16_t)(args[0] | args[1] << 8));
    args[0] = status & 0xff;
    args[1] = (uint16_t)status >> 8;
    uint8_t *place = link_queue_reserve(size, false);
    if (place != NULL) {
        memcpy(place, args, size);
        link_queue_commit(header->opcode, header->dev_status, size);
    }
}

static void read_abort(const link_header_t *header) {
    uint32_t data = 0;
    link_io_read(&data, sizeof(data));
    link_fail(LINK_FATAL_DEVICE_ABORT, header->tx_failure | (uint32_t)header->nonblocking << 16, data);
}

static void read_message(void) {
    link_header_t header;
    if (!link_io_begin(&header)) {
        link_fail(LINK_FATAL_SYNC_LOSS, 0, 0);
        return;
    }
    self.counters[LINK_N_FRAMES_IN]++;
    self.counters[LINK_N_SYNC_SLIPS] += header.slipped;
    self.counters[LINK_N_SHORT] += header.len < LINK_IO_HEADER;
    if (header.opcode == OP_DEVICE_ABORT) {
        read_abort(&header);
        return;
    }
    link_flow_apply(&header);
    if (header.opcode & OP_ANSWER) {
        read_answer(&header);
    } else if (header.opcode & OP_FROM_HOST) {
        self.counters[LINK_N_UNKNOWN]++;
    } else if (header.opcode == OP_SOCKET_RECV_DONE || header.opcode == OP_SOCKET_RECVFROM_DONE_V4 ||
               header.opcode == OP_SOCKET_RECVFROM_DONE_V6) {
        read_data(&header);
    } else if (header.opcode != OP_DEVICE_DUMMY) {
        read_to_queue(header.opcode, header.dev_status, LINK_EVENT_ARGS);
    }
    self.counters[LINK_N_DRAINED] += link_io_end();
    link_port_irq_unmask();
}

// Whether what waits may be read now.
static bool readable(void) {
    return usable() && slot.state != SLOT_DONE;
}

// Reads what waits, up to and including an answer.
static void read_messages(void) {
    for (unsigned i = 0; i < LINK_POLL_MESSAGES && readable() && link_port_irq(); i++) {
        read_message();
    }
    if ((slot.state == SLOT_WAITING || slot.state == SLOT_ABANDONED) &&
        time_left(slot.start, slot.timeout_ms) == 0) {
        link_fail(LINK_FATAL_NO_CMD_ACK, slot.opcode, 0);
    }
}

// Commands

int link_submit(const link_frame_t *frame, uint32_t timeout_ms) {
    if (!usable()) {
        return LINK_E_CLOSED;
    }
    if (slot.state != SLOT_FREE) {
        return LINK_E_BUSY;
    }
    if (!link_io_send(frame)) {
        return LINK_E_SIZE;
    }
    self.counters[LINK_N_FRAMES_OUT]++;
    slot.opcode = frame->opcode;
    slot.start = link_port_ticks_ms();
    slot.timeout_ms = timeout_ms;
    slot.state = SLOT_WAITING;
    return 0;
}

int link_collect(void) {
    if (slot.state == SLOT_DONE) {
        slot.state = SLOT_FREE;
        return slot.result;
    }
    return usable() ? LINK_E_AGAIN : LINK_E_CLOSED;
}

// Reads messages until the slot leaves `state`: 0; or LINK_E_BREAK, or LINK_E_AGAIN after `ms`.
static int wait_slot(slot_state_t state, uint32_t ms) {
    uint32_t start = 0;
    for (bool is_first = true;; is_first = false) {
        read_messages();
        if (slot.state != state) {
            return 0;
        }
        if (link_port_break()) {
            return LINK_E_BREAK;
        }
        uint32_t now = link_port_ticks_ms();
        start = is_first ? now : start;
        uint32_t left = left_at(now, start, ms);
        if (left == 0) {
            return LINK_E_AGAIN;
        }
        uint32_t answer = left_at(now, slot.start, slot.timeout_ms);
        link_port_idle(answer < left ? answer : left, LINK_WAKE_NWP);
    }
}

int link_answer(uint32_t ms) {
    slot.awaited = true;
    int code = wait_slot(SLOT_WAITING, ms);
    slot.awaited = false;
    return code != 0 ? code : link_collect();
}

int link_settle(uint32_t ms) {
    return slot.state == SLOT_ABANDONED ? wait_slot(SLOT_ABANDONED, ms) : 0;
}

void link_abandon(bool given_up) {
    if (slot.state == (given_up ? SLOT_WAITING : SLOT_ABANDONED)) {
        slot.state = given_up ? SLOT_ABANDONED : SLOT_WAITING;
    }
}

uint16_t link_answer_opcode(void) {
    return slot.answer_opcode;
}

int link_post(const link_frame_t *frame, unsigned sd, int32_t nbytes) {
    if (!usable()) {
        return LINK_E_CLOSED;
    }
    int cost = link_flow_cost(sd, nbytes);
    if (cost == LINK_E_CREDITS) { // more may have come, only nobody has looked
        read_messages();
        if (!usable()) {
            return LINK_E_CLOSED;
        }
        cost = link_flow_cost(sd, nbytes);
    }
    if (cost < 0) {
        return cost;
    }
    if (nbytes > 0 && !link_flow_is_open(sd)) {
        return LINK_E_NOT_OPEN;
    }
    if (!link_io_send(frame)) {
        return LINK_E_SIZE;
    }
    link_flow_take(sd, cost);
    self.counters[LINK_N_FRAMES_OUT]++;
    return 0;
}

// Waiting

static uint32_t flags_now(uint32_t mask) {
    uint32_t wake = link_port_idle(0, LINK_WAKE_UART | LINK_WAKE_TX);
    uint32_t flags = (wake & LINK_WAKE_UART ? LINK_UART : 0) | (wake & LINK_WAKE_TX ? LINK_TX : 0) |
                     (slot.state == SLOT_DONE ? LINK_ANSWER : 0) | (link_queue_empty() ? 0 : LINK_EVENT);
    flags &= mask;
    if (self.fail_news) {
        self.fail_news = false;
        flags |= LINK_FATAL;
    }
    return flags;
}

uint32_t link_poll(void) {
    read_messages();
    return flags_now(LINK_UART | LINK_ANSWER | LINK_EVENT);
}

uint32_t link_wait(uint32_t ms, uint32_t mask) {
    uint32_t start = link_port_ticks_ms();
    uint32_t wake = (mask & LINK_UART ? LINK_WAKE_UART : 0) | (mask & LINK_TX ? LINK_WAKE_TX : 0);
    uint32_t frames = self.counters[LINK_N_FRAMES_IN];
    for (;;) {
        read_messages();
        uint32_t flags = flags_now(mask);
        uint32_t left = time_left(start, ms);
        if (left == 0 && flags == 0) {
            flags = LINK_TIMEOUT;
        }
        // A frame without further news still may have brought credits that somebody waits for.
        if (flags != 0 || link_port_break() || self.counters[LINK_N_FRAMES_IN] != frames) {
            return flags;
        }
        if (slot.state == SLOT_WAITING || slot.state == SLOT_ABANDONED) {
            uint32_t answer = time_left(slot.start, slot.timeout_ms);
            left = answer < left ? answer : left;
        }
        link_port_idle(left, wake | (readable() ? LINK_WAKE_NWP : 0));
    }
}

size_t link_event(uint8_t *buf, size_t size) {
    return link_queue_pop(buf, size);
}

// Data

bool link_expect(unsigned sd, uint8_t *buf, size_t size) {
    unsigned id = sd & LINK_SOCKET_MASK;
    if (id >= LINK_SOCKETS) {
        return false;
    }
    self.target[id].buf = buf;
    self.target[id].len = size;
    self.expected = buf == NULL ? self.expected & ~(1u << id) : self.expected | 1u << id;
    return true;
}

uint32_t link_expected(void) {
    return self.expected;
}

uint32_t link_counter(unsigned index) {
    if (index == LINK_N_EVENTS_DROPPED) {
        return link_queue_dropped();
    }
    return index < LINK_N_COUNTERS ? self.counters[index] : 0;
}
