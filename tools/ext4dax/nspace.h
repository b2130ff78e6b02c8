/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent-memory namespaces, from libndctl on the running system or from
 * the sysfs files of a captured tree. Nothing but the two sources knows where
 * a namespace came from.
 */
#ifndef EXT4DAX_NSPACE_H
#define EXT4DAX_NSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ns_mode { NS_UNKNOWN, NS_FSDAX, NS_DEVDAX, NS_SECTOR, NS_RAW };

/* Where the struct pages of the namespace live. */
enum ns_map { NS_MAP_UNKNOWN, NS_MAP_NONE, NS_MAP_MEM, NS_MAP_DEV };

/* How far a store must travel to survive a power failure. */
enum ns_persistence { NS_PERSIST_UNKNOWN, NS_PERSIST_MEM_CTRL, NS_PERSIST_CPU_CACHE };

/* Ordered: the health of a namespace is that of its worst DIMM. */
enum ns_health {
	NS_HEALTH_UNKNOWN,
	NS_HEALTH_OK,
	NS_HEALTH_NON_CRITICAL,
	NS_HEALTH_CRITICAL,
	NS_HEALTH_FATAL,
	NS_HEALTH_FAILED,	/* the DIMM could not save, arm, restore, flush or map */
};

#define NS_NO_ADDRESS UINT64_MAX

/* A run of 512-byte sectors. */
struct sectors {
	uint64_t start, len;
};

struct nspace {
	char *name;		/* namespace0.0 */
	char *dev;		/* pmem0 or dax0.0; NULL while disabled */
	bool block;		/* @dev is a block device */
	enum ns_mode mode;
	enum ns_map map;
	enum ns_persistence persistence;
	enum ns_health health;
	uint64_t size;		/* usable bytes */
	uint64_t align;		/* bytes; 0 if the mode has none */
	uint64_t address;	/* physical, of the first usable byte, or NS_NO_ADDRESS */

	/* Filled in by the model, from the block device. */
	struct sectors *bad;
	size_t nbad;
	bool bad_known;
};

struct ns_list {
	struct nspace *ns;
	size_t n;
};

/* One way to find the namespaces. */
struct ns_source {
	/*
	 * Append every configured namespace to @list; @root is "" or the
	 * captured tree. Returns 0, or a negative errno when none could be
	 * looked for.
	 */
	int (*load)(const char *root, struct ns_list *list);
};

extern const struct ns_source ns_from_libndctl;
extern const struct ns_source ns_from_captured;

/* Append an empty namespace to @list. Pointers into it become invalid. */
struct nspace *ns_append(struct ns_list *list);

void ns_list_free(struct ns_list *list);

/* True if @name has the exact form of a namespace's name, namespaceX.Y. */
bool ns_is_name(const char *name);

/* Names of the enumerators, as shown to the user; NULL for unknown. */
const char *ns_mode_name(enum ns_mode mode);
const char *ns_map_name(enum ns_map map);
const char *ns_persistence_name(enum ns_persistence persistence);
const char *ns_health_name(enum ns_health health);

#endif
