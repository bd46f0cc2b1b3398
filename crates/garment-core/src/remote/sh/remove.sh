# shellcheck shell=sh disable=SC2034,SC2154
# Takes a release away. It is renamed first: a listing never sees half of one.

# erase DIR: a release may hold folders that are read-only. Status 1 with $said.
erase() {
	if rm -rf "$1" 2>/dev/null; then return 0; fi
	find "$1" -type d -exec chmod u+rwx {} + 2>/dev/null
	said=$(rm -rf "$1" 2>&1)
}

# remove_release NAME: the release and its state. Status 1 with $said and $stays, the folder that could not be removed,
# empty if not even the rename went well.
remove_release() {
	set_aside "$1" || return 1
	if [ -d "$stays" ]; then erase "$stays"; fi
}

# set_aside NAME: no listing sees it any more. Sets $stays to the folder that is left to be erased, if it is there; status 1
# as for remove_release.
set_aside() {
	stays=$releases/.$1.removing
	if [ -d "$releases/$1" ] && [ ! -L "$releases/$1" ]; then
		if [ -e "$stays" ] && ! erase "$stays"; then return 1; fi
		if ! put_in_place "$releases/$1" "$stays"; then
			stays=''
			return 1
		fi
	fi
	if [ "$1" = "${spare_from-}" ]; then keep_listing "$1" "$stays"; fi
	rm -f "$state_dir/releases/$1" "$state_dir/releases/.$1.from" "$state_dir/releases/.$1.files" || :
}

# erase_later DIR...: by a process that nobody waits for, and that holds neither the lock nor the session. A spare is made
# of $spare_from.
erase_later() {
	(
		exec </dev/null >/dev/null 2>&1 6>&-
		trap '' HUP
		for dir in "$@"; do
			if [ "$dir" = "$releases/.${spare_from-}.removing" ]; then make_spare "$dir"; fi
			erase "$dir"
		done
	) &
}
