#include <string.h>

#include "link.h"
#include "link_queue.h"
#include "protocol.h"

#define ALIGN4(n) (((n) + 3) & ~(size_t)3)

typedef struct _record_t {
    uint16_t len; // of the arguments
    uint16_t opcode;
    uint8_t dev_status;
    uint8_t completion;
    uint16_t stride; // from this record to the next
} record_t;

// Frames that complete an operation (nwp-protocol.md chapter 6, "async"), or stand for an answer.
static const uint16_t completions[] = {OP_DEVICE_INIT_COMPLETE, OP_COMPLETIONS, LINK_OP_ANSWER};

// Frames lie one behind the other from `head` to `tail`, never across the end.
static _Alignas(4) uint8_t store[LINK_QUEUE_SIZE];
static size_t head;
static size_t tail;
static uint32_t dropped;

static record_t *record_at(size_t at) {
    return (record_t *)(store + at);
}

void link_queue_reset(void) {
    head = 0;
    tail = 0;
    dropped = 0;
}

bool link_queue_empty(void) {
    return head == tail;
}

uint32_t link_queue_dropped(void) {
    return dropped;
}

static void remove_at(size_t at) {
    size_t next = at + record_at(at)->stride;
    memmove(store + at, store + next, tail - next);
    tail -= next - at;
    dropped++;
}

// Offset of the oldest frame that may be dropped, or `tail`.
static size_t find_victim(bool any) {
    size_t at = head;
    while (at != tail && !any && record_at(at)->completion) {
        at += record_at(at)->stride;
    }
    return at;
}

uint8_t *link_queue_reserve(size_t len, bool force) {
    size_t need = sizeof(record_t) + ALIGN4(len);
    if (head == tail) {
        head = tail = 0;
    }
    if (tail + need > sizeof(store)) {
        memmove(store, store + head, tail - head);
        tail -= head;
        head = 0;
        while (tail + need > sizeof(store)) {
            size_t victim = find_victim(false);
            if (victim == tail && force) {
                victim = find_victim(true);
            }
            if (victim == tail) {
                dropped++;
                return NULL;
            }
            remove_at(victim);
        }
    }
    return store + tail + sizeof(record_t);
}

static bool is_completion(uint16_t opcode, const uint8_t *args, size_t len) {
    if (opcode == OP_SOCKET_EV_ASYNC) { // completes a start-TLS if its type is 3 or 4
        return len > 1 && (args[1] == 3 || args[1] == 4);
    }
    for (size_t i = 0; i < sizeof(completions) / sizeof(completions[0]); i++) {
        if (completions[i] == opcode) {
            return true;
        }
    }
    return false;
}

void link_queue_commit(uint16_t opcode, uint8_t dev_status, size_t len) {
    record_t *record = record_at(tail);
    record->len = len;
    record->opcode = opcode;
    record->dev_status = dev_status;
    record->completion = is_completion(opcode, store + tail + sizeof(record_t), len);
    record->stride = sizeof(record_t) + ALIGN4(len);
    tail += record->stride;
}

size_t link_queue_pop(uint8_t *buf, size_t size) {
    if (head == tail) {
        return 0;
    }
    const record_t *record = record_at(head);
    const uint8_t *args = store + head + sizeof(record_t);
    const uint8_t front[4] = {record->opcode & 0xff, record->opcode >> 8, record->dev_status, 0};
    size_t n = record->len + sizeof(front);
    if (n > size) {
        n = size;
    }
    size_t first = n < sizeof(front) ? n : sizeof(front);
    memcpy(buf, front, first);
    memcpy(buf + first, args, n - first);
    head += record->stride;
    return n;
}
