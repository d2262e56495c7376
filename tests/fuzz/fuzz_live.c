/* Any bytes as a recording: summed up as a live account, listed, expanded and drawn. */
#include <stdint.h>
#include <stdlib.h>

#include "recording/reader.h"
#include "tui/draw.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

enum { TURN_EVENTS = 50, FORGET_EVENTS = 170, RESET_EVENTS = 430 };

struct viewer {
    struct sink sink;
    struct live *live;
    struct top top;
    struct list list;
    struct grid grid;
    uint32_t events;
};

/* What is shown must be there, and a row's number must stay good until the next turn. */
static void check(struct viewer *v)
{
    static const struct facts facts = {.asked_hz = 100};
    const struct live *l = v->live;
    for (size_t i = 0; i < l->cells.len; i++) {
        const struct live_cell *cell = vec_at(&l->cells, i);
        if (cell->row >= l->rows.len)
            abort();
    }
    v->top.threads = v->events & 1;
    v->top.lines = v->events & 2;
    v->top.class = (enum live_class)(v->events % LIVE_CLASSES);
    top_key(&v->top, TOP_KEY_ENTER, l);
    list_make(&v->list, &v->top, v->live);
    draw(&v->grid, 24, 80, &v->top, &v->list, l, &facts);
    for (size_t i = 0; i < v->grid.spans.len; i++) {
        const struct grid_span *span = vec_at(&v->grid.spans, i);
        if (span->row >= 24 || span->column + display_columns(grid_span_text(&v->grid, span)) > 80)
            abort();
    }
}

static int viewer_emit(struct sink *sink, const struct event *event)
{
    struct viewer *v = (struct viewer *)sink;
    int result = v->live->sink.emit(&v->live->sink, event);
    v->events++;
    if (v->events % TURN_EVENTS == 0) {
        live_turn(v->live);
        check(v);
    }
    if (v->events % FORGET_EVENTS == 0)
        live_forget(v->live);
    if (v->events % RESET_EVENTS == 0)
        live_reset(v->live);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    static const struct query query = {.idle = true, .gc = true};
    struct err err;
    struct reader_summary summary;
    struct reader *r = reader_open_bytes(bytes, len_bytes, "fuzz", &err);
    if (!r)
        return 0;
    struct viewer v = {.sink.emit = viewer_emit, .live = live_new(&query)};
    top_init(&v.top, &query);
    list_init(&v.list);
    grid_init(&v.grid);
    reader_replay(r, &v.sink, &summary, &err);
    live_turn(v.live);
    check(&v);
    grid_release(&v.grid);
    list_release(&v.list);
    live_free(v.live);
    reader_free(r);
    return 0;
}
