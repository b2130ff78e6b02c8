# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Captured machines: what ext4dax reads of a system, as a folder for --sysroot and
# as a text. A line of the text is one of
#
#	target TARGET		what can be asked about: not part of the folder
#	link PATH TO
#	file PATH
#	image PATH BYTES	what a device holds: the first part of it, gzip, base64
#	folder PATH		an empty one
#
# and the lines with a tab before them are what the file above them holds.

# What it reads of a device of the nd bus, and of a block device.
ND_FILES=(size mode holder resource align mappings persistence_domain nfit/flags)
BLOCK_FILES=(dev size start partition badblocks queue/dax dm/name)
# Enough for every signature of a file system that blkid looks for.
IMAGE_BYTES=$((128 << 10))

# capture DIR: this system, as root.
capture()
{
	local dir=$1 d name f
	local -a files=() images=()
	local from=$PWD
	shopt -s nullglob
	for d in /sys/bus/nd/devices/*; do
		files+=("$d")
		cd -P "$d" && d=$PWD
		files+=("$d"/mapping[0-9]*)
		for f in "${ND_FILES[@]}"; do [ ! -e "$d/$f" ] || files+=("$d/$f"); done
		# A namespace's device is known by its folder alone.
		mkdir -p "$dir$d"
		for f in "$d"/{block/*,dax[0-9]*}; do mkdir -p "$dir$f"; done
	done
	for d in /sys/class/block/{pmem,dm-,loop}*; do
		name=${d##*/}
		[ "$(<"$d/size")" != 0 ] || continue
		files+=("$d")
		cd -P "$d" && d=$PWD
		for f in "${BLOCK_FILES[@]}"; do [ ! -e "$d/$f" ] || files+=("$d/$f"); done
		mkdir -p "$dir$d"/{holders,slaves}
		files+=("$d"/{holders,slaves}/*)
		images+=("$name")
	done
	files+=(/sys/fs/ext4/features/dax_zeroed_alloc /sys/fs/ext4/*/dax/*)
	[ ! -d /sys/fs/ext4/features ] || mkdir -p "$dir/sys/fs/ext4/features"
	shopt -u nullglob
	cd "$from" || return
	cp -d --parents "${files[@]}" "$dir" 2>/dev/null
	mkdir -p "$dir/proc/self" "$dir/dev"
	grep -E '^[0-9]+ [0-9]+ [1-9][0-9]*:' /proc/self/mountinfo >"$dir/proc/self/mountinfo"
	for name in "${images[@]}"; do
		head -c $IMAGE_BYTES "/dev/$name" >"$dir/dev/$name" 2>/dev/null
		truncate -s $(($(<"/sys/class/block/$name/size") * 512)) "$dir/dev/$name"
	done
}

# pack DIR: the text of a captured folder.
pack()
{
	local path line
	(cd "$1" && find . ! -type d -printf '%P\n' | LC_ALL=C sort) | while read -r path; do
		if [ -L "$1/$path" ]; then
			echo "link $path $(readlink "$1/$path")"
		elif [[ $path = dev/* ]]; then
			echo "image $path $(stat -c %s "$1/$path")"
			head -c $IMAGE_BYTES "$1/$path" | gzip -9n | base64 | sed 's/^/\t/'
		else
			echo "file $path"
			while read -r line || [ -n "$line" ]; do printf '\t%s\n' "$line"; done <"$1/$path"
		fi
	done
	# A folder that is empty says something too.
	(cd "$1" && find . -type d -empty -printf 'folder %P\n' | LC_ALL=C sort)
}

# unpack FILE DIR: and the targets to stdout.
unpack()
{
	local kind path rest out=/dev/null
	local -a links=()
	sed -nE 's/^(file|link|image) ([^ ]*)\/[^ ]*.*/\2/p; s/^folder //p' "$1" | sort -u |
		(mkdir -p "$2" && cd "$2" && xargs mkdir -p)
	while IFS= read -r kind; do
		if [ "${kind#$'\t'}" != "$kind" ]; then
			printf '%s\n' "${kind#$'\t'}" >&3
			continue
		fi
		read -r kind path rest <<<"$kind"
		case $kind in
		target) echo "$path${rest:+ $rest}"; continue ;;
		link) links+=("$rest" "$2/$path"); continue ;;
		file | image) exec 3>"$2/$path" ;;
		esac
	done <"$1"
	exec 3>&-
	[ ${#links[@]} -eq 0 ] || printf '%s\n' "${links[@]}" | xargs -n 2 ln -s
	while read -r kind path rest; do
		[ "$kind" = image ] || continue
		base64 -d "$2/$path" | gzip -dc >"$2/image" && mv "$2/image" "$2/$path" && truncate -s "$rest" "$2/$path"
	done < <(grep ^image "$1")
}
