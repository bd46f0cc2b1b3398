# shellcheck shell=sh disable=SC2034,SC2154
# Everything that would stop a deploy of $repo_url here, all of it in one go. Changes nothing: not a file is made.

# can_write PATH SETTING: the folder, or the first one above it that is there.
can_write() {
	nearest "$1"
	case "$seen" in *"$nl$result$nl"*) return ;; esac
	seen=$seen$result$nl
	if [ ! -d "$result" ]; then
		problem "\`$result\` is not a folder, so \`$2\` can't be \`$1\`" "move it away, or set \`$2\` to another place"
		return
	fi
	# A missing folder can't be removed, and on a read-only file system that is what is said of it. `-w` alone does not
	# know in every shell, for root.
	case $(rmdir "$result/.garment-is-not-here" 2>&1) in
	*'Read-only file system'*)
		problem "\`$result\` is on a read-only file system, so \`$2\` can't be written" "mount it writable, or set \`$2\` to another place"
		return
		;;
	esac
	if [ ! -w "$result" ] || [ ! -x "$result" ]; then
		problem "$user may not write to \`$result\`, which \`$2\` needs" "let $user write there, or set \`$2\` to another place"
	fi
}

# free DIR OPTION: sets $free to what df has as available and $mount to its file system; both empty if it does not say.
free() {
	free='' mount=''
	_last=''
	while IFS= read -r _line; do _last=$_line; done <<EOF
$(df -P "$2" "$1" 2>/dev/null)
EOF
	set -f
	# shellcheck disable=SC2086
	set -- $_last
	set +f
	_before=''
	for _word in "$@"; do
		case $_word in
		[0-9]*%) free=$_before ;;
		/*) if [ -n "$free" ]; then mount=$_word; fi ;;
		esac
		_before=$_word
	done
	case $free in '' | *[!0-9]*) free='' ;; esac
}

# has_room PATH
has_room() {
	nearest "$1"
	_dir=$result
	free "$_dir" -k
	case "$mounts" in *"$nl$mount$nl"*) return ;; esac
	mounts=$mounts$mount$nl
	quoted "$_dir"
	if [ -n "$free" ] && [ "$free" -lt 262144 ]; then
		problem "only $((free / 1024)) MiB are free for \`$1\`" "make room, 256 MiB at the least: df -h $quoted"
	fi
	free "$_dir" -i
	if [ -n "$free" ] && [ "$free" -lt 2000 ]; then
		problem "only $free inodes are free for \`$1\`" "remove small files, 2000 at the least: df -i $quoted"
	fi
}

# old_git: whether git is older than 2.7, the first that can be kept from asking and from following any protocol.
old_git() {
	version=$(git --version 2>/dev/null)
	version=${version#git version }
	_major=${version%%.*} _minor=${version#*.}
	_minor=${_minor%%.*}
	case $_major-$_minor in *[!0-9-]* | -* | *-) return 1 ;; esac
	[ "$_major" -lt 2 ] || { [ "$_major" -eq 2 ] && [ "$_minor" -lt 7 ]; }
}

# reach_origin: whether git gets at the repository from here, and what source_dir is a copy of.
reach_origin() {
	git_dir=''
	if [ -d "$source" ] && [ -n "$(ls -A "$source" 2>/dev/null)" ]; then
		if find_git_dir "$source"; then
			if ! check_origin "$git_dir" "$source" "$url"; then problem "$what" "$remedy"; fi
		else
			problem "$what" "$remedy"
		fi
	fi
	silence_git "$git_dir"
	if said=$(run_git ls-remote -- "$url" HEAD 2>&1 >/dev/null); then return; fi
	telling
	show_url "$url"
	origin_remedy "$url"
	if [ "$kind" = far ] && [ "$forward_agent" = yes ] && [ -z "${SSH_AUTH_SOCK-}" ]; then
		remedy="\`forward_agent\` is on, but no agent arrived: is one running with a key (\`ssh-add -l\`), and does the host's sshd allow it?"
	fi
	problem "git can't read \`$shown_url\`: $telling" "$remedy"
}

user=$(id -un)
seen=$nl
mounts=$nl
if need_tools; then
	if old_git; then
		problem "git is $version, and garment needs 2.7" "install a newer git on this host"
	fi
fi
can_write "$deploy" deploy_dir
can_write "$state_dir/releases" deploy_dir
can_write "$releases" releases_dir
can_write "$source" source_dir
parent "$current"
can_write "$result" current_symlink
has_room "$deploy"
has_room "$releases"
has_room "$source"
locate_current
if [ "$occupant" = not-a-symlink ]; then
	not_a_symlink
	problem "$what" "$remedy"
fi
plain_url "$repo_url"
if command -v git >/dev/null 2>&1; then reach_origin; fi
emit end check
