/* Memory for nodes: 2 MiB chunks (huge pages advised) cut into blocks of 64 KiB. Included by
 * node.h.
 *
 * The order of addresses matters more than the count of instructions: nodes built one after the
 * other lie side by side, and stay so, because a block starts afresh when its last node is freed
 * and a freed node returns to its own block. All under the GIL. */
#ifndef SCALARGRAD_ARENA_H
#define SCALARGRAD_ARENA_H

#include <stdint.h>
#include <stdlib.h>
#include <stddef.h>
#include "../shared/compilers.h"
#ifdef __linux__
#include <sys/mman.h>
#endif
#ifdef _WIN32
#include <malloc.h>
#endif

/* Under AddressSanitizer a freed slot is out of bounds, but for the link in it. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(slot) ASAN_POISON_MEMORY_REGION((char *)(slot) + 8, SLOT_BYTES - 8)
#define UNPOISON(slot) ASAN_UNPOISON_MEMORY_REGION(slot, SLOT_BYTES)
#else
#define POISON(slot) ((void)0)
#define UNPOISON(slot) ((void)0)
#endif

enum {
    CHUNK_BYTES = 2 << 20,
    BLOCK_BYTES = 64 << 10,
    CHUNK_BLOCKS = CHUNK_BYTES / BLOCK_BYTES,
};

typedef struct Chunk Chunk;
typedef struct Block Block;

typedef struct FreeSlot {
    struct FreeSlot *next;
} FreeSlot;

struct Block {
    FreeSlot *free;         /* freed slots of this block */
    char *bump;             /* first slot never used since the block was last empty */
    uint32_t live;          /* slots in use */
    uint32_t has_room;      /* stands in the list of blocks with room */
    Block *next, *previous; /* in that list, or (next only) among its chunk's empty blocks */
    Chunk *chunk;
};

struct Chunk {
    char *memory;
    Block *empty; /* its blocks without a live slot */
    uint32_t blocks_in_use;
    uint32_t blocks_cut;    /* how many blocks were ever cut from it */
    Chunk *next, *previous; /* among the chunks with an empty block */
};

#define SLOTS_PER_BLOCK ((BLOCK_BYTES - sizeof(Block)) / SLOT_BYTES)

/* Stands for the current block while there is none. */
static Block full_block = {.live = SLOTS_PER_BLOCK};

static struct {
    Block *current; /* where nodes are made */
    Block *room;    /* other blocks with a good part of their slots free */
    Chunk *spare;   /* chunks with an empty block */
    size_t chunks, chunks_in_use;
    size_t peak, recent_peak, takes; /* for the high-water mark, in chunks */
    long fail_after;                 /* tests: allocations until one fails; −1: never */
} arena = {.current = &full_block, .fail_after = -1};

/* ------ memory from the system: every allocation of the engine passes here */

static int allocation_may_pass(void)
{
    if (LIKELY(arena.fail_after < 0))
        return 1;
    if (arena.fail_after == 0)
        return 0;
    arena.fail_after--;
    return 1;
}

static void *acquire(size_t bytes)
{
    return allocation_may_pass() ? malloc(bytes) : NULL;
}

static void *acquire_larger(void *memory, size_t bytes)
{
    return allocation_may_pass() ? realloc(memory, bytes) : NULL;
}

static void *acquire_chunk(void)
{
    void *memory = NULL;
    if (!allocation_may_pass())
        return NULL;
#ifdef _WIN32
    memory = _aligned_malloc(CHUNK_BYTES, CHUNK_BYTES);
#else
    if (posix_memalign(&memory, CHUNK_BYTES, CHUNK_BYTES) != 0)
        return NULL;
#endif
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    (void)madvise(memory, CHUNK_BYTES, MADV_HUGEPAGE);
#endif
    return memory;
}

static void release_chunk(void *memory)
{
#ifdef _WIN32
    _aligned_free(memory);
#else
    free(memory);
#endif
}

/* ------ chunks */

static void spare_insert(Chunk *chunk)
{
    chunk->previous = NULL;
    chunk->next = arena.spare;
    if (arena.spare)
        arena.spare->previous = chunk;
    arena.spare = chunk;
}

static void spare_remove(Chunk *chunk)
{
    if (chunk->previous)
        chunk->previous->next = chunk->next;
    else
        arena.spare = chunk->next;
    if (chunk->next)
        chunk->next->previous = chunk->previous;
}

static int chunk_has_block(const Chunk *chunk)
{
    return chunk->empty || chunk->blocks_cut < CHUNK_BLOCKS;
}

/* Node addresses are kept in 48 bits during a backward pass (see backward.h). */
static int address_fits(const void *memory)
{
    return ((uint64_t)(uintptr_t)memory >> 48) == 0;
}

static Chunk *chunk_new(void)
{
    Chunk *chunk = acquire(sizeof *chunk);
    void *memory = chunk ? acquire_chunk() : NULL;
    if (!memory || !address_fits(memory)) {
        if (memory)
            release_chunk(memory);
        free(chunk);
        return NULL;
    }
    *chunk = (Chunk){.memory = memory};
    arena.chunks++;
    spare_insert(chunk);
    return chunk;
}

static void chunk_free(Chunk *chunk)
{
    spare_remove(chunk);
    release_chunk(chunk->memory);
    free(chunk);
    arena.chunks--;
}

/* The high-water mark is the largest number of chunks in use in this epoch and the one before. An
 * epoch lasts some eight fillings, so a loop keeps what it needs and a past peak is forgotten. */
static void note_chunk_taken(void)
{
    arena.chunks_in_use++;
    if (arena.chunks_in_use > arena.peak)
        arena.peak = arena.chunks_in_use;
    if (++arena.takes > 8 * (arena.peak + 8)) {
        arena.recent_peak = arena.peak;
        arena.peak = arena.chunks_in_use;
        arena.takes = 0;
    }
}

static size_t high_water(void)
{
    return arena.peak > arena.recent_peak ? arena.peak : arena.recent_peak;
}

static void release_empty_chunks(size_t keep)
{
    Chunk *chunk = arena.spare;
    while (chunk && arena.chunks > keep) {
        Chunk *next = chunk->next;
        if (chunk->blocks_in_use == 0)
            chunk_free(chunk);
        chunk = next;
    }
}

/* ------ blocks */

static void block_reset(Block *block)
{
    block->free = NULL;
    block->bump = (char *)block + sizeof *block;
}

static Block *block_take(void)
{
    Chunk *chunk = arena.spare ? arena.spare : chunk_new();
    if (!chunk)
        return NULL;
    Block *block = chunk->empty;
    if (block)
        chunk->empty = block->next;
    else
        block = (Block *)(chunk->memory + (size_t)BLOCK_BYTES * chunk->blocks_cut++);
    *block = (Block){.chunk = chunk};
    block_reset(block);
    if (chunk->blocks_in_use++ == 0)
        note_chunk_taken();
    if (!chunk_has_block(chunk))
        spare_remove(chunk);
    return block;
}

static void room_insert(Block *block)
{
    block->has_room = 1;
    block->previous = NULL;
    block->next = arena.room;
    if (arena.room)
        arena.room->previous = block;
    arena.room = block;
}

static void room_remove(Block *block)
{
    block->has_room = 0;
    if (block->previous)
        block->previous->next = block->next;
    else
        arena.room = block->next;
    if (block->next)
        block->next->previous = block->previous;
}

static void block_return(Block *block)
{
    Chunk *chunk = block->chunk;
    if (!chunk_has_block(chunk))
        spare_insert(chunk);
    block->next = chunk->empty;
    chunk->empty = block;
    if (--chunk->blocks_in_use == 0) {
        arena.chunks_in_use--;
        if (arena.chunks > high_water())
            chunk_free(chunk);
    }
}

/* A full block becomes a place to make nodes again once half of it is free: sooner, every freed
 * node would drag the next one to a distant place. After a million temporaries with random
 * survivors a chain of nodes then takes 1.1 times as long as before them; once an eighth is free,
 * 1.3. */
static uint32_t live_with_room(void)
{
    return SLOTS_PER_BLOCK / 2;
}

static int next_block(void)
{
    Block *block = arena.room;
    if (block)
        room_remove(block);
    else
        block = block_take();
    if (!block)
        return 0;
    arena.current = block;
    return 1;
}

/* ------ slots */

INLINE void *slot_of(Block *block)
{
    FreeSlot *slot = block->free;
    if (slot)
        block->free = slot->next;
    else {
        slot = (FreeSlot *)block->bump;
        block->bump += SLOT_BYTES;
        PREFETCH((uintptr_t)block->bump + 6 * SLOT_BYTES); /* worth 3 % of building a node */
    }
    UNPOISON(slot);
    block->live++;
    return slot;
}

COLD void *slot_from_next_block(void)
{
    return next_block() ? slot_of(arena.current) : NULL;
}

INLINE int slot_at_hand(void)
{
    return LIKELY(arena.current->live < SLOTS_PER_BLOCK);
}

INLINE void *arena_allocate(void)
{
    return slot_at_hand() ? slot_of(arena.current) : slot_from_next_block();
}

static void block_thinned(Block *block)
{
    if (block == arena.current) {
        if (block->live == 0)
            block_reset(block);
    } else if (block->live == 0) {
        if (block->has_room)
            room_remove(block);
        block_return(block);
    } else if (!block->has_room)
        room_insert(block);
}

INLINE void arena_free(void *memory)
{
    Block *block = (Block *)((uintptr_t)memory & ~(uintptr_t)(BLOCK_BYTES - 1));
    FreeSlot *slot = memory;
    slot->next = block->free;
    block->free = slot;
    POISON(slot);
    uint32_t live = --block->live;
    if (UNLIKELY(live == 0 || live == live_with_room()))
        block_thinned(block);
}

/* Give every empty chunk back to the system. */
static void arena_trim(void)
{
    if (arena.current->live == 0) {
        block_return(arena.current);
        arena.current = &full_block;
    }
    arena.peak = arena.recent_peak = arena.chunks_in_use;
    arena.takes = 0;
    release_empty_chunks(0);
}

#endif
