# shellcheck shell=sh disable=SC2034,SC2154
# How far something is that takes long, told every few seconds as `garment-progress`. Of what is over sooner, nothing.

# What is smaller than this, in KiB, and has no more entries takes no time worth telling of.
long_kib=16384 long_inodes=1000

# begin_growth DIR DOING KIB ENTRIES: begins to tell how much there is in DIR, of so much, if that is much.
begin_growth() {
	_watching=''
	if [ "${3:-0}" -ge "$long_kib" ] || [ "${4:-0}" -ge "$long_inodes" ]; then begin_progress "$1" '' "$2" "$3"; fi
}

# begin_progress FILE ABOUT DOING: begins to tell what git says last in FILE, with ABOUT in front; if it says nothing, DOING.
begin_progress() {
	(exec </dev/null 2>/dev/null 9<&- && watch_it "$@") &
	_watching=$!
}

# end_progress: nobody tells anything any more once it returns.
end_progress() {
	if [ -z "$_watching" ]; then return; fi
	kill "$_watching" 2>/dev/null
	while kill -0 "$_watching" 2>/dev/null; do wait "$_watching"; done 2>/dev/null
}

watch_it() {
	trap 'kill "$_sleep" 2>/dev/null; exit' TERM
	while :; do
		sleep 3 >/dev/null &
		_sleep=$!
		wait "$_sleep"
		if [ -d "$1" ]; then how_much "$@"; else how_far "$@"; fi
		if [ -n "$_now" ]; then emit garment-progress "$_now"; fi
	done
}

# how_much DIR ABOUT DOING KIB: sets $_now; to nothing while git tells of a submodule.
how_much() {
	_now=''
	if [ -e "${git_says-}" ]; then return; fi
	_kib=$(du -sk "$1")
	_kib=${_kib%%[!0-9]*} _of=''
	if [ "${_kib:-0}" -le "$4" ]; then _of=" of $(($4 / 1024))"; fi
	_now="$3 $((${_kib:-0} / 1024))$_of MB"
}

# how_far FILE ABOUT DOING: sets $_now.
how_far() {
	# What comes last may be half of it.
	_now=$(tail -c 400 "$1" | tr '\r' '\n' | sed -e '/^From /d' -e '/^ /d' -e '/^Cloning into /d' | sed -n 'x;$p')
	_now=${_now#remote: }
	_now=$2${_now:-$3}
}
