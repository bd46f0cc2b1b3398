# shellcheck shell=sh disable=SC2034,SC2154
# git on a host: nothing may ask, nothing may stay behind in the background, every word of it is checked.

# need_tools: git and tar, all of what is missing at once. Status 1 if one is.
need_tools() {
	_missing=''
	for _tool in git tar; do
		if command -v "$_tool" >/dev/null 2>&1; then continue; fi
		_missing="$_missing $_tool"
	done
	if [ -z "$_missing" ]; then return 0; fi
	for _tool in $_missing; do
		problem "\`$_tool\` is not on the PATH of $(id -un)" "install it on this host, for instance with \`apt-get install $_tool\`"
	done
	return 1
}

# run_git ARGUMENT...: the copy is garment's own, so nobody's hooks have a say in it.
run_git() {
	git -c gc.auto=0 -c maintenance.auto=false -c core.hooksPath=/dev/null -c safe.bareRepository=all "$@" </dev/null
}

# silence_git [GIT_DIR]: no terminal, no window, no helper asks for anything; ssh neither. ssh starts no shared
# connection either: it would outlive the command and hold its output open.
silence_git() {
	_ssh=''
	if [ -z "${GIT_SSH_COMMAND-}" ]; then _ssh=$(run_git ${1:+--git-dir="$1"} config core.sshCommand 2>/dev/null) || _ssh=''; fi
	silence_git_with "$_ssh"
}

# silence_git_with COMMAND: the same, where core.sshCommand is known.
silence_git_with() {
	GIT_TERMINAL_PROMPT=0 GIT_ASKPASS='' SSH_ASKPASS='' GCM_INTERACTIVE=never
	GIT_SSH_COMMAND=${GIT_SSH_COMMAND:-$1}
	if [ -z "$GIT_SSH_COMMAND" ]; then
		GIT_SSH_COMMAND=ssh
		# git has a shell take this apart, and that one expands the name.
		# shellcheck disable=SC2016,SC2089
		if [ -n "${GIT_SSH-}" ]; then GIT_SSH_COMMAND='"$GIT_SSH"'; fi
	fi
	GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o BatchMode=yes -o ControlMaster=no"
	# shellcheck disable=SC2090
	export GIT_TERMINAL_PROMPT GIT_ASKPASS SSH_ASKPASS GCM_INTERACTIVE GIT_SSH_COMMAND
}

# url_kind URL: sets $kind to path, file or far, by git's own rules.
url_kind() {
	case $1 in
	file://*) kind='file' ;;
	*://* | *::*) kind=far ;;
	*:*)
		kind=far
		case ${1%%:*} in */*) kind=path ;; esac
		;;
	*) kind=path ;;
	esac
}

# plain_url URL: sets $url; a path is made absolute, as git would record it.
plain_url() {
	url=$1
	case $url in
	-*) fail "the repository url \`$url\` starts with \`-\`, which git takes for an option" "write \`./$url\` if it is a path" ;;
	'') fail "the repository url is empty" "set \`repo_url\`" ;;
	esac
	url_kind "$url"
	if [ "$kind" = path ]; then
		absolute "$url"
		url=$result
	fi
}

# show_url URL: sets $shown_url, without a password that may be in it.
show_url() {
	shown_url=$1
	case $1 in
	*://*:*@*)
		_rest=${1#*://}
		_login=${_rest%%@*}
		case $_login in
		*/*) ;;
		*:*) shown_url="${1%%://*}://${_login%%:*}:***@${_rest#*@}" ;;
		esac
		;;
	esac
}

# telling: sets $telling to the line of $said that says most, and passes all of it on to people.
telling() {
	telling='' _sure='' _cr=$(printf '\r')
	if [ -n "$said" ]; then printf '%s\n' "$said" >&2; fi
	while IFS= read -r _line; do
		_line=${_line%"$_cr"}
		case $_line in
		*'Host key verification failed'*) _sure=$_line ;;
		'' | @* | [Ww]arning:* | hint:* | 'Cloning into '*) ;;
		*) telling=${telling:-$_line} ;;
		esac
	done <<EOF
$said
EOF
	telling=${_sure:-$telling}
	telling=${telling#fatal: }
	telling=${telling%.}
}

# origin_remedy URL: sets $remedy.
origin_remedy() {
	show_url "$1"
	quoted "$shown_url"
	url_kind "$1"
	remedy="make \`git ls-remote $quoted\` work for $(id -un) on this host"
	case $1 in
	http*://*) remedy="$remedy: the url, a credential helper there" ;;
	*) if [ "$kind" = far ]; then remedy="$remedy: the url, its ssh key and known_hosts, or \`forward_agent: true\`"; fi ;;
	esac
}

# is_full: whether $said is about a disk that is full. It is all that tools say of it, in the words of the C locale; the
# last is GNU tar's for a file of which a part still fitted.
is_full() {
	case $said in
	*'No space left on device'* | *'Disk quota exceeded'* | *'File too large'* | *': Wrote only '*) return 0 ;;
	esac
	return 1
}

# full_remedy DIR: sets $remedy.
full_remedy() {
	nearest "$1"
	quoted "$result"
	remedy="make room, then deploy again: df -h $quoted; df -i $quoted"
}

# lock_remedy: sets $remedy if $said is about a lock in $git_dir that a killed git left behind.
lock_remedy() {
	if [ -z "${git_dir-}" ]; then return; fi
	while IFS= read -r _lock; do
		if [ -z "$_lock" ]; then continue; fi
		case $said in
		*"$_lock"*)
			quoted "$_lock"
			remedy="when no other git runs there, remove the lock that a killed one left behind: rm -f $quoted"
			;;
		esac
	done <<EOF
$(find "$git_dir" -name '*.lock' -type f 2>/dev/null)
EOF
}

# find_git_dir DIR: sets $git_dir for a mirror or an older install's clone. Status 1 with $what and $remedy.
find_git_dir() {
	git_dir=''
	if [ -e "$1/.git" ]; then git_dir=$1/.git; fi
	if [ -z "$git_dir" ] && [ -f "$1/HEAD" ] && [ -d "$1/objects" ]; then git_dir=$1; fi
	quoted "$1"
	if [ -z "$git_dir" ] || ! run_git -c safe.directory='*' --git-dir="$git_dir" rev-parse --git-dir >/dev/null 2>&1; then
		what="\`$1\` is there, but is no git repository"
		remedy="move it away, or set \`source_dir\` to another place: mv $quoted $quoted.before-garment"
		return 1
	fi
	if said=$(run_git -C "$1" rev-parse --git-dir 2>&1); then return 0; fi
	what="\`$1\` belongs to another user than $(id -un), so git refuses to use it"
	remedy="give it to $(id -un) (chown -R), or allow it: git config --global --add safe.directory $quoted"
	if ! run_git -c safe.directory='*' -C "$1" rev-parse --git-dir >/dev/null 2>&1; then
		telling
		what="git can't use \`$1\`: $telling"
		remedy="repair it, or remove it and let the next deploy fetch it anew: rm -rf $quoted"
	fi
	return 1
}

# check_origin GIT_DIR DIR URL: status 1 with $what and $remedy if its origin is another one.
check_origin() {
	_origin=$(run_git --git-dir="$1" config --get remote.origin.url && printf x)
	_origin=${_origin%"$nl"x}
	if [ "$_origin" = "$3" ]; then return 0; fi
	show_url "$3"
	_new=$shown_url
	quoted "$shown_url"
	_new_word=$quoted
	quoted "$2"
	show_url "$_origin"
	if [ -z "$_origin" ]; then
		what="\`$2\` has no \`origin\`, and should have \`$_new\`"
		remedy="set it: git -C $quoted remote add origin $_new_word"
	else
		what="\`$2\` is a copy of \`$shown_url\`, but \`repo_url\` is \`$_new\`"
		remedy="if it moved: git -C $quoted remote set-url origin $_new_word; if it is another repository: rm -rf $quoted"
	fi
	return 1
}

# is_our_mirror DIR URL: whether it is plainly a mirror of URL that clone_mirror made, by one look. What is in any way
# doubtful is for find_git_dir and check_origin. Silences git, too.
is_our_mirror() {
	if [ ! -f "$1/HEAD" ] || [ ! -d "$1/objects" ] || [ ! -d "$1/refs" ] || [ ! -O "$1" ] || [ -e "$1/.git" ]; then return 1; fi
	_origin='' _mirrors='' _ssh=''
	while IFS= read -r _line; do
		case $_line in
		'remote.origin.url '*) _origin=${_origin:+$_origin$nl}${_line#* } ;;
		'remote.origin.fetch +refs/*:refs/*') _mirrors=yes ;;
		'core.sshcommand '*) _ssh=${_line#* } ;;
		*) return 1 ;;
		esac
	done <<EOF
$(run_git --git-dir="$1" config --get-regexp '^(remote\.origin\.(url|fetch)|core\.sshcommand)$' 2>/dev/null)
EOF
	if [ "$_origin" != "$2" ] || [ -z "$_mirrors" ]; then return 1; fi
	silence_git_with "$_ssh"
}

# has_commit GIT_DIR COMMIT
has_commit() {
	run_git --git-dir="$1" cat-file -e "$2^{commit}" 2>/dev/null
}

# archive GIT_DIR COMMIT [LIST]: the files as git archive gives them; of those in the file LIST only, NUL-terminated and
# few enough for one git. The file modes are the umask's on every tar: as root, GNU tar would take them as they are.
archive() {
	if [ -z "${3-}" ]; then
		run_git --git-dir="$1" -c tar.umask=user archive --format=tar "$2"
	else
		xargs -0 -x -n 40000 git --literal-pathspecs --git-dir="$1" -c tar.umask=user archive --format=tar "$2" -- <"$3"
	fi
}

# unpack GIT_DIR COMMIT DIR [LIST]: puts them there. Status 1 with $said. Both ends of the pipe have to say that they are
# through.
unpack() {
	said=$(
		{
			{
				if archive "$1" "$2" "${4-}" 2>&3 3>&-; then
					echo "$nl/archive done" >&3
				else
					echo "$nl/archive failed" >&3
				fi
			} | {
				if EXTRACT_UNSAFE_SYMLINKS=1 tar -x -o -f - -C "$3" >&3 2>&3 3>&-; then
					echo "$nl/tar done" >&3
				else
					echo "$nl/tar failed" >&3
				fi
			}
		} 3>&1
	)
	_through=''
	case $said in *"$nl/archive done"*) case $said in *"$nl/tar done"*) _through=yes ;; esac ;; esac
	case $said in *"$nl/archive failed"* | *"$nl/tar failed"*) _through='' ;; esac
	case $said in
	"$nl/archive done$nl$nl/tar done" | "$nl/tar done$nl$nl/archive done") said='' ;;
	*)
		# A full disk has a line for every file.
		# What git says may come between the beginning of a line of tar's and its end.
		said=$(printf '%s\n' "$said" | sed -e '/^\/archive /d' -e '/^\/tar /d' -e '/^tar: $/d' -e '/^$/d' | sed -e 20q)
		;;
	esac
	[ -n "$_through" ]
}
