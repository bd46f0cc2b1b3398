# shellcheck shell=sh disable=SC2154
# The $newest operations that this host has a record of, oldest first; with $steps=yes, how their steps ended. Changes
# nothing, and starts no process for each file.

# lines KEY FILE: emits each line of a file, the last one even without its end.
lines() {
	if [ ! -f "$2" ] || [ ! -r "$2" ]; then return; fi
	while IFS= read -r _line || [ -n "$_line" ]; do
		if [ "$1 $steps" = 'info no' ]; then
			# What comes next is long on large fleets.
			case $_line in tasks=*)
				emit info end=info
				break
				;;
			esac
		fi
		emit "$1" "$_line"
	done <"$2" 2>/dev/null
}

# steps_of DIR: which steps of an attempt began, and how they ended.
steps_of() {
	emit attempt "${1##*/}"
	if [ "$steps" = no ]; then return; fi
	for _file in "$1"/*.pid "$1"/*.status; do
		if [ ! -f "$_file" ]; then continue; fi
		_name=${_file##*/}
		case $_name in
		*.pid)
			if [ -e "${_file%.pid}.status" ]; then continue; fi
			emit step "${_name%.pid}"
			;;
		*)
			emit step "${_name%.status}"
			_status=''
			if [ -r "$_file" ]; then IFS= read -r _status <"$_file" 2>/dev/null || :; fi
			emit status "$_status"
			;;
		esac
	done
}

dir=$state_dir/operations
if [ -d "$dir" ]; then
	if [ ! -r "$dir" ] || [ ! -x "$dir" ]; then fail "can't look into \`$dir\`" "let $(id -un) read it"; fi
	set --
	for dir in "$dir"/[0-9]*T*-[a-z]*-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do
		if [ -d "$dir" ] && [ ! -L "$dir" ]; then set -- "$@" "$dir"; fi
	done
	if [ "$#" -gt "$newest" ]; then shift "$(($# - newest))"; fi
	for dir; do
		emit operation "${dir##*/}"
		lines info "$dir/info"
		for attempt in "$dir"/[1-9]*; do
			case ${attempt##*/} in *[!0-9]*) continue ;; esac
			if [ -d "$attempt" ]; then steps_of "$attempt"; fi
		done
		lines resumed "$dir/resumed"
		lines ended "$dir/end"
	done
fi
emit end operations
