// SPDX-License-Identifier: GPL-2.0-or-later
/* The namespaces of the running system. */
#include <daxctl/libdaxctl.h>
#include <limits.h>
#include <ndctl/libndctl.h>

#include "nspace.h"
#include "util.h"

static enum ns_health dimm_health(struct ndctl_dimm *dimm)
{
	enum ns_health health = NS_HEALTH_UNKNOWN;
	struct ndctl_cmd *smart;

	if (ndctl_dimm_failed_save(dimm) > 0 || ndctl_dimm_failed_arm(dimm) > 0 ||
	    ndctl_dimm_failed_restore(dimm) > 0 || ndctl_dimm_failed_map(dimm) > 0 ||
	    ndctl_dimm_failed_flush(dimm) > 0)
		return NS_HEALTH_FAILED;

	smart = ndctl_dimm_cmd_new_smart(dimm);
	if (smart && ndctl_cmd_submit_xlat(smart) >= 0 &&
	    ndctl_cmd_smart_get_flags(smart) & ND_SMART_HEALTH_VALID) {
		unsigned int flags = ndctl_cmd_smart_get_health(smart);

		if (flags & ND_SMART_FATAL_HEALTH)
			health = NS_HEALTH_FATAL;
		else if (flags & ND_SMART_CRITICAL_HEALTH)
			health = NS_HEALTH_CRITICAL;
		else if (flags & ND_SMART_NON_CRITICAL_HEALTH)
			health = NS_HEALTH_NON_CRITICAL;
		else
			health = NS_HEALTH_OK;
	}
	if (smart)
		ndctl_cmd_unref(smart);
	if (health < NS_HEALTH_NON_CRITICAL && ndctl_dimm_smart_pending(dimm) > 0)
		health = NS_HEALTH_NON_CRITICAL;
	return health;
}

static enum ns_health region_health(struct ndctl_region *region)
{
	enum ns_health worst = NS_HEALTH_UNKNOWN;
	struct ndctl_dimm *dimm;

	ndctl_dimm_foreach_in_region(region, dimm) {
		enum ns_health health = dimm_health(dimm);

		if (health > worst)
			worst = health;
	}
	return worst;
}

static enum ns_persistence region_persistence(struct ndctl_region *region)
{
	switch (ndctl_region_get_persistence_domain(region)) {
	case PERSISTENCE_CPU_CACHE:
		return NS_PERSIST_CPU_CACHE;
	case PERSISTENCE_MEM_CTRL:
		return NS_PERSIST_MEM_CTRL;
	default:
		return NS_PERSIST_UNKNOWN;
	}
}

static enum ns_map pfn_map(enum ndctl_pfn_loc loc)
{
	switch (loc) {
	case NDCTL_PFN_LOC_RAM:
		return NS_MAP_MEM;
	case NDCTL_PFN_LOC_PMEM:
		return NS_MAP_DEV;
	default:
		return NS_MAP_NONE;
	}
}

static uint64_t address(unsigned long long resource)
{
	return resource == ULLONG_MAX ? NS_NO_ADDRESS : resource;
}

static char *name_or_null(const char *name)
{
	return name && *name ? xstrdup(name) : NULL;
}

static void add_fsdax(struct nspace *ns, struct ndctl_namespace *ndns)
{
	struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(ndns);

	ns->mode = NS_FSDAX;
	ns->block = true;
	if (!pfn) {
		/* No info block: the kernel put the memory map into RAM. */
		ns->map = NS_MAP_MEM;
		ns->size = ndctl_namespace_get_size(ndns);
		ns->address = address(ndctl_namespace_get_resource(ndns));
		ns->dev = name_or_null(ndctl_namespace_get_block_device(ndns));
		return;
	}
	ns->map = pfn_map(ndctl_pfn_get_location(pfn));
	ns->size = ndctl_pfn_get_size(pfn);
	ns->align = ndctl_pfn_has_align(pfn) ? ndctl_pfn_get_align(pfn) : 0;
	ns->address = address(ndctl_pfn_get_resource(pfn));
	ns->dev = name_or_null(ndctl_pfn_get_block_device(pfn));
}

static void add_devdax(struct nspace *ns, struct ndctl_namespace *ndns)
{
	struct ndctl_dax *dax = ndctl_namespace_get_dax(ndns);
	struct daxctl_region *region;

	ns->mode = NS_DEVDAX;
	if (!dax)
		return;
	ns->map = pfn_map(ndctl_dax_get_location(dax));
	ns->size = ndctl_dax_get_size(dax);
	ns->align = ndctl_dax_has_align(dax) ? ndctl_dax_get_align(dax) : 0;
	ns->address = address(ndctl_dax_get_resource(dax));
	region = ndctl_dax_get_daxctl_region(dax);
	if (region) {
		struct daxctl_dev *dev = daxctl_dev_get_first(region);

		if (dev)
			ns->dev = name_or_null(daxctl_dev_get_devname(dev));
	}
}

static void add_sector(struct nspace *ns, struct ndctl_namespace *ndns)
{
	struct ndctl_btt *btt = ndctl_namespace_get_btt(ndns);

	ns->mode = NS_SECTOR;
	ns->map = NS_MAP_NONE;
	ns->block = true;
	if (!btt)
		return;
	ns->size = ndctl_btt_get_size(btt);
	ns->dev = name_or_null(ndctl_btt_get_block_device(btt));
}

static void add_raw(struct nspace *ns, struct ndctl_namespace *ndns)
{
	ns->mode = NS_RAW;
	ns->map = NS_MAP_NONE;
	ns->block = true;
	ns->size = ndctl_namespace_get_size(ndns);
	ns->address = address(ndctl_namespace_get_resource(ndns));
	ns->dev = name_or_null(ndctl_namespace_get_block_device(ndns));
}

static void add(struct ns_list *list, struct ndctl_namespace *ndns,
		enum ns_persistence persistence, enum ns_health health)
{
	unsigned long long size = ndctl_namespace_get_size(ndns);
	struct nspace *ns;

	if (!size || size == ULLONG_MAX)
		return;		/* the kernel's seed for the next namespace */

	ns = ns_append(list);
	ns->name = xstrdup(ndctl_namespace_get_devname(ndns));
	ns->persistence = persistence;
	ns->health = health;
	switch (ndctl_namespace_get_mode(ndns)) {
	case NDCTL_NS_MODE_FSDAX:
		add_fsdax(ns, ndns);
		break;
	case NDCTL_NS_MODE_DEVDAX:
		add_devdax(ns, ndns);
		break;
	case NDCTL_NS_MODE_SECTOR:
		add_sector(ns, ndns);
		break;
	case NDCTL_NS_MODE_RAW:
		add_raw(ns, ndns);
		break;
	default:
		break;
	}
	if (!ns->size || ns->size == ULLONG_MAX)
		ns->size = size;
}

static int load(const char *root, struct ns_list *list)
{
	struct ndctl_namespace *ndns;
	struct ndctl_region *region;
	struct ndctl_ctx *ctx;
	struct ndctl_bus *bus;
	int err;

	(void)root;
	err = ndctl_new(&ctx);
	if (err)
		return err;
	ndctl_bus_foreach(ctx, bus) {
		ndctl_region_foreach(bus, region) {
			enum ns_persistence persistence = region_persistence(region);
			enum ns_health health = region_health(region);

			ndctl_namespace_foreach(region, ndns) {
				add(list, ndns, persistence, health);
			}
		}
	}
	ndctl_unref(ctx);
	return 0;
}

const struct ns_source ns_from_libndctl = { .load = load };
