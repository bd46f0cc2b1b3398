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
	if is_read_only "$1" "$2"; then
		problem "$what" "$remedy"
		return
	fi
	if [ ! -w "$result" ] || [ ! -x "$result" ]; then
		problem "$user may not write to \`$result\`, which \`$2\` needs" "let $user write there, or set \`$2\` to another place"
	fi
}

# tell_short WHAT REMEDY DIR
tell_short() {
	_gone=0
	if [ "$3" = "$releases" ]; then
		for _file in "$state_dir"/releases/[0-9]*T*-*; do
			if is_expendable "${_file##*/}"; then _gone=$((_gone + 1)); fi
		done
	fi
	case $_gone in
	0) problem "$1" "$2" ;;
	*) problem "$1" "$2; a deploy removes what failed there first, as far as it has to ($_gone)" ;;
	esac
}

# look_for_room: as for what is current and a fetch, since nobody knows yet what will be deployed.
look_for_room() {
	read_state "$at_release" || :
	if [ -z "$its_commit" ]; then read_revision "$at_release"; fi
	if [ -n "$at_release" ] && [ -n "$its_commit" ]; then weigh_tree "$its_commit"; fi
	fetches=yes
	on_short=tell_short
	has_room || :
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

# reach_origin: whether git gets at the repository from here, if it has to, and what source_dir is a copy of.
reach_origin() {
	git_dir=''
	if [ -d "$source" ] && [ -n "$(ls -A "$source" 2>/dev/null)" ]; then
		if find_git_dir "$source"; then
			if ! check_origin "$git_dir" "$source" "$url"; then problem "$what" "$remedy"; fi
			if [ "$delivery" = push ] && ! can_be_delivered_to "$git_dir"; then problem "$what" "$remedy"; fi
		else
			problem "$what" "$remedy"
		fi
	fi
	if [ "$delivery" = push ]; then return; fi
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
locate_current
look_for_room
if [ "$occupant" = not-a-symlink ]; then
	not_a_symlink
	problem "$what" "$remedy"
fi
plain_url "$repo_url"
if command -v git >/dev/null 2>&1; then reach_origin; fi
emit end check
