# shellcheck shell=sh disable=SC2034,SC2154
# What was delivered: bundles in $delivered, each a copy's news by the name of the copy.

delivered=$state_dir/delivery

# expect_delivered: what git will take in is known, for has_room. What is small is taken in at once, and nothing is told.
expect_delivered() {
	_size=$(du -sk "$delivered" 2>/dev/null) || _size=0
	_size=${_size%%[!0-9]*}
	fetch_kib=$((${_size:-0} + spare_kib)) fetch_inodes=$((2 * spare_inodes))
	if [ "$fetch_kib" -lt "$long_kib" ]; then git_says=''; fi
}

# is_whole GIT_DIR: whether all of the history of what it has is there. Status 1 with $what.
is_whole() {
	_shallow=$(run_git --git-dir="$1" rev-parse --git-path shallow 2>/dev/null)
	what=''
	if [ -s "$_shallow" ]; then
		what="a shallow clone"
	elif run_git --git-dir="$1" config --get-regexp '^(extensions\.partialclone|remote\..*\.promisor)$' >/dev/null 2>&1; then
		what="a partial clone"
	fi
	[ -z "$what" ]
}

# can_be_delivered_to GIT_DIR: of source_dir. Status 1 with $what and $remedy.
can_be_delivered_to() {
	if is_whole "$1"; then return 0; fi
	quoted "$source"
	what="\`$source\` is $what, to which nothing can be delivered"
	remedy="remove it, and the next deploy makes a whole one: rm -rf $quoted; or set \`delivery: pull\`"
	return 1
}

# new_copy URL DIR BUNDLE COMMIT HEAD: a copy as `git clone --mirror` would make it, out of a bundle that has everything.
# It appears complete or not at all. Status 1 with $said.
new_copy() {
	_url=$1 _dir=$2 _bundle=$3 _head=$5
	parent "$_dir"
	_beside=${result%/}/.${_dir##*/}.cloning
	rm -rf "$_beside"
	_format=''
	if [ "${#4}" -eq 64 ]; then _format=--object-format=sha256; fi
	if said=$(
		{
			run_git init -q --bare ${_format:+"$_format"} "$_beside" &&
				run_git --git-dir="$_beside" config remote.origin.url "$_url" &&
				run_git --git-dir="$_beside" config remote.origin.fetch '+refs/*:refs/*' &&
				run_git --git-dir="$_beside" config remote.origin.mirror true &&
				{ [ -z "$_head" ] || run_git --git-dir="$_beside" symbolic-ref HEAD "$_head"; }
		} 2>&1
	) && unbundle "$_beside" "$_bundle"; then
		put_in_place "$_beside" "$_dir"
		return
	fi
	rm -rf "$_beside"
	return 1
}

# unbundle GIT_DIR BUNDLE: as `fetch_all`, from what was delivered. git sees to it that it is all there, and that nothing
# which it builds on is missing. Status 1 with $said.
unbundle() {
	_git_dir=$1
	case $(run_git --git-dir="$1" config --get-all remote.origin.fetch) in
	*'refs/*:refs/*'*) set -- "$2" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*' ;;
	*) set -- --tags "$2" '+refs/heads/*:refs/remotes/origin/*' ;;
	esac
	if tell_git 'taking in what was delivered' "$_git_dir" fetch --prune --force --no-recurse-submodules "$@" refs/garment/commit; then
		return 0
	fi
	# Not only of a full disk: from here nothing goes on where it was.
	find "$_git_dir/objects" -name 'tmp_*' -type f -exec rm -f {} + 2>/dev/null
	return 1
}

# bring_delivered NAME URL DIR GIT_DIR COMMIT HEAD: brings the copy DIR, whose GIT_DIR is that, up to date with what was
# delivered for it, if anything was, and sees that it has the commit. Status 1 with $said.
bring_delivered() {
	if [ -f "$delivered/$1" ]; then
		if [ -d "$3" ]; then
			unbundle "$4" "$delivered/$1" || return 1
		else
			new_copy "$2" "$3" "$delivered/$1" "$5" "$6" || return 1
		fi
		rm -f "$delivered/$1"
	fi
	if [ -d "$3" ] && has_commit "$4" "$5"; then return 0; fi
	said="commit $5 did not arrive"
	return 1
}

# not_delivered WHAT DIR: fails with what is in $said.
not_delivered() {
	telling
	remedy='deploy again'
	lock_remedy
	if is_full; then full_remedy "$2"; fi
	fail "$1 can't be brought up to date with what was delivered: $telling" "$remedy"
}
