# shellcheck shell=sh disable=SC2034,SC2154
# What a host knows of a release: lines `key=value` in .garment/releases/NAME, read without starting a process.

# read_state NAME: sets $its_state, $its_commit, $its_by, $its_live_since and $its_pinned, empty where nothing says.
# Status 1 if there is no state. Whatever can't be read counts as not there.
read_state() {
	its_state='' its_commit='' its_by='' its_live_since='' its_pinned=''
	if [ ! -f "$state_dir/releases/$1" ] || [ ! -r "$state_dir/releases/$1" ]; then return 1; fi
	while IFS= read -r _line || [ -n "$_line" ]; do
		case $_line in
		state=*) its_state=${_line#*=} ;;
		commit=*) its_commit=${_line#*=} ;;
		by=*) its_by=${_line#*=} ;;
		live_since=*) its_live_since=${_line#*=} ;;
		pinned=*) its_pinned=${_line#*=} ;;
		esac
	done <"$state_dir/releases/$1" 2>/dev/null
	return 0
}

# read_revision NAME: sets $its_commit to the first line of the release's REVISION.
read_revision() {
	its_commit=''
	if [ -f "$releases/$1/REVISION" ] && [ -r "$releases/$1/REVISION" ]; then
		IFS= read -r its_commit <"$releases/$1/REVISION" 2>/dev/null || :
	fi
}

unconfirmed=$state_dir/unconfirmed

# find_record KIND: sets $record to the record of a switch that waits for its confirmation (waits) or is being taken back
# (back), $its_switch to its release, $its_back_as to what becomes of that, $its_until to when the waiting ends. Status 1
# if there is none. It is a symlink, which is there complete or not at all, even after a power cut.
find_record() {
	for record in "$unconfirmed"/*."$1"; do
		if [ ! -L "$record" ]; then continue; fi
		_says=$(readlink "$record") || continue
		its_back_as=${_says%% *}
		_says=${_says#* }
		its_until=${_says%% *} its_switch=${_says#* }
		return 0
	done
	record='' its_switch='' its_back_as='' its_until=''
	return 1
}

# `sync` of coreutils 8.24 and of busybox knows what it is given; those that don't write everything there is, which is as
# good and takes longer. Where there is none, nothing can be done. See docs/decisions/0010.

# file_to_disk FILE: its contents. Status 1 with $said if the disk does not take them.
file_to_disk() {
	if said=$(sync "$1" 2>&1); then return 0; fi
	! command -v sync >/dev/null 2>&1
}

# names_to_disk DIR...: what was made, renamed and removed in these folders. Not every file system can do it for a folder.
names_to_disk() {
	sync "$@" 2>/dev/null || sync 2>/dev/null || :
}

# all_to_disk DIR: everything that was written to its file system: one wait, however many files. Status 1 with $said if
# the disk does not take it.
all_to_disk() {
	if said=$(sync -f "$1" 2>&1); then return 0; fi
	# One that knows the option has told about the disk.
	if sync -f / >/dev/null 2>&1; then return 1; fi
	sync 2>/dev/null || :
}

# write_state NAME KEY=VALUE...: sets these and keeps the rest, by one rename of what is on the disk by then.
write_state() {
	if make_state "$@" && file_to_disk "$_new" && mv -f "$_new" "$_file"; then return 0; fi
	rm -f "$_new"
	return 1
}

# write_first_state NAME KEY=VALUE...: the same for a release of which there is nothing yet that could get lost.
write_first_state() {
	if make_state "$@" && mv -f "$_new" "$_file"; then return 0; fi
	rm -f "$_new"
	return 1
}

# make_state NAME KEY=VALUE...: writes it beside its place.
make_state() {
	_name=$1
	shift
	_text=''
	for _pair in "$@"; do _text=$_text$_pair$nl; done
	_file=$state_dir/releases/$_name
	if [ -f "$_file" ] && [ -r "$_file" ]; then
		while IFS= read -r _line || [ -n "$_line" ]; do
			for _pair in "$@"; do
				case $_line in "${_pair%%=*}="*) continue 2 ;; esac
			done
			case $_line in [a-z]*=*) _text=$_text$_line$nl ;; esac
		done <"$_file"
	fi
	_new=$state_dir/releases/.$_name.new
	{ [ -d "$state_dir/releases" ] || mkdir -p "$state_dir/releases"; } && printf '%s' "$_text" >"$_new"
}
