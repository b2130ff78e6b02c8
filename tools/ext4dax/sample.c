// SPDX-License-Identifier: GPL-2.0-or-later
#include "sample.h"

/* What the counter @id gained; false if it is not known, or was set back by a new mount. */
static bool gained(const struct sample *sample, enum column_id id, uint64_t *gain)
{
	const struct knob *before = &sample->before.knob[id], *now = &sample->now.knob[id];

	if (sample->first || !before->known || !now->known || now->value < before->value)
		return false;
	*gain = now->value - before->value;
	return true;
}

struct cell sample_interval(const struct sample *sample)
{
	return (struct cell){
		.known = !sample->first,
		.number = (sample->now.ns - sample->before.ns + 500000) / 1000000,
	};
}

struct cell sample_rate(const struct sample *sample, enum column_id id)
{
	struct cell cell = { 0 };
	uint64_t gain, ns = sample->now.ns - sample->before.ns;

	if (gained(sample, id, &gain) && ns) {
		cell.known = true;
		cell.number = (unsigned __int128)gain * 1000000000 / ns;
	}
	return cell;
}

struct cell sample_hit_percent(const struct sample *sample)
{
	struct cell cell = { 0 };
	uint64_t hit, missed;

	if (gained(sample, COL_POOL_HIT, &hit) && gained(sample, COL_INLINE_ZEROED, &missed) &&
	    hit + missed) {
		cell.known = true;
		cell.number = (unsigned __int128)hit * 100 / (hit + missed);
	}
	return cell;
}
