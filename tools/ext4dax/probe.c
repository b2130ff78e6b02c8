// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "probe.h"
#include "uapi.h"
#include "util.h"

#define PROBE_BYTES (PROBE_WINDOWS * PMD_BYTES)

/* A file system with less room than this many probes is left alone. */
#define PROBES_FREE 4

int probe_open(const char *folder, dev_t devno, char **why)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int fd = -1;

	if (dir < 0 || fstat(dir, &st)) {
		*why = xasprintf("%s: %s", folder, strerror(errno));
	} else if (st.st_dev != devno) {
		*why = xasprintf("%s is covered by another mount", folder);
	} else {
		fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd < 0)
			*why = xasprintf("cannot make an unlinked file in %s: %s", folder,
					 strerror(errno));
	}
	if (dir >= 0)
		close(dir);
	return fd;
}

int probe_dax(int fd, const char *path)
{
	struct statx stx;

	if (statx(fd, path, AT_EMPTY_PATH, 0, &stx))
		return -errno;
	if (!(stx.stx_attributes_mask & STATX_ATTR_DAX))
		return -EOPNOTSUPP;
	return !!(stx.stx_attributes & STATX_ATTR_DAX);
}

int probe_map_sync(int fd)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *map;
	int err = 0;

	if (ftruncate(fd, page))
		return -errno;
	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	if (madvise(map, page, MADV_POPULATE_WRITE))
		err = -errno;
	munmap(map, page);
	return err;
}

/* Count the windows at @map that a single page-table entry maps. */
static int count_mapped(const char *map, unsigned int *mapped)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (pagemap < 0)
		return -errno;
	*mapped = 0;
	for (unsigned int i = 0; i < PROBE_WINDOWS; i++) {
		struct page_region region = { 0 };
		struct pm_scan_arg scan = {
			.size = sizeof(scan),
			.start = (uintptr_t)map + i * PMD_BYTES,
			.end = (uintptr_t)map + (i + 1) * PMD_BYTES,
			.vec = (uintptr_t)&region,
			.vec_len = 1,
			.category_mask = PAGE_IS_PRESENT | PAGE_IS_HUGE,
			.return_mask = PAGE_IS_PRESENT | PAGE_IS_HUGE,
		};
		int found = ioctl(pagemap, PAGEMAP_SCAN, &scan);

		if (found < 0) {
			err = -errno;
			break;
		}
		if (found && region.start == scan.start && region.end == scan.end)
			++*mapped;
	}
	close(pagemap);
	return err;
}

static bool has_room(int fd)
{
	struct statvfs st;

	return !fstatvfs(fd, &st) && (uint64_t)st.f_bavail * st.f_frsize >= PROBES_FREE * PROBE_BYTES;
}

int probe_pmd(int fd, unsigned int *mapped, const char **what)
{
	size_t room = PROBE_BYTES + PMD_BYTES;
	char *area, *map;
	int err;

	*what = "check for free space";
	if (!has_room(fd))
		return -ENOSPC;
	*what = "allocate";
	if (ftruncate(fd, 0) || fallocate(fd, 0, 0, PROBE_BYTES))
		return -errno;

	*what = "map";
	area = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return -errno;
	map = area + (PMD_BYTES - (uintptr_t)area % PMD_BYTES) % PMD_BYTES;
	if (mmap(map, PROBE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED) {
		err = -errno;
		munmap(area, room);
		return err;
	}
	*what = "fault in";
	err = madvise(map, PROBE_BYTES, MADV_POPULATE_WRITE) ? -errno : 0;
	if (!err) {
		*what = "look at the page tables";
		err = count_mapped(map, mapped);
	}
	munmap(area, room);
	return err;
}
