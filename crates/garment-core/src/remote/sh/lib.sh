# shellcheck shell=sh disable=SC2034,SC2154
# What every script here starts with. In front of it stand the assignments of the values that it works on
# (deploy_dir, source_dir, releases_dir, current_symlink as deploy.conf gives them, and the script's own).
# stdout is data, pairs of NUL-terminated strings; whatever is for people goes to stderr.
# POSIX sh has no local variables: names that start with `_` belong to the function that sets them.

set -u
LC_ALL=C
export LC_ALL
# Run by hand or from a hook, a shell may bring variables along that lead git, tar or cd elsewhere.
unset CDPATH TAR_OPTIONS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR GIT_NAMESPACE \
	GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_PREFIX GIT_ATTR_SOURCE
HOME=${HOME:-$(pwd)}
nl='
'

# stdout is a file on this host, mostly. What a full disk does not take goes to the session directly, on fd 6.
emit() {
	printf '%s\0%s\0' "$1" "$2" 2>/dev/null || printf '%s\0%s\0' "$1" "$2" 2>/dev/null >&6
}

# problem WHAT [REMEDY]
problem() {
	emit problem "$1"
	if [ -n "${2-}" ]; then emit remedy "$2"; fi
}

# fail WHAT [REMEDY]: never inside $( ), where its words would be caught.
on_fail=''
fail() {
	problem "$@"
	if [ -n "$on_fail" ]; then "$on_fail"; fi
	exit 1
}

note() {
	printf '%s\n' "$*" >&2
}

# warn TEXT: something that people are to know whatever they asked to see.
warn() {
	note "$*"
	emit warning "$*"
}

# clock: sets $now, in seconds since 1970. With $boot_time, which the session knows, it takes no process.
clock() {
	if [ -n "${boot_time-}" ] && { IFS=' ' read -r _up _rest </proc/uptime; } 2>/dev/null; then
		now=$((boot_time + ${_up%%.*}))
	else
		now=$(date +%s)
	fi
}

# absolute PATH: sets $result. `~` is the home folder, and so is where a relative path starts.
absolute() {
	# shellcheck disable=SC2088
	case $1 in
	'~') result=$HOME ;;
	'~/'*) result=$HOME/${1#??} ;;
	'~'*) fail "\`$1\` starts in another user's home, which garment does not look up" "write the path in full, from \`/\` on" ;;
	/*) result=$1 ;;
	*) result=$HOME/$1 ;;
	esac
	while :; do
		case $result in
		?*/) result=${result%/} ;;
		*) break ;;
		esac
	done
}

# quoted TEXT: sets $quoted to a word that people can paste into a shell.
quoted() {
	case $1 in
	'' | *[!A-Za-z0-9_./:@%+=,-]*) ;;
	*)
		quoted=$1
		return
		;;
	esac
	_rest=$1
	quoted="'"
	while :; do
		case $_rest in
		*\'*)
			quoted="$quoted${_rest%%\'*}'\\''"
			_rest=${_rest#*\'}
			;;
		*) break ;;
		esac
	done
	quoted="$quoted$_rest'"
}

# parent PATH: sets $result to the folder that an absolute path lies in.
parent() {
	result=${1%/*}
	result=${result:-/}
}

# nearest PATH: sets $result to the path or the first folder above it that is there.
nearest() {
	result=$1
	until [ -e "$result" ] || [ -L "$result" ] || [ "$result" = / ]; do parent "$result"; done
}

# reason TEXT: sets $reason to what a tool gave as its reason, the part after the last colon.
reason() {
	reason=${1##*: }
}

# make_dir PATH SETTING: a folder, with those above it, or a clear failure.
make_dir() {
	if [ -d "$1" ]; then return; fi
	if _said=$(mkdir -p "$1" 2>&1) && [ -d "$1" ]; then return; fi
	nearest "$1"
	if [ ! -d "$result" ]; then
		fail "\`$result\` is not a folder, so \`$1\` can't be made" "move it away, or set \`$2\` to another place"
	fi
	reason "$_said"
	fail "can't make the folder \`$1\`: $reason" "let $(id -un) write to \`$result\`, or set \`$2\` to another place"
}

# put_in_place FROM TO: exactly one rename(2), which replaces a file or a symlink at TO and never moves into a folder
# that TO leads to. mv has -T (GNU, busybox) or -h (BSD) for it; one that does not know its option does nothing.
put_in_place() {
	if [ -d "$2" ] && [ ! -L "$2" ]; then
		said="\`$2\` is there already"
		return 1
	fi
	if said=$(mv -f -T "$1" "$2" 2>&1); then return 0; fi
	if [ ! -e "$2" ] && [ ! -L "$2" ]; then
		if said=$(mv -f "$1" "$2" 2>&1); then return 0; fi
	fi
	# shellcheck disable=SC2016
	if mv -f -h "$1" "$2" 2>/dev/null ||
		perl -e 'rename($ARGV[0], $ARGV[1]) or exit 1' "$1" "$2" 2>/dev/null ||
		python3 -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$1" "$2" 2>/dev/null; then
		return 0
	fi
	printf '%s\n' "$said" >&2
	# An option that it does not know is followed by its usage.
	reason "${said%%"$nl"*}"
	said=$reason
	return 1
}

# locate_current: what is in the symlink's place. Sets $occupant (absent, release, elsewhere, not-a-symlink) and $at_release
# (a name in releases_dir). Folders are compared where they really are, whatever links lead there. Starts no process.
locate_current() {
	occupant=absent at_release=''
	if [ -L "$current" ]; then
		occupant=elsewhere
		if cd -P "$current" 2>/dev/null; then
			_there=$PWD
			if cd -P "$releases" 2>/dev/null && [ "${_there%/*}" = "${PWD%/}" ]; then
				occupant=release
				at_release=${_there##*/}
			fi
			cd "$HOME" 2>/dev/null || cd /
		fi
	elif [ -e "$current" ]; then
		occupant=not-a-symlink
	fi
}

# read_target: sets $at_target to the text of the symlink, empty if there is none.
read_target() {
	at_target=''
	if [ -L "$current" ]; then
		at_target=$(readlink -n "$current" && printf x)
		at_target=${at_target%x}
	fi
}

# not_a_symlink HOW: sets $what and $remedy for what stands in the symlink's place.
not_a_symlink() {
	quoted "$current"
	_was=$quoted
	quoted "$current.before-garment"
	what="\`$current\` is a real file, not a symlink"
	if [ -d "$current" ]; then what="\`$current\` is a real directory, not a symlink"; fi
	remedy="move it away: mv $_was $quoted"
}

absolute "$deploy_dir"
deploy=$result
absolute "$source_dir"
source=$result
absolute "$releases_dir"
releases=$result
absolute "$current_symlink"
current=$result
state_dir=${deploy%/}/.garment
