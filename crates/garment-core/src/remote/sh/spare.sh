# shellcheck shell=sh disable=SC2034,SC2154
# A spare: what a pruned release leaves for a later one to be made from, so that what did not change need not be written
# again. It holds only files that nobody touched since garment made them, in folders that nobody has ever been in: a
# process that still stands in the pruned release has nothing of the later one in reach. See docs/decisions/0013.
#
# A folder with `commit`, `tree`, `listing` of the tree, and `lost`, the files of the commit that `tree` does not have.
# It is only ever a short cut: whatever is doubtful, it goes, and the release is made the plain way.

spare=$releases/.garment-spare

# list_files DIR: all there is in it, NUL-terminated: type, mode, owner, group, links, size, inode, times of the last change
# of the contents and of anything at all, and after the first `/` the path. Needs GNU find.
list_files() {
	find "$1" -printf '%y %m %U %G %n %s %i %T@ %C@ /%P\0' 2>/dev/null
}

# look_of DIR: what a new file and a new folder of this user are like there: mode, owner and group.
look_of() {
	find "$1" -maxdepth 0 -printf '%m %U %G' 2>/dev/null
}

# drop_spare: it is renamed first, so that nobody takes half of one. Status 1 if it can't be removed.
drop_spare() {
	if [ -d "$spare" ] && ! put_in_place "$spare" "$spare.removing" 2>/dev/null; then return 1; fi
	if [ -d "$spare.removing" ]; then erase "$spare.removing"; fi
}

# Reads the listing from when the release was made, an empty line, and the listing of now; \001 is a newline in a path.
# A line that is the same in both is a file that nobody touched: its ctime can't be set. File systems that count whole
# seconds don't know that. What is linked to from elsewhere, or was made for somebody else or with another umask, is not
# trusted either.
# shellcheck disable=SC2016
sort_out='
	BEGIN {
		split(look, as, " ")
		folder = substr(as[1], length(as[1]) - 2)
		for (i = 1; i <= 3; i++) { digit = substr(folder, i, 1); plain = plain (digit - digit % 2) }
	}
	$0 == "" { now = 1; next }
	{ path = substr($0, index($0, "/") + 1) }
	!now && $1 == "d" && path != "" { print path >"dirs" }
	$1 == "d" { next }
	!now { was[$0]; next }
	!($0 in was) || $3 != as[2] || $4 != as[3] || $5 != 1 || $9 ~ /[.]0+$/ { next }
	$1 == "l" || $1 == "f" && ($2 == folder || $2 == plain) {
		delete was[$0]
		print >"lines"
		print path >"kept"
	}
	END { for (line in was) print substr(line, index(line, "/") + 1) >"lost" }
'
# Reads the lines that were kept, an empty line, and the listing of the tree: nothing but that, and nobody touched it.
# shellcheck disable=SC2016
compare_spare='
	function file() { return $1 " " $2 " " $3 " " $4 " " $6 " " $7 " " $8 substr($0, index($0, "/")) }
	$0 == "" && !now { now = 1; next }
	!now { want[file()]; left++; next }
	$1 == "d" { if ($2 " " $3 " " $4 != look) exit bad = 1; next }
	!(file() in want) || $5 != 1 { exit bad = 1 }
	{ left-- }
	END { exit bad || left || !now }
'

# keep_listing NAME DIR: takes what is known of the files of a release along to where the release is now.
keep_listing() {
	mv -f "$state_dir/releases/.$1.files" "$2/.garment-files" 2>/dev/null || :
}

# make_spare DIR: of what was a release, with its listing, and is one no more. Removes DIR, all of it if things go well.
# Status 0 whatever comes of it. May run beside the next operation: the spare is there whole, or not at all.
make_spare() {
	_new=${1%.removing}.spare.building
	if [ ! -f "$1/.garment-files" ] || ! mkdir "$_new"; then return 0; fi
	if fill_spare "$1" "$_new" && drop_spare && put_in_place "$_new" "$spare"; then return 0; fi
	erase "$_new" || :
}

# keeps_time DIR: whether it is on a file system of which is known that a change of a file always changes its ctime.
keeps_time() {
	case $(stat -f -c %T "$1" 2>/dev/null) in
	ext2/ext3 | xfs | btrfs | zfs | f2fs | bcachefs | tmpfs | overlayfs) return 0 ;;
	esac
	return 1
}

# move_files FROM TO: those on stdin, NUL-terminated, to folders that are there. No small tool renames files into many
# folders; cp links them, twice the work, and they are on their own again once FROM is gone.
move_files() {
	if command -v perl >/dev/null; then
		perl -0 -n -e 'BEGIN { ($from, $to) = splice(@ARGV, 0) } chomp; rename("$from/$_", "$to/$_") or exit 1' "$1" "$2"
	else
		(cd "$1" && xargs -0 cp -l -P --parents -t "$2" --)
	fi
}

# fill_spare FROM TO: in a shell of its own.
fill_spare() (
	keeps_time "$1" && cd "$2" && mkdir tree || exit 1
	look=$(look_of tree) && list_files "$1" >now || exit 1
	{
		IFS= read -r commit && printf '%s\n' "$commit" >commit && tr '\0\n' '\n\001' || exit 1
	} <"$1/.garment-files" >before
	: >lost && : >dirs
	{ cat before && echo && tr '\0\n' '\n\001' <now; } >both && awk -v look="$look" "$sort_out" both || exit 1
	# So much of it is not what it was that it would be taken from git all the same.
	if [ ! -s kept ] || is_much lost; then exit 1; fi
	if [ -s dirs ]; then
		tr '\n\001' '\0\n' <dirs >names && (cd tree && xargs -0 mkdir -p -- <../names) || exit 1
	fi
	tr '\n\001' '\0\n' <kept | move_files "$1" "$2/tree" || exit 1
	erase "$1" || exit 1
	list_files tree >listing || exit 1
	{ cat lines && echo && tr '\0\n' '\n\001' <listing; } >both && awk -v look="$look" "$compare_spare" both || exit 1
	rm -f now before lines kept dirs names both
)

# is_much FILE: whether a list of paths is too long to be given to one git.
is_much() {
	[ "$(($(wc -c <"$1")))" -gt 65536 ]
}
