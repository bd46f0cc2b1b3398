# shellcheck shell=sh disable=SC2034,SC2154
# How far something is that takes long, told every few seconds as `garment-progress`. Of what is over sooner, nothing.

# What is smaller than this, in KiB, takes no time worth telling of.
long_kib=65536

# begin_growth DIR VERB KIB: begins to tell how much there is in DIR, of so much, if that is much.
begin_growth() {
	_watching=''
	if [ "${3:-0}" -ge "$long_kib" ]; then begin_progress "$@"; fi
}

# begin_progress FILE: begins to tell what git says last in FILE.
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
		if [ -d "$1" ]; then
			_now=$(du -sk "$1")
			_now=${_now%%[!0-9]*}
			_now="$2 $((${_now:-0} / 1024))${3:+ of $(($3 / 1024))} MB"
		else
			# What comes last may be half of it.
			_now=$(tail -c 300 "$1" | tr '\r' '\n' | sed -n 'x;$p')
			_now=${_now#remote: }
		fi
		if [ -n "$_now" ]; then emit garment-progress "$_now"; fi
	done
}
