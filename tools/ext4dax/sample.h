/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two looks at the knobs and counters of a file system. */
#ifndef EXT4DAX_SAMPLE_H
#define EXT4DAX_SAMPLE_H

#include "column.h"
#include "model.h"

struct look {
	uint64_t wall_ms;	/* since 1970 */
	uint64_t ns;		/* of term_now() */
	struct knob knob[COLUMNS_N];
};

struct sample {
	struct look before, now;
	bool first;		/* there is no before */
};

/* Milliseconds between the looks; unknown of the first. */
struct cell sample_interval(const struct sample *sample);

/* What the counter @id gained between the looks, a second. */
struct cell sample_rate(const struct sample *sample, enum column_id id);

/* How much of what had to be zero the pool had ready, in per cent. */
struct cell sample_hit_percent(const struct sample *sample);

#endif
