# shellcheck shell=sh disable=SC2034,SC2154
# Takes a release away. It is renamed first: a listing never sees half of one.

# erase DIR: a release may hold folders that are read-only. Status 1 with $said.
erase() {
	if rm -rf "$1" 2>/dev/null; then return 0; fi
	find "$1" -type d -exec chmod u+rwx {} + 2>/dev/null
	said=$(rm -rf "$1" 2>&1)
}

# remove_release NAME: the release and its state; a spare is made of $spare_from. Status 1 with $said and $stays, the folder that could not be removed,
# empty if not even the rename went well.
remove_release() {
	stays=$releases/.$1.removing
	if [ -d "$releases/$1" ] && [ ! -L "$releases/$1" ]; then
		if [ -e "$stays" ] && ! erase "$stays"; then return 1; fi
		if ! put_in_place "$releases/$1" "$stays"; then
			stays=''
			return 1
		fi
	fi
	if [ -d "$stays" ] && [ "$1" = "${spare_from-}" ]; then make_spare "$1" "$stays"; fi
	rm -f "$state_dir/releases/$1" "$state_dir/releases/.$1.from" "$state_dir/releases/.$1.files"
	if [ -d "$stays" ]; then erase "$stays"; fi
}
