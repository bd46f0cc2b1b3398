# shellcheck shell=sh disable=SC2034,SC2154
# A release's files from a spare: what changed comes from git, the rest is there. The result is what the plain way gives,
# to the modes and times; it costs what the changes cost, and a look at every file.

# From how many files and folders on that is the shorter way.
renew_from=1000

# unpack_or_renew GIT_DIR COMMIT DIR: as unpack. DIR is empty. Writes down what became of it, for a spare of later.
unpack_or_renew() {
	if [ "${tree_inodes:-0}" -lt "$renew_from" ]; then
		drop_spare || :
		unpack "$@"
		return
	fi
	_taken=$releases/.$release.spare.removing
	if [ ! -d "$spare" ]; then
		unpack "$@" || return
	elif { put_in_place "$spare" "$_taken" && renew "$@"; } 2>/dev/null; then
		erase "$_taken" || :
	else
		erase "$_taken" || :
		if ! erase "$3" || ! said=$(mkdir "$3" 2>&1); then return 1; fi
		unpack "$@" || return
	fi
	_files=$state_dir/releases/.$release.files
	if ! { is_its_own "$1" "$2" && { printf '%s\n' "$2" && list_files "$3"; } >"$_files"; } 2>/dev/null; then rm -f "$_files"; fi
	return 0
}

# is_its_own GIT_DIR COMMIT: whether the commit alone decides what git archive gives. Settings of this host may have a say
# in it, and may have changed meanwhile. Looks once.
its_own=''
is_its_own() {
	if [ -n "$its_own" ]; then return "$its_own"; fi
	its_own=1
	for _attributes in "$1/info/attributes" "${XDG_CONFIG_HOME:-$HOME/.config}/git/attributes" /etc/gitattributes /usr/local/etc/gitattributes; do
		if [ -e "$_attributes" ]; then return 1; fi
	done
	_settings=$(run_git --git-dir="$1" config --name-only --get-regexp '^(core\.(autocrlf|eol|attributesfile)|filter\..*\.(smudge|process))$')
	case $?$_settings in
	1) its_own=0 ;;
	0*core.*) ;;
	0filter.*) if ! mentions "$1" "$2" filter; then its_own=0; fi ;;
	esac
	return "$its_own"
}

# mentions GIT_DIR COMMIT WORD: whether a .gitattributes does, or nobody knows.
mentions() {
	run_git --git-dir="$1" grep -q -a -F -e "$3" "$2" -- ':(glob)**/.gitattributes' 2>/dev/null
	[ $? -ne 1 ]
}

# renew GIT_DIR COMMIT DIR: from the spare at $_taken. Where it fails, some of it may be in DIR.
renew() {
	_tree=$_taken/tree
	IFS= read -r _from <"$_taken/commit" && [ -n "$_from" ] && [ -d "$_tree" ] || return 1
	is_as_it_was "$3" &
	_looking=$!
	is_its_own "$1" "$2" && list_changes "$1" "$2" &&
		_time=$(run_git --git-dir="$1" -c log.showSignature=false log -1 --format=%ct "$2")
	_listed=$?
	wait "$_looking" && [ "$_listed" -eq 0 ] && rmdir "$3" && mv "$_tree" "$3" || return 1
	if [ -s "$_taken/gone" ]; then
		tr '\n\001' '\0\n' <"$_taken/gone" >"$_taken/names" && (cd "$3" && xargs -0 rm -rf -- <"$_taken/names") || return 1
	fi
	if [ -s "$_taken/wanted" ]; then
		tr '\n\001' '\0\n' <"$_taken/wanted" >"$_taken/names" && unpack "$1" "$2" "$3" "$_taken/names" || return 1
	fi
	# git archive gives all of them the time of the commit.
	(cd "$3" && find . -mindepth 1 -exec touch -h -m -d "@$_time" -- {} +)
}

# is_as_it_was DIR: whether nobody touched the spare, and new files are still like those in it. DIR is a new folder.
is_as_it_was() {
	[ "$(look_of "$1")" = "$(look_of "$_tree")" ] && list_files "$_tree" | cmp -s - "$_taken/listing"
}

# list_changes GIT_DIR COMMIT: writes two lists beside the spare: `gone`, which it has and the commit has not or not so, and
# `wanted`, which have to come from git. Status 1 if they are too long for the short cut, or git does not know.
list_changes() {
	run_git --git-dir="$1" diff-tree -r -z --no-renames --raw "$_from" "$2" >"$_taken/changes" &&
		run_git --git-dir="$1" ls-tree -r -t -z "$2" >"$_taken/all" || return 1
	{
		tr '\0\n' '\n\001' <"$_taken/changes" && echo && cat "$_taken/lost" && echo &&
			tr '\0\n' '\n\001' <"$_taken/all" && echo && tr '\0\n' '\n\001' <"$_taken/listing"
	} >"$_taken/both" && (cd "$_taken" && : >wanted && : >gone && awk "$compare_trees" both) || return 1
	if mentions "$1" "$2" export-subst; then list_substituted "$1" "$2" || return 1; fi
	! is_much "$_taken/gone" && ! is_much "$_taken/wanted"
}

# Reads what differs between the commits, what the spare has lost, what the commit has, and what the spare has, with empty
# lines between them. Of what was lost, what is there still has to come from git; folders that the commit does not have go.
# The others stay, empty ones too: git archive gives those of which it leaves out every file.
# shellcheck disable=SC2016
compare_trees='
	$0 == "" { part++; next }
	!part && !status { status = $5; next }
	!part {
		if ($0 ~ /(^|[\/])\.gitattributes$/) exit unlike = 1
		if (status != "A") print >"gone"
		if (status != "D") print >"wanted"
		status = ""
		next
	}
	part == 1 { lost[$0]; next }
	part == 2 {
		path = substr($0, index($0, "\t") + 1)
		if ($2 != "blob") folder[path]
		else if (path in lost) print path >"wanted"
		next
	}
	$1 == "d" {
		path = substr($0, index($0, "/") + 1)
		if (path != "" && !(path in folder)) print path >"gone"
	}
	END { exit unlike || part != 3 }
'

# list_substituted GIT_DIR COMMIT: adds to `wanted` what git archive writes the commit into. In any git's bare repository
# attributes can be asked for only by way of an index.
list_substituted() {
	(
		GIT_INDEX_FILE=$_taken/index
		export GIT_INDEX_FILE
		run_git --git-dir="$1" read-tree "$2" && run_git --git-dir="$1" ls-tree -r -z --name-only "$2" >"$_taken/names" &&
			git --git-dir="$1" check-attr --cached -z --stdin export-subst <"$_taken/names" >"$_taken/attributes"
	) || return 1
	tr '\0\n' '\n\001' <"$_taken/attributes" >"$_taken/both" &&
		awk 'NR % 3 == 1 { path = $0 } NR % 3 == 0 && $0 == "set" { print path }' "$_taken/both" >>"$_taken/wanted"
}
