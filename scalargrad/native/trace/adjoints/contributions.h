/* Sums of upstream · partial: what the adjoint of a node is made of. Included by partials.h. */
#ifndef SCALARGRAD_ADJOINTS_CONTRIBUTIONS_H
#define SCALARGRAD_ADJOINTS_CONTRIBUTIONS_H

#include "reverse.h"

static int contribute(Reverse *r, int32_t i, Term upstream, Term partial, int selects)
{
    if (RESERVE(r->contribution, r->contribution_room, (int64_t)r->contributions + 1) < 0)
        return -1;
    r->contribution[r->contributions] = (Contribution){upstream, partial, -1, selects};
    if (r->first[i - r->low] < 0)
        r->first[i - r->low] = r->contributions;
    else
        r->contribution[r->last[i - r->low]].next = r->contributions;
    r->last[i - r->low] = r->contributions++;
    return 0;
}

static int is_exactly(Term x, double number)
{
    return is_number_term(x) && x.number == number;
}

static int is_no_contribution(Term x)
{
    return is_number_term(x) && sg_is_nothing(x.number);
}

static int contributes(Contribution contribution)
{
    return !is_no_contribution(contribution.upstream) && !is_no_contribution(contribution.partial);
}

/* upstream · partial, without a node where one of them is exactly nothing or the constant 1. */
static int times(Trace *t, Contribution contribution, Term *product)
{
    if (!contributes(contribution))
        *product = number_term(-0.0);
    else if (is_exactly(contribution.partial, 1.0))
        *product = contribution.upstream;
    else if (is_exactly(contribution.upstream, 1.0) && contribution.selects)
        *product = contribution.partial;
    else {
        const Term terms[] = {contribution.upstream, contribution.partial};
        return found_from(t, contribution.selects ? OP_choose : OP_chain, terms, 2, product);
    }
    return 0;
}

static int plus(Trace *t, Term *sum, Term y)
{
    if (is_no_contribution(*sum))
        *sum = y;
    else if (!is_no_contribution(y)) {
        const Term terms[] = {*sum, y};
        return found_from(t, OP_add, terms, 2, sum);
    }
    return 0;
}

static int32_t count_contributions(const Reverse *r, int32_t i)
{
    int32_t count = 0;
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next)
        count += contributes(r->contribution[at]);
    return count;
}

static int has_lanes(const Reverse *r, Term x)
{
    return !is_number_term(x) && r->trace->node[x.node].lane;
}

/* How many numbers of a contribution differ from lane to lane. */
static int lanes_of(const Reverse *r, Contribution contribution)
{
    if (!contributes(contribution))
        return 0;
    return has_lanes(r, contribution.upstream) + has_lanes(r, contribution.partial);
}

/* The most of them of a contribution to a node. */
static int most_lanes(const Reverse *r, int32_t i)
{
    int found = 0;
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next) {
        const int lanes = lanes_of(r, r->contribution[at]);
        found = lanes > found ? lanes : found;
    }
    return found;
}

static int added_up(Reverse *r, int32_t i, Term *sum)
{
    *sum = number_term(-0.0);
    int32_t count = 0;
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next, count++) {
        if (RESERVE(r->term, r->term_room, (int64_t)count + 1) < 0
            || times(r->trace, r->contribution[at], &r->term[count]) < 0)
            return -1;
    }
    for (int32_t k = 0; k < count; k++)
        if (plus(r->trace, sum, r->term[k]) < 0)
            return -1;
    return 0;
}

/* A contribution as a product of two numbers that may be accumulated; or as a number alone. */
static int as_factors(Trace *t, Contribution contribution, int is_alone, Term *factor)
{
    factor[0] = contribution.upstream;
    factor[1] = is_alone ? number_term(1.0) : contribution.partial;
    return is_alone ? times(t, contribution, factor) : 0;
}

/* The sum as one node. In that of lanes a product that is the same in all is computed apart. */
static int accumulated(Reverse *r, int32_t i, int has_lanes, Term *sum)
{
    int32_t count = 0;
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next) {
        const Contribution contribution = r->contribution[at];
        if (!contributes(contribution))
            continue;
        const int is_alone = contribution.selects || (has_lanes && !lanes_of(r, contribution));
        if (RESERVE(r->term, r->term_room, (int64_t)count + 2) < 0
            || as_factors(r->trace, contribution, is_alone, r->term + count) < 0)
            return -1;
        count += 2;
    }
    return applied(r->trace, ACCUMULATE, r->term, count, sum);
}

/* The sum of upstream·partial; as one node where each product is linear in what has lanes. */
static int sum_of_products(Reverse *r, int32_t i, Term *sum)
{
    const int lanes = most_lanes(r, i), as_one = count_contributions(r, i) >= 3 && lanes < 2;
    return as_one ? accumulated(r, i, lanes, sum) : added_up(r, i, sum);
}

#endif
