/* Mathematical functions on vectors of doubles, right to one unit in the last place. Included by
 * block.h. The machine runs the function v_NAME for the row NAME of the operator table; its special
 * values are those of the row.
 *
 * Where an instruction set has x·y + z rounded once, that is used; the last place may then differ
 * from that on another set. Nothing is fused or reordered but what is written so. */
#include "polynomials.h"
#include "vectors.h"
#include "exponentials.h"
#include "logarithms.h"
#include "angles.h"

#undef D
#undef B
#undef M
#undef Pair
#undef Power
#undef PowerLess1
#undef Scaled
#undef Turn
#undef ROUNDED
#undef FAR
#undef FUSED
