/* Code of the lanes that has loops, as steps of one size that know where their registers are: each
 * thread has its own, for some of the registers move. Included by job.h. */
#ifndef SCALARGRAD_LANE_STEPS_H
#define SCALARGRAD_LANE_STEPS_H

#include "program.h"

/* The most steps, loops and moves that so many words are. An operator has two words at least, and
 * an instruction three; at the end there is a step to stop at. */
typedef struct {
    size_t steps, loops, moves, words, walks;
} MostSteps;

static MostSteps most_steps(const Program *p)
{
    const size_t words = (size_t)(p->lanes_end - p->lanes);
    return (MostSteps){words / 2 + 2, words / 4 + 1, words / 3 + 1, words, (size_t)p->walks};
}

static size_t steps_bytes(const Program *p)
{
    const MostSteps most = most_steps(p);
    return p->loops ? most.steps * sizeof(LaneStep) + most.loops * sizeof(LaneLoop)
                          + most.moves * sizeof(LaneMove) + most.words * sizeof(double **)
                          + most.walks * sizeof(int64_t)
                    : 0;
}

/* Steps that are being written: `field` is, of each word of the code, what holds its register. */
typedef struct {
    const Frame *frame;
    const int32_t *code;
    LaneStep *step;
    LaneLoop *loop;
    LaneMove *move;
    double ***field;
    int32_t steps, loops, moves;
} LaneWriting;

static void put_register(LaneWriting *w, LaneStep *step, int which, const int32_t *word)
{
    step->of.at[which] = lane_register(w->frame, *word);
    w->field[word - w->code] = &step->of.at[which];
}

static LaneStep *new_step(LaneWriting *w, int32_t way, int32_t number)
{
    LaneStep *step = &w->step[w->steps++];
    *step = (LaneStep){.way = way, .number = number};
    return step;
}

static int32_t way_of_row(int32_t op)
{
    switch (op) {
    case OP_add: return LANE_ADD;
    case OP_sub: return LANE_SUB;
    case OP_mul: return LANE_MUL;
    case OP_div: return LANE_DIV;
    case OP_neg: return LANE_NEG;
    default: return LANE_ROW;
    }
}

static void write_rows(LaneWriting *w, const int32_t *code)
{
    const RowWords row = row_words(code);
    const int32_t each = operands_of_row(row.op) + 1;
    for (const int32_t *at = row.terms; at < row.end; at += each) {
        LaneStep *step = new_step(w, way_of_row(row.op), row.op);
        for (int k = 0; k < 4; k++)
            put_register(w, step, k, &at[k < each ? k : 0]);
        /* the field of `out` is the first */
        w->field[at - w->code] = &step->of.at[0];
    }
}

/* An instruction whose registers are these words. */
static void write_simple(LaneWriting *w, int32_t way, const int32_t *code, int registers)
{
    LaneStep *step = new_step(w, way, 0);
    for (int k = 0; k < registers; k++)
        put_register(w, step, k, &code[2 + k]);
}

/* Of a move the word is noted that it goes to, and in the end the field. */
static void write_moves(LaneWriting *w, const int32_t *code)
{
    const AlongWords words = along_words(code);
    LaneStep *step = new_step(w, LANE_ALONG, 0);
    step->of.moves.begin = w->moves;
    for (const int32_t *at = words.words; at < words.end; at += ALONG_WORDS) {
        const AlongWordsWords move = along_words_words(at);
        w->move[w->moves++] = (LaneMove){
            .walk = move.walk, .offset = move.offset, .word = code + move.ahead - w->code};
    }
    step->of.moves.end = w->moves;
}

static void write_lane_steps(LaneWriting *w, const int32_t *code, const int32_t *end);

static void write_lane_loop(LaneWriting *w, const int32_t *code)
{
    const LoopWords words = loop_words(code);
    const int32_t number = w->loops++;
    new_step(w, LANE_LOOP, number);
    const int32_t body = w->steps;
    write_lane_steps(w, words.end, words.end + words.size);
    w->loop[number] = (LaneLoop){words, w->steps - body, 0};
    new_step(w, LANE_END, number);
}

static void write_lane_step(LaneWriting *w, const int32_t *code)
{
    switch (code[0]) {
    case OP_LOOP: write_lane_loop(w, code); break;
    case OP_ALONG: write_moves(w, code); break;
    case OP_MOVE: write_simple(w, LANE_MOVE, code, 2); break;
    case OP_PLUS_PRODUCT: write_simple(w, LANE_PLUS_PRODUCT, code, 4); break;
    case OP_MINUS_PRODUCT: write_simple(w, LANE_MINUS_PRODUCT, code, 4); break;
    case OP_SINE_COSINE: write_simple(w, LANE_SINE_COSINE, code, 3); break;
    default:
        if (code[0] < OP_COUNT)
            write_rows(w, code);
        else
            new_step(w, LANE_INSTRUCTION, 0)->of.code = code;
    }
}

static void write_lane_steps(LaneWriting *w, const int32_t *code, const int32_t *end)
{
    for (; code < end; code = instruction_after(code))
        write_lane_step(w, code);
}

/* Give a thread its steps, in memory of steps_bytes. */
static void give_steps(const Program *p, Frame *f, void *memory)
{
    const MostSteps most = most_steps(p);
    LaneWriting w = {.frame = f, .code = p->lanes};
    w.step = memory;
    w.move = (LaneMove *)(w.step + most.steps);
    w.loop = (LaneLoop *)(w.move + most.moves);
    w.field = (double ***)(w.loop + most.loops);
    f->walk = (int64_t *)(w.field + most.words);
    f->step = w.step;
    f->loop = w.loop;
    f->move = w.move;
    write_lane_steps(&w, p->lanes, p->lanes_end);
    new_step(&w, LANE_STOP, 0);
    for (int32_t k = 0; k < w.moves; k++)
        w.move[k].to = w.field[w.move[k].word];
}

#endif
