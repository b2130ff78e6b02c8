// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devmap.h"
#include "util.h"

/* Room for a table; a longer one counts as one that cannot be read. */
#define TABLE_BYTES (256UL * 1024)

/* The answer of the kernel, NULL if there is none. The caller frees it. */
static struct dm_ioctl *read_table(dev_t devno)
{
	struct dm_ioctl *table;
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	table = xcalloc(1, TABLE_BYTES);
	*table = (struct dm_ioctl){
		.version = { DM_VERSION_MAJOR, 0, 0 },
		.data_size = TABLE_BYTES,
		.data_start = sizeof(*table),
		.flags = DM_STATUS_TABLE_FLAG,
		.dev = devno,
	};
	if (ioctl(fd, DM_TABLE_STATUS, table) || table->flags & DM_BUFFER_FULL_FLAG) {
		free(table);
		table = NULL;
	}
	close(fd);
	return table;
}

size_t devmap_linear(dev_t devno, struct devmap_part **parts)
{
	struct dm_ioctl *table = read_table(devno);
	size_t n = 0, at = 0;

	*parts = NULL;
	if (!table)
		return 0;
	for (uint32_t i = 0; i < table->target_count; i++) {
		const char *data = (char *)table + table->data_start;
		const struct dm_target_spec *target = (const void *)(data + at);
		unsigned int major, minor;
		unsigned long long sector;

		if (at + sizeof(*target) >= TABLE_BYTES - table->data_start ||
		    strcmp(target->target_type, "linear") != 0 ||
		    sscanf((const char *)(target + 1), "%u:%u %llu", &major, &minor, &sector) != 3) {
			n = 0;
			break;
		}
		*parts = xgrow(*parts, n, sizeof(**parts));
		(*parts)[n++] = (struct devmap_part){
			.below = makedev(major, minor),
			.start = target->sector_start * SECTOR_BYTES,
			.offset = sector * SECTOR_BYTES,
		};
		/* Counted from the first of them. */
		at = target->next;
	}
	free(table);
	if (!n) {
		free(*parts);
		*parts = NULL;
	}
	return n;
}
