// Module nwp: the link to the network processor (link/link.h) for the driver. Arguments are positional;
// whatever supports the buffer protocol is accepted as bytes.
#include "py/gc.h"
#include "py/mphal.h"
#include "py/objarray.h"
#include "py/objlist.h"
#include "py/runtime.h"

#include "hot.h"
#include "link/link.h"
#include "link/link_port.h"
#include "modnwp.h"

// Buffers handed to expect() live as long as the link may write to them.
MP_REGISTER_ROOT_POINTER(mp_obj_t nwp_expected[16]);
_Static_assert(LINK_SOCKETS == 16, "root pointers");

static const MP_DEFINE_MEMORYVIEW_OBJ(nwp_answer_obj, 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, 0,
                                      LINK_ANSWER_SIZE, link_answer_buf);

#define RECEIVE_MAX NWP_RECV_MAX_LEN_DOCUMENTED // bytes of one receive (nwp-protocol.md 4.4)
// With so many bytes allocated since, who has waited for so long collects; or, with so many, who waits at
// all.
#define IDLE_MS   (100)
#define SINCE_MAX (24 * 1024)
#define BUSY_MAX  (40 * 1024)

// What is called now and then while a request waits (nwp_heed()), and after how many ms.
MP_REGISTER_ROOT_POINTER(mp_obj_t nwp_heeds);
#define HEED_MS (100)

static uint32_t held; // bitmap of nwp_expected

static void release_buffers(void) {
    uint32_t done = held & ~link_expected();
    for (unsigned i = 0; done != 0; i++, done >>= 1) {
        if (done & 1) {
            MP_STATE_VM(nwp_expected)[i] = MP_OBJ_NULL;
            held &= ~(1u << i);
        }
    }
}

static mp_obj_t nwp_open(void) {
    link_open();
    release_buffers();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_open_obj, nwp_open);

static mp_obj_t nwp_close(void) {
    link_close();
    release_buffers();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_close_obj, nwp_close);

void nwp_deinit(void) {
    nwp_close();
    MP_STATE_VM(nwp_heeds) = MP_OBJ_NULL;
}

// (function): called without arguments while request() waits for an answer, every 100 ms, and before it waits
// for one that was given up. What it raises ends the request, whose answer is then nobody's. It must not use
// the link.
static mp_obj_t nwp_heed(mp_obj_t function) {
    MP_STATE_VM(nwp_heeds) = function;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(nwp_heed_obj, nwp_heed);

static mp_obj_t nwp_is_open(void) {
    return mp_obj_new_bool(link_is_open());
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_is_open_obj, nwp_is_open);

static mp_obj_t nwp_shutdown_ready(void) {
    return mp_obj_new_bool(link_port_shutdown_ready());
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_shutdown_ready_obj, nwp_shutdown_ready);

// Argument `i` as bytes; none if it is missing or None.
static link_part_t get_part(size_t n_args, const mp_obj_t *args, size_t i) {
    if (i >= n_args || args[i] == mp_const_none) {
        return (link_part_t){NULL, 0};
    }
    mp_buffer_info_t info;
    mp_get_buffer_raise(args[i], &info, MP_BUFFER_READ);
    return (link_part_t){info.buf, info.len};
}

// (opcode, args[, payload[, timeout_ms[, prefix[, payload2]]]])
static uint32_t get_command(link_frame_t *frame, size_t n_args, const mp_obj_t *args) {
    frame->opcode = mp_obj_get_int(args[0]);
    frame->args = get_part(n_args, args, 1);
    frame->payload = get_part(n_args, args, 2);
    frame->prefix = get_part(n_args, args, 4);
    frame->payload2 = get_part(n_args, args, 5);
    if (n_args > 3 && args[3] != mp_const_none) {
        return mp_obj_get_int_truncated(args[3]);
    }
    return LINK_TIMEOUT_MS;
}

// A wait has been interrupted, or takes long.
static void look_up(int why) {
    if (why == LINK_E_BREAK) {
        mp_handle_pending(true);
    } else if (MP_STATE_VM(nwp_heeds) != MP_OBJ_NULL) {
        mp_call_function_0(MP_STATE_VM(nwp_heeds));
    }
}

// A KeyboardInterrupt, or what heed() was given, leaves the answer to come without an owner.
static int wait_answer(void) {
    for (;;) {
        int n = link_answer(HEED_MS);
        if (n != LINK_E_BREAK && n != LINK_E_AGAIN) {
            return n;
        }
        link_abandon(true);
        look_up(n);
        link_abandon(false);
    }
}

// Until the answer that nobody wants is there.
static void settle(void) {
    uint32_t ms = 0;
    for (int why = link_settle(ms); why != 0; why = link_settle(ms)) {
        look_up(why);
        ms = HEED_MS;
    }
}

static mp_obj_t nwp_request(size_t n_args, const mp_obj_t *args) {
    link_frame_t frame;
    uint32_t timeout_ms = get_command(&frame, n_args, args);
    settle();
    int n = link_submit(&frame, timeout_ms);
    if (n == 0) {
        n = wait_answer();
    }
    return MP_OBJ_NEW_SMALL_INT(n);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(nwp_request_obj, 2, 6, nwp_request);

static mp_obj_t nwp_submit(size_t n_args, const mp_obj_t *args) {
    link_frame_t frame;
    uint32_t timeout_ms = get_command(&frame, n_args, args);
    return MP_OBJ_NEW_SMALL_INT(link_submit(&frame, timeout_ms));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(nwp_submit_obj, 2, 6, nwp_submit);

static mp_obj_t nwp_collect(void) {
    return MP_OBJ_NEW_SMALL_INT(link_collect());
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_collect_obj, nwp_collect);

// (opcode, args, payload, sd, nbytes[, prefix[, payload2]])
static mp_obj_t nwp_post(size_t n_args, const mp_obj_t *args) {
    link_frame_t frame = {
        .opcode = mp_obj_get_int(args[0]),
        .args = get_part(n_args, args, 1),
        .payload = get_part(n_args, args, 2),
        .prefix = get_part(n_args, args, 5),
        .payload2 = get_part(n_args, args, 6),
    };
    return MP_OBJ_NEW_SMALL_INT(link_post(&frame, mp_obj_get_int(args[3]), mp_obj_get_int(args[4])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(nwp_post_obj, 5, 7, nwp_post);

// (open, streams), bitmaps as link_sockets() has them.
static mp_obj_t nwp_sockets(mp_obj_t open, mp_obj_t streams) {
    link_sockets(mp_obj_get_int_truncated(open), mp_obj_get_int_truncated(streams));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(nwp_sockets_obj, nwp_sockets);

// (sd, nbytes): what link_room() gives.
static mp_obj_t nwp_room(mp_obj_t sd, mp_obj_t nbytes) {
    return MP_OBJ_NEW_SMALL_INT(link_room(mp_obj_get_int(sd), mp_obj_get_int(nbytes)));
}
static MP_DEFINE_CONST_FUN_OBJ_2(nwp_room_obj, nwp_room);

static mp_obj_t nwp_poll(void) {
    uint32_t flags = link_poll();
    return MP_OBJ_NEW_SMALL_INT(flags);
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_poll_obj, nwp_poll);

// (ms[, mask]): ms < 0 waits for ever; mask: the flags that end the wait, besides FATAL and TIMEOUT.
static mp_obj_t nwp_wait(size_t n_args, const mp_obj_t *args) {
    mp_int_t ms = mp_obj_get_int(args[0]);
    uint32_t mask = LINK_UART | LINK_ANSWER | LINK_EVENT;
    if (n_args > 1) {
        mask = mp_obj_get_int(args[1]);
    }
    mp_handle_pending(true);
    uint32_t left = ms < 0 ? LINK_FOREVER : (uint32_t)ms;
    uint32_t flags = LINK_TIMEOUT;
    if (alloc_since > SINCE_MAX && alloc_settled && left > IDLE_MS) {
        uint32_t idle = alloc_since > BUSY_MAX ? 0 : IDLE_MS;
        flags = link_wait(idle, mask);
        left -= left == LINK_FOREVER ? 0 : idle;
        if (flags == LINK_TIMEOUT) {
            gc_collect();
        }
    }
    if (flags == LINK_TIMEOUT) {
        flags = link_wait(left, mask);
    }
    if (flags == 0) {
        mp_handle_pending(true);
    }
    return MP_OBJ_NEW_SMALL_INT(flags);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(nwp_wait_obj, 1, 2, nwp_wait);

static mp_obj_t nwp_event(mp_obj_t buf_in) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buf_in, &info, MP_BUFFER_WRITE);
    release_buffers(); // whose completion comes now, or came before
    return MP_OBJ_NEW_SMALL_INT(link_event(info.buf, info.len));
}
static MP_DEFINE_CONST_FUN_OBJ_1(nwp_event_obj, nwp_event);

static mp_obj_t nwp_expect(mp_obj_t sd_in, mp_obj_t buf_in) {
    mp_int_t sd = mp_obj_get_int(sd_in);
    mp_buffer_info_t info = {0};
    if (buf_in != mp_const_none) {
        mp_get_buffer_raise(buf_in, &info, MP_BUFFER_WRITE);
    }
    if (!link_expect(sd, info.buf, info.len)) {
        mp_raise_ValueError(MP_ERROR_TEXT("sd"));
    }
    release_buffers();
    if (info.buf != NULL) {
        unsigned id = sd & LINK_SOCKET_MASK;
        MP_STATE_VM(nwp_expected)[id] = buf_in;
        held |= 1u << id;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(nwp_expect_obj, nwp_expect);

// (opcode, sd, flags, buf): asks for data of a socket, at most buf's length, and expects it there: 0, of a
// non-blocking socket 1. Below 0 the error of post(), and nothing is expected.
static mp_obj_t nwp_receive(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_int_t sd = mp_obj_get_int(args[1]);
    mp_buffer_info_t info;
    mp_get_buffer_raise(args[3], &info, MP_BUFFER_WRITE);
    size_t size = info.len < RECEIVE_MAX ? info.len : RECEIVE_MAX;
    if (size == 0) {
        return MP_OBJ_NEW_SMALL_INT(LINK_E_SIZE);
    }
    const uint8_t request[4] = {size, size >> 8, sd, mp_obj_get_int(args[2])};
    link_frame_t frame = {.opcode = mp_obj_get_int(args[0]), .args = {request, sizeof(request)}};
    nwp_expect(args[1], args[3]);
    int n = link_post(&frame, sd, 0);
    if (n != 0) {
        nwp_expect(args[1], mp_const_none);
        return MP_OBJ_NEW_SMALL_INT(n);
    }
    return MP_OBJ_NEW_SMALL_INT(link_status()->nonblocking >> (sd & LINK_SOCKET_MASK) & 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(nwp_receive_obj, 4, 4, nwp_receive);

// (coroutine, box): resumes it. Returns what it yields; or None, and then box[0] is what it has returned. An
// exception of it is raised. The language's own way makes an exception of every result.
static mp_obj_t nwp_resume(mp_obj_t coroutine, mp_obj_t box) {
    mp_obj_t value = MP_OBJ_NULL;
    switch (mp_resume(coroutine, mp_const_none, MP_OBJ_NULL, &value)) {
        case MP_VM_RETURN_YIELD:
            return value;
        case MP_VM_RETURN_NORMAL:
            mp_obj_list_store(box, MP_OBJ_NEW_SMALL_INT(0), value == MP_OBJ_NULL ? mp_const_none : value);
            return mp_const_none;
        default:
            nlr_raise(value);
    }
}
static MP_DEFINE_CONST_FUN_OBJ_2(nwp_resume_obj, nwp_resume);

// (kind, arg0, arg1): latches a fatal condition that the driver found.
static mp_obj_t nwp_fail(mp_obj_t kind, mp_obj_t arg0, mp_obj_t arg1) {
    link_fail(mp_obj_get_int(kind), mp_obj_get_int_truncated(arg0), mp_obj_get_int_truncated(arg1));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(nwp_fail_obj, nwp_fail);

static mp_obj_t nwp_answer_opcode(void) {
    return MP_OBJ_NEW_SMALL_INT(link_answer_opcode());
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_answer_opcode_obj, nwp_answer_opcode);

static mp_obj_t nwp_free_credits(void) {
    return MP_OBJ_NEW_SMALL_INT(link_status()->credits);
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_free_credits_obj, nwp_free_credits);

static mp_obj_t nwp_min_tx(void) {
    return MP_OBJ_NEW_SMALL_INT(link_status()->min_tx);
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_min_tx_obj, nwp_min_tx);

static mp_obj_t nwp_tx_failure(void) {
    return MP_OBJ_NEW_SMALL_INT(link_status()->tx_failure);
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_tx_failure_obj, nwp_tx_failure);

static mp_obj_t nwp_nonblocking(void) {
    return MP_OBJ_NEW_SMALL_INT(link_status()->nonblocking);
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_nonblocking_obj, nwp_nonblocking);

static mp_obj_t nwp_dev_status(void) {
    return MP_OBJ_NEW_SMALL_INT(link_status()->dev_status);
}
static MP_DEFINE_CONST_FUN_OBJ_0(nwp_dev_status_obj, nwp_dev_status);

static mp_obj_t nwp_counter(mp_obj_t index) {
    return mp_obj_new_int_from_uint(link_counter(mp_obj_get_int(index)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(nwp_counter_obj, nwp_counter);

// In the order of the LINK_N_ constants.
static const mp_rom_obj_tuple_t nwp_counters_obj = {
    {&mp_type_tuple},
    LINK_N_COUNTERS,
    {
        MP_ROM_QSTR(MP_QSTR_events_dropped),
        MP_ROM_QSTR(MP_QSTR_drained),
        MP_ROM_QSTR(MP_QSTR_unknown),
        MP_ROM_QSTR(MP_QSTR_late_data),
        MP_ROM_QSTR(MP_QSTR_sync_slips),
        MP_ROM_QSTR(MP_QSTR_frames_in),
        MP_ROM_QSTR(MP_QSTR_frames_out),
        MP_ROM_QSTR(MP_QSTR_overruns),
        MP_ROM_QSTR(MP_QSTR_answers_unasked),
        MP_ROM_QSTR(MP_QSTR_short),
    },
};

static const mp_rom_map_elem_t nwp_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_nwp)},
    {MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&nwp_open_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&nwp_close_obj)},
    {MP_ROM_QSTR(MP_QSTR_is_open), MP_ROM_PTR(&nwp_is_open_obj)},
    {MP_ROM_QSTR(MP_QSTR_heed), MP_ROM_PTR(&nwp_heed_obj)},
    {MP_ROM_QSTR(MP_QSTR_shutdown_ready), MP_ROM_PTR(&nwp_shutdown_ready_obj)},
    {MP_ROM_QSTR(MP_QSTR_request), MP_ROM_PTR(&nwp_request_obj)},
    {MP_ROM_QSTR(MP_QSTR_submit), MP_ROM_PTR(&nwp_submit_obj)},
    {MP_ROM_QSTR(MP_QSTR_collect), MP_ROM_PTR(&nwp_collect_obj)},
    {MP_ROM_QSTR(MP_QSTR_post), MP_ROM_PTR(&nwp_post_obj)},
    {MP_ROM_QSTR(MP_QSTR_sockets), MP_ROM_PTR(&nwp_sockets_obj)},
    {MP_ROM_QSTR(MP_QSTR_room), MP_ROM_PTR(&nwp_room_obj)},
    {MP_ROM_QSTR(MP_QSTR_poll), MP_ROM_PTR(&nwp_poll_obj)},
    {MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&nwp_wait_obj)},
    {MP_ROM_QSTR(MP_QSTR_event), MP_ROM_PTR(&nwp_event_obj)},
    {MP_ROM_QSTR(MP_QSTR_expect), MP_ROM_PTR(&nwp_expect_obj)},
    {MP_ROM_QSTR(MP_QSTR_receive), MP_ROM_PTR(&nwp_receive_obj)},
    {MP_ROM_QSTR(MP_QSTR_resume), MP_ROM_PTR(&nwp_resume_obj)},
    {MP_ROM_QSTR(MP_QSTR_fail), MP_ROM_PTR(&nwp_fail_obj)},
    {MP_ROM_QSTR(MP_QSTR_answer_opcode), MP_ROM_PTR(&nwp_answer_opcode_obj)},
    {MP_ROM_QSTR(MP_QSTR_free_credits), MP_ROM_PTR(&nwp_free_credits_obj)},
    {MP_ROM_QSTR(MP_QSTR_min_tx), MP_ROM_PTR(&nwp_min_tx_obj)},
    {MP_ROM_QSTR(MP_QSTR_tx_failure), MP_ROM_PTR(&nwp_tx_failure_obj)},
    {MP_ROM_QSTR(MP_QSTR_nonblocking), MP_ROM_PTR(&nwp_nonblocking_obj)},
    {MP_ROM_QSTR(MP_QSTR_dev_status), MP_ROM_PTR(&nwp_dev_status_obj)},
    {MP_ROM_QSTR(MP_QSTR_counter), MP_ROM_PTR(&nwp_counter_obj)},

    {MP_ROM_QSTR(MP_QSTR_answer), MP_ROM_PTR(&nwp_answer_obj)},
    {MP_ROM_QSTR(MP_QSTR_COUNTERS), MP_ROM_PTR(&nwp_counters_obj)},

    {MP_ROM_QSTR(MP_QSTR_UART), MP_ROM_INT(LINK_UART)},
    {MP_ROM_QSTR(MP_QSTR_ANSWER), MP_ROM_INT(LINK_ANSWER)},
    {MP_ROM_QSTR(MP_QSTR_EVENT), MP_ROM_INT(LINK_EVENT)},
    {MP_ROM_QSTR(MP_QSTR_FATAL), MP_ROM_INT(LINK_FATAL)},
    {MP_ROM_QSTR(MP_QSTR_TIMEOUT), MP_ROM_INT(LINK_TIMEOUT)},
    {MP_ROM_QSTR(MP_QSTR_TX), MP_ROM_INT(LINK_TX)},
    {MP_ROM_QSTR(MP_QSTR_OP_FATAL), MP_ROM_INT(LINK_OP_FATAL)},
    {MP_ROM_QSTR(MP_QSTR_EVENT_SIZE), MP_ROM_INT(LINK_EVENT_SIZE)},
    {MP_ROM_QSTR(MP_QSTR_E_BUSY), MP_ROM_INT(LINK_E_BUSY)},
    {MP_ROM_QSTR(MP_QSTR_E_NO_ACK), MP_ROM_INT(LINK_E_NO_ACK)},
    {MP_ROM_QSTR(MP_QSTR_E_SYNC), MP_ROM_INT(LINK_E_SYNC)},
    {MP_ROM_QSTR(MP_QSTR_E_ABORT), MP_ROM_INT(LINK_E_ABORT)},
    {MP_ROM_QSTR(MP_QSTR_E_CLOSED), MP_ROM_INT(LINK_E_CLOSED)},
    {MP_ROM_QSTR(MP_QSTR_E_AGAIN), MP_ROM_INT(LINK_E_AGAIN)},
    {MP_ROM_QSTR(MP_QSTR_E_SIZE), MP_ROM_INT(LINK_E_SIZE)},
};
static MP_DEFINE_CONST_DICT(nwp_globals, nwp_globals_table);

const mp_obj_module_t nwp_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&nwp_globals,
};

MP_REGISTER_MODULE(MP_QSTR_nwp, nwp_module);
