# shellcheck shell=sh disable=SC2034,SC2154
# Whether there is room for a release, before it is made. What can't be known is not held against a host: a df that says
# nothing, a file system that counts no inodes. Sizes are in KiB.

# What each file system needs in any case (states, links, logs), and what one needs that git fetches into, where nobody
# knows yet how much that is.
spare_kib=4096 spare_inodes=64
fetch_kib=32768 fetch_inodes=512
# What nobody looks twice at, beside twice what the release takes.
ample_kib=1048576 ample_inodes=16384

# The release's files with the blocks that they fill, folders among them; empty as long as nobody knows. $fetches: yes if
# git will have to bring something of an unknown size.
tree_kib='' tree_inodes='' fetches=yes
# A commit that is known to have no submodules.
plain_commit=''

# One entry a line, as `ls-tree -r -l -t` prints them; `end` says that git was through.
# shellcheck disable=SC2016
weigh_entries='
	$1 == "end" { through = 1; next }
	$2 == "commit" { links = links " " $3 }
	{ inodes++; kib += 4 * ($2 == "blob" ? int(($4 + 4095) / 4096) : 1) }
	END { if (through) printf "%.0f %.0f%s\n", kib, inodes, links }
'

# weigh GIT_DIR COMMIT: adds to $tree_kib, $tree_inodes and $links, the commits of submodules. Status 1 if the commit is
# not there. Nothing is fetched for it from where an incomplete clone came from.
weigh() {
	_weight=$(
		GIT_NO_LAZY_FETCH=1
		export GIT_NO_LAZY_FETCH
		{ run_git --git-dir="$1" ls-tree -r -l -t "$2" 2>/dev/null && echo end; } | awk "$weigh_entries" 2>/dev/null
	)
	if [ -z "$_weight" ]; then return 1; fi
	# shellcheck disable=SC2086
	set -- $_weight
	tree_kib=$((tree_kib + $1)) tree_inodes=$((tree_inodes + $2))
	shift 2
	links="$links $*"
}

# weigh_tree COMMIT: sets $tree_kib, $tree_inodes and $fetches, if the copy of the repository has the commit. Of
# submodules, what their copies have; the others are fetched.
weigh_tree() {
	tree_kib='' tree_inodes='' fetches=yes links=''
	_git_dir=$source
	if [ -e "$source/.git" ]; then _git_dir=$source/.git; fi
	if [ ! -d "$_git_dir/objects" ] || ! weigh "$_git_dir" "$1"; then return; fi
	fetches=''
	case $links in *[!\ ]*) ;; *) plain_commit=$1 ;; esac
	while :; do
		_links=${links# } links='' _here=''
		case $_links in *[!\ ]*) ;; *) return ;; esac
		for _copy in "$_git_dir"/garment-submodules/*; do
			if [ ! -d "$_copy" ]; then continue; fi
			# shellcheck disable=SC2086
			_here=$(printf '%s\n' $_links |
				git -c safe.bareRepository=all --git-dir="$_copy" cat-file --batch-check='%(objectname) %(objecttype)' 2>/dev/null)
			_left=''
			for _link in $_links; do
				case "$nl$_here$nl" in
				*"$nl$_link commit$nl"*) if weigh "$_copy" "$_link"; then continue; fi ;;
				esac
				_left="$_left $_link"
			done
			_links=$_left
		done
		case $_links in *[!\ ]*) fetches=yes ;; esac
	done
}

# ask_df OPTION: sets $free_releases and $mount_releases, and the same of source and deploy; empty where df does not say.
ask_df() {
	free_releases='' mount_releases='' free_source='' mount_source='' free_deploy='' mount_deploy=''
	# A path that could not be read would be one line less, and nobody knew whose.
	_answers=$(df -P "$1" "$at_releases" "$at_source" "$at_deploy" 2>/dev/null) || return
	_of=header
	while IFS= read -r _line; do
		read_df "$_line"
		case $_of in
		header) _of=releases ;;
		releases) free_releases=$free mount_releases=$mount _of=source ;;
		source) free_source=$free mount_source=$mount _of=deploy ;;
		deploy) free_deploy=$free mount_deploy=$mount _of='' ;;
		esac
	done <<EOT
$_answers
EOT
}

# read_df LINE: sets $free to what is available and $mount to the file system, whose name may have spaces in it. One that
# counts nothing (busybox has 0 of 0 for it) says nothing.
read_df() {
	free='' mount='' _total='' _used='' _free=''
	set -f
	# shellcheck disable=SC2086
	set -- $1
	set +f
	for _word in "$@"; do
		if [ -n "$free" ]; then
			mount="$mount $_word"
			continue
		fi
		case $_word in [0-9]*%) free=$_free ;; esac
		if [ -z "$free" ]; then _total=$_used _used=$_free _free=$_word; fi
	done
	case $_total in 0) free='' ;; esac
	case $free in *[!0-9]*) free='' ;; esac
}

# least NUMBER...: sets $least, empty if one of them is not known.
least() {
	least=$1
	for _number in "$@"; do
		if [ -z "$_number" ]; then
			least=''
			return
		fi
		if [ "$_number" -lt "$least" ]; then least=$_number; fi
	done
}

# has_room: whether there is room for what is known. Calls `$on_short WHAT REMEDY DIR` for each lack; status 1 then, and
# $helps is yes if it is where releases lie.
has_room() {
	nearest "$releases"
	at_releases=$result
	nearest "$source"
	at_source=$result
	nearest "$deploy"
	at_deploy=$result
	helps='' enough=yes
	_fetch_kib=$spare_kib _fetch_inodes=$spare_inodes
	if [ -n "$fetches" ]; then _fetch_kib=$fetch_kib _fetch_inodes=$fetch_inodes; fi
	ask_df -k
	least "$free_releases" "$free_source" "$free_deploy"
	free_kib=$least
	compare MiB 'df -h' $((${tree_kib:-0} + spare_kib)) "$_fetch_kib" "$spare_kib"
	ask_df -i
	least "$free_releases" "$free_source" "$free_deploy"
	free_inodes=$least
	compare inodes 'df -i' $((${tree_inodes:-0} + spare_inodes)) "$_fetch_inodes" "$spare_inodes"
	[ -n "$enough" ]
}

# is_ample: whether there was so much room when somebody looked last that nobody has to look again, whatever was fetched.
is_ample() {
	if [ -z "$tree_kib" ] || [ -n "$fetches" ] || [ -z "$free_kib" ] || [ -z "$free_inodes" ]; then return 1; fi
	[ "$free_kib" -ge $((2 * tree_kib + ample_kib)) ] && [ "$free_inodes" -ge $((2 * tree_inodes + ample_inodes)) ]
}

# compare UNIT LOOK RELEASES SOURCE DEPLOY: what is needed with what is free. What lies on one file system is added up;
# what is spare is needed once.
compare() {
	_need=$3 _spare=$5
	if [ "$mount_source" = "$mount_releases" ]; then
		_need=$((_need + $4 - _spare))
	elif lacks "$1" "$2" "$source" "$at_source" "$free_source" "$4"; then
		enough=''
	fi
	if lacks "$1" "$2" "$releases" "$at_releases" "$free_releases" "$_need"; then enough='' helps=yes; fi
	case "$mount_deploy" in
	"$mount_releases" | "$mount_source") ;;
	*) if lacks "$1" "$2" "$deploy" "$at_deploy" "$free_deploy" "$5"; then enough=''; fi ;;
	esac
}

# lacks UNIT LOOK DIR NEAREST FREE NEED: whether it does; tells it.
lacks() {
	if [ -z "$5" ] || [ "$5" -ge "$6" ]; then return 1; fi
	_free=$5 _needed=$6
	if [ "$1" = MiB ]; then _free=$((_free / 1024)) _needed=$(((_needed + 1023) / 1024)); fi
	quoted "$4"
	"$on_short" "\`$3\` has $_free $1 free, and a release needs $_needed $1 there" "make room: $2 $quoted" "$3"
}

# is_expendable NAME: whether it failed, takes room, and nobody wants it.
is_expendable() {
	read_state "$1" && [ "$its_state" = failed ] && [ "$its_pinned" != yes ] && [ "$1" != "$at_release" ] &&
		{ [ -d "$releases/$1" ] || [ -d "$releases/.$1.building" ]; } && [ ! -L "$releases/$1" ]
}

# is_read_only DIR SETTING: whether the folder, or the first one above it that is there, is; sets $what and $remedy. A
# missing folder can't be removed, and on a read-only file system that is what is said of it. `-w` alone does not know in
# every shell, for root.
is_read_only() {
	nearest "$1"
	case $(rmdir "$result/.garment-is-not-here" 2>&1) in
	*'Read-only file system'*) ;;
	*) return 1 ;;
	esac
	what="\`$result\` is on a read-only file system, so \`$2\` can't be written"
	remedy="mount it writable, or set \`$2\` to another place"
}
