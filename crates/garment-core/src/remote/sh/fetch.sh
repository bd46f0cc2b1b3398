# shellcheck shell=sh disable=SC2034,SC2154
# What git brings to a copy of a repository, and how far it is with that.

# clone_mirror URL DIR: appears complete or not at all. Status 1 with $said.
clone_mirror() {
	parent "$2"
	_beside=${result%/}/.${2##*/}.cloning
	rm -rf "$_beside"
	if ! tell_git fetching '' clone --mirror -- "$1" "$_beside"; then
		rm -rf "$_beside"
		return 1
	fi
	said=$(run_git --git-dir="$_beside" config remote.origin.url "$1" 2>&1) || return 1
	put_in_place "$_beside" "$2"
}

# fetch_all GIT_DIR: brings a copy up to date; the work tree and the branches of an older clone are left alone.
# Status 1 with $said.
fetch_all() {
	case $(run_git --git-dir="$1" config --get-all remote.origin.fetch) in
	*'refs/*:refs/*'*) set -- "$1" ;;
	*) set -- "$1" '+refs/heads/*:refs/remotes/origin/*' ;;
	esac
	_git_dir=$1
	shift
	bring_all "$_git_dir" "$@"
}

# fetch_mirror GIT_DIR: the same for one that is known to have all refs as the origin has them.
fetch_mirror() {
	bring_all "$1"
}

# bring_all GIT_DIR [REFSPEC]
bring_all() {
	_git_dir=$1
	shift
	if tell_git fetching "$_git_dir" fetch --prune --tags --force --no-recurse-submodules origin "$@"; then return 0; fi
	drop_halves "$_git_dir"
	return 1
}

# fetch_commit GIT_DIR COMMIT: one that no branch or tag leads to, from servers that give it.
fetch_commit() {
	if tell_git fetching "$1" fetch --no-tags --no-recurse-submodules origin "$2"; then return 0; fi
	drop_halves "$1"
	return 1
}

# drop_halves GIT_DIR: after a fetch that found the disk full, what git leaves there of what it was writing.
drop_halves() {
	if is_full; then find "$1/objects" -name 'tmp_*' -type f -exec rm -f {} + 2>/dev/null; fi
}

# tell_git DOING GIT_DIR VERB ARGUMENT...: runs git, telling how far it is where somebody wants to know ($git_says, a file
# to be made): in its words, or DOING as long as it has none. Status 1 with $said.
tell_git() {
	_doing=$1 _of=${2:+--git-dir=$2} _verb=$3
	shift 3
	if [ -z "${git_says-}" ] || ! true 2>/dev/null >"$git_says"; then
		git_silently "$@"
		return
	fi
	begin_progress "$git_says" "${sub:+$sub: }" "$_doing"
	run_git ${_of:+"$_of"} "$_verb" --progress "$@" >"$git_says" 2>&1
	_status=$?
	end_progress
	if [ "$_status" != 0 ]; then said=$(what_git_said); fi
	rm -f "$git_says"
	if [ "$_status" != 0 ]; then
		case $said in
		*fatal:* | *error:*) ;;
		# A full disk took not even that. git is asked again.
		*)
			git_silently "$@"
			return
			;;
		esac
	fi
	return "$_status"
}

git_silently() {
	said=$(run_git ${_of:+"$_of"} "$_verb" -q "$@" 2>&1)
}

# what_git_said: without how far it was, and which refs it brought.
what_git_said() {
	tr '\r' '\n' <"$git_says" |
		sed -e '/[0-9]% ([0-9]*\/[0-9]*)/d' -e '/, done\.$/d' -e '/^remote: Total /d' -e '/^Cloning into /d' \
			-e '/^From /d' -e '/^   [0-9a-f]/d' -e '/^ [-+*t=] /d' -e '/^ *$/d'
}
