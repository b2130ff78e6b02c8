// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The namespaces of a captured tree, from the same sysfs files that libndctl
 * reads. A health log needs the DIMM itself, so health is the DIMM flags alone.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "nspace.h"
#include "sysroot.h"
#include "util.h"

#define ND "/sys/bus/nd/devices"

/* The first entry of a folder, NULL if it has none. */
static char *first_entry(const char *root, const char *owner, const char *folder)
{
	struct names names = sys_dir(root, ND "/%s/%s", owner, folder);
	char *first = names.n ? xstrdup(names.name[0]) : NULL;

	names_free(&names);
	return first;
}

/* The DAX device that @owner made, NULL if it is disabled. */
static char *dax_device(const char *root, const char *owner)
{
	struct names names = sys_dir(root, ND "/%s", owner);
	char *dev = NULL;

	for (size_t i = 0; i < names.n && !dev; i++)
		if (!strncmp(names.name[i], "dax", 3) && isdigit((unsigned char)names.name[i][3]))
			dev = xstrdup(names.name[i]);
	names_free(&names);
	return dev;
}

/* Index of @text among @words, -1 if it is NULL or none of them. */
static int word(const char *const *words, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (text && !strcmp(words[i], text))
			return i;
	return -1;
}

static enum ns_mode read_mode(const char *root, const char *name)
{
	static const char *const words[] = { "memory", "dax", "safe", "raw" };
	static const enum ns_mode modes[] = { NS_FSDAX, NS_DEVDAX, NS_SECTOR, NS_RAW };
	char *text = sys_str(root, ND "/%s/mode", name);
	int i = word(words, ARRAY_SIZE(words), text);

	free(text);
	return i < 0 ? NS_UNKNOWN : modes[i];
}

static enum ns_map read_map(const char *root, const char *holder)
{
	static const char *const words[] = { "none", "ram", "pmem" };
	static const enum ns_map maps[] = { NS_MAP_NONE, NS_MAP_MEM, NS_MAP_DEV };
	char *text = sys_str(root, ND "/%s/mode", holder);
	int i = word(words, ARRAY_SIZE(words), text);

	free(text);
	return i < 0 ? NS_MAP_UNKNOWN : maps[i];
}

static enum ns_persistence read_persistence(const char *root, const char *region)
{
	static const char *const words[] = { "memory_controller", "cpu_cache" };
	static const enum ns_persistence domains[] = {
		NS_PERSIST_MEM_CTRL, NS_PERSIST_CPU_CACHE,
	};
	char *text = sys_str(root, ND "/%s/persistence_domain", region);
	int i = word(words, ARRAY_SIZE(words), text);

	free(text);
	return i < 0 ? NS_PERSIST_UNKNOWN : domains[i];
}

static enum ns_health dimm_health(const char *root, const char *dimm)
{
	char *flags = sys_str(root, ND "/%s/nfit/flags", dimm);
	enum ns_health health = NS_HEALTH_UNKNOWN;
	char *flag, *rest;

	if (!flags)
		flags = sys_str(root, ND "/%s/papr/flags", dimm);
	if (!flags)
		return health;
	for (flag = strtok_r(flags, " ", &rest); flag; flag = strtok_r(NULL, " ", &rest)) {
		if (!strcmp(flag, "smart_notify")) {
			if (health < NS_HEALTH_NON_CRITICAL)
				health = NS_HEALTH_NON_CRITICAL;
		} else if (!strcmp(flag, "not_armed") || !strcmp(flag, "save_fail") ||
			   !strcmp(flag, "restore_fail") || !strcmp(flag, "flush_fail") ||
			   !strcmp(flag, "map_fail")) {
			health = NS_HEALTH_FAILED;
		}
	}
	free(flags);
	return health;
}

static enum ns_health region_health(const char *root, const char *region)
{
	enum ns_health worst = NS_HEALTH_UNKNOWN;
	uint64_t mappings = 0;

	sys_u64(root, &mappings, ND "/%s/mappings", region);
	for (uint64_t i = 0; i < mappings; i++) {
		char *mapping = sys_str(root, ND "/%s/mapping%llu", region,
					(unsigned long long)i);
		enum ns_health health;

		if (!mapping)
			break;
		mapping[strcspn(mapping, ",")] = '\0';
		health = dimm_health(root, mapping);
		if (health > worst)
			worst = health;
		free(mapping);
	}
	return worst;
}

static void add(const char *root, const char *name, struct ns_list *list)
{
	char *region, *holder;
	const char *owner;
	uint64_t size = 0;
	struct nspace *ns;

	sys_u64(root, &size, ND "/%s/size", name);
	if (!size)
		return;		/* the kernel's seed for the next namespace */

	ns = ns_append(list);
	ns->name = xstrdup(name);
	ns->size = size;
	ns->mode = read_mode(root, name);

	/* The personality that claimed the namespace, else the namespace itself. */
	holder = sys_str(root, ND "/%s/holder", name);
	owner = holder && *holder ? holder : name;
	sys_u64(root, &ns->size, ND "/%s/size", owner);
	sys_u64(root, &ns->address, ND "/%s/resource", owner);
	sys_u64(root, &ns->align, ND "/%s/align", owner);

	if (ns->mode != NS_FSDAX && ns->mode != NS_DEVDAX)
		ns->map = NS_MAP_NONE;
	else
		ns->map = owner == name ? NS_MAP_MEM : read_map(root, owner);
	ns->block = ns->mode != NS_DEVDAX;
	ns->dev = ns->block ? first_entry(root, owner, "block") : dax_device(root, owner);
	free(holder);

	region = xasprintf("region%.*s", (int)strcspn(name + strlen("namespace"), "."),
			   name + strlen("namespace"));
	ns->persistence = read_persistence(root, region);
	ns->health = region_health(root, region);
	free(region);
}

static int load(const char *root, struct ns_list *list)
{
	struct names names = sys_dir(root, ND);

	for (size_t i = 0; i < names.n; i++)
		if (ns_is_name(names.name[i]))
			add(root, names.name[i], list);
	names_free(&names);
	return 0;
}

const struct ns_source ns_from_captured = { .load = load };
