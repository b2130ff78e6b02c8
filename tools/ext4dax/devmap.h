/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of device-mapper, which sysfs does not have. */
#ifndef EXT4DAX_DEVMAP_H
#define EXT4DAX_DEVMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a part of a device-mapper device lies on the device below it, in bytes. */
struct devmap_part {
	dev_t below;
	uint64_t start;		/* on the device-mapper device */
	uint64_t offset;	/* on @below */
};

/*
 * The parts of the device-mapper device @devno of the running system, if it is
 * linear all over. *@parts becomes an array that the caller frees. Returns how
 * many there are; 0 if it is of another kind, or its table cannot be read.
 */
size_t devmap_linear(dev_t devno, struct devmap_part **parts);

#endif
