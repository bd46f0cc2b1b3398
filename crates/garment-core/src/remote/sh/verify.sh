# shellcheck shell=sh disable=SC2034,SC2154
# Compares $release with $commit of $repo_url, which may be shortened: the release is put together again in a folder of
# its own, and every name, type, executable bit, link and byte is compared. Changes nothing else. The lock is held: the
# copy of the repository is nobody else's, and neither is the folder.

release_dir=$releases/$release
work=$state_dir/.verify
want=$work/tree
shown=100

clean_up() {
	rm -rf "$work"
}

# These run in folders with `find -exec`, as `sh OTHER-FOLDER PATH...`, and print `KIND PATH\0`. What lies below
# something that was told already is not told again.
# shellcheck disable=SC2016
compare='
	other=$1
	shift
	is() { printf "%s %s\0" "$1" "${path#./}"; }
	link() { target=$(readlink -n "$1" && printf x); }
	for path; do
		there=$other/$path
		if [ ! -e "$there" ] && [ ! -L "$there" ]; then
			if [ -d "${there%/*}" ]; then is missing; fi
		elif [ -L "$path" ]; then
			if [ ! -L "$there" ]; then is changed; continue; fi
			link "$path"
			wanted=$target
			link "$there"
			if [ "$target" != "$wanted" ]; then is changed; fi
		elif [ -d "$path" ]; then
			if [ ! -d "$there" ] || [ -L "$there" ]; then is changed; fi
		elif [ ! -f "$there" ] || [ -L "$there" ]; then
			is changed
		elif [ -x "$path" ] && [ ! -x "$there" ]; then
			is changed
		elif [ ! -x "$path" ] && [ -x "$there" ]; then
			is changed
		fi
	done
'
# For files only. A process for each would take long: many are compared in one go, and one by one where that finds
# a difference. Equal sizes and equal bytes of all of them together are equal bytes of each.
# shellcheck disable=SC2016
compare_bytes='
	other=$1
	shift
	is_file() { [ -f "$1" ] && [ ! -L "$1" ]; }
	are_files() { for path; do if ! is_file "$other/$path"; then return 1; fi; done; }
	alike() {
		if [ "$(wc -c "$@")" != "$(cd "$other" && wc -c "$@" 2>/dev/null)" ]; then return 1; fi
		cat "$@" >"$pipe" &
		(cd "$other" && cat "$@") | cmp -s - "$pipe"
		found=$?
		wait
		return "$found"
	}
	if are_files "$@" && alike "$@"; then exit 0; fi
	for path; do
		if ! is_file "$other/$path"; then continue; fi
		cmp -s "$path" "$other/$path"
		case $? in
		0) ;;
		1) printf "changed %s\0" "${path#./}" ;;
		*) exit 1 ;;
		esac
	done
'
# shellcheck disable=SC2016
look_for_more='
	other=$1
	shift
	for path; do
		there=$other/$path
		if [ ! -e "$there" ] && [ ! -L "$there" ] && [ -d "${there%/*}" ] && [ ! -L "${there%/*}" ]; then
			printf "extra %s\0" "${path#./}"
		fi
	done
'

# each IN OTHER TEXT [TEST...]: runs a text on everything below the folder IN that passes the tests of find.
each() {
	_in=$1 _other=$2 _text=$3
	shift 3
	if ! (cd "$_in" && find . ! -name . "$@" -exec sh -c "$_text" sh "$_other" {} +) >>"$work/found"; then
		fail "can't look at all of \`$release_dir\`" "let $(id -un) read all of it, and see whether the disk is full"
	fi
}

if ! need_tools; then exit 1; fi
if ! command -v cmp >/dev/null 2>&1; then
	fail "\`cmp\` is not on the PATH of $(id -un)" "install it on this host, for instance with \`apt-get install diffutils\`"
fi
plain_url "$repo_url"
url_kind "$url"
if [ ! -e "$source" ]; then
	fail "the copy of the repository, \`$source\`, is not there" "deploy again: that fetches one"
fi
if ! find_git_dir "$source" || ! check_origin "$git_dir" "$source" "$url"; then fail "$what" "$remedy"; fi
silence_git "$git_dir"
if ! full=$(run_git --git-dir="$git_dir" rev-parse --verify --quiet "$commit^{commit}"); then
	fail "\`$source\` has no commit $commit any more" "deploy again: there is nothing to compare the release with"
fi
commit=$full
modules_dir=$git_dir/garment-submodules
if [ "$kind" = far ]; then
	# Submodules of a repository from elsewhere may not name paths of this host.
	GIT_PROTOCOL_FROM_USER=0
	export GIT_PROTOCOL_FROM_USER
fi

# Left behind by one that was killed.
clean_up
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
make_dir "$want" deploy_dir
if ! fill "$git_dir" "$commit" "$want" "$url" ''; then exit 1; fi
# Garment 0.5 need not have made one.
if read_state "$release" && [ -n "$its_commit" ] || [ -e "$release_dir/REVISION" ]; then
	write_revision "$want" "$commit"
fi
pipe=$work/pipe
export pipe
if ! said=$( (: >"$work/found" && mkfifo "$pipe") 2>&1); then
	reason "$said"
	fail "can't write to \`$work\`: $reason" "see whether the disk is full"
fi
each "$want" "$release_dir" "$compare"
each "$want" "$release_dir" "$compare_bytes" -type f
each "$release_dir" "$want" "$look_for_more"

# Names with newlines stay on their line; \001 in a name becomes `?`, as `ls` has it.
tr '\000\n\001' '\n\001?' <"$work/found" | sort -u >"$work/sorted"
emit commit "$commit"
for kind in changed missing extra; do
	emit "$kind" "$(grep -c "^$kind " "$work/sorted")"
done
head -n "$shown" "$work/sorted" | sed 's/^/differs\
/' | tr '\n\001' '\000\n'
emit end verify
