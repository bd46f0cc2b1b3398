# shellcheck shell=sh disable=SC2030,SC2031,SC2034,SC2154
# A commit's files with those of its submodules, nested to any depth, at the commits that the trees record.

# fill GIT_DIR COMMIT DIR URL WITHIN [UNPACK]: in a shell of its own, for it calls itself. WITHIN is the path that people
# know the folder by, empty for the release itself; UNPACK, what puts the commit's own files there instead of `unpack`.
fill() (
	git_dir=$1 its_commit=$2 dir=$3 its_url=$4 within=$5
	if ! "${6:-unpack}" "$git_dir" "$its_commit" "$dir"; then
		telling
		quoted "$dir"
		remedy="see whether the disk is full: df -h $quoted; df -i $quoted"
		if is_full; then fills_up; fi
		fail "the files of commit $its_commit can't be unpacked in \`$dir\`: $telling" "$remedy"
	fi
	if [ "${plain_commit-}" = "$its_commit" ]; then exit 0; fi
	tab=$(printf '\t') soh=$(printf '\001')
	# One line an entry, so a newline in a path becomes \001 here; the last line says that git was through.
	links=$({ run_git --git-dir="$git_dir" ls-tree -r -z "$its_commit" && printf '.\0'; } |
		tr '\0\n' '\n\001' | sed -n -e 's/^160000 commit //p' -e '/^\.$/p')
	case $links in
	.) exit 0 ;;
	*"$nl".) ;;
	*) fail "git can't list the tree of commit $its_commit" "see what it says above" ;;
	esac
	read_modules
	while IFS= read -r entry <&4; do
		if [ "$entry" = . ]; then break; fi
		fill_one "${entry%%"$tab"*}" "${entry#*"$tab"}" || exit 1
	done 4<<EOF
$links
EOF
)

# fills_up: sets $full, for whoever has to clean up, and $remedy.
fills_up() {
	full=yes
	full_remedy "$releases"
}

# read_modules: sets $modules to lines `submodule.NAME.path\001PATH` of the commit's .gitmodules.
read_modules() {
	modules=''
	if ! run_git --git-dir="$git_dir" cat-file -e "$its_commit:.gitmodules" 2>/dev/null; then return; fi
	if ! said=$(run_git --git-dir="$git_dir" config --blob "$its_commit:.gitmodules" --list 2>&1 >/dev/null); then
		telling
		fail "git can't read ${within:+\`$within/\`}.gitmodules of commit $its_commit: $telling" "correct the file and push it"
	fi
	modules=$(run_git --git-dir="$git_dir" config -z --blob "$its_commit:.gitmodules" \
		--get-regexp '^submodule\..*\.path$' | tr '\0\n' '\n\001')
}

# module_url PATH: sets $module_url. Status 1 if .gitmodules knows no such path.
module_url() {
	_key=''
	while IFS= read -r _line; do
		_path=${_line#*"$soh"}
		if [ "${_path%/}" = "$1" ]; then _key=${_line%%"$soh"*}; fi
	done <<EOF
$modules
EOF
	if [ -z "$_key" ]; then return 1; fi
	module_url=$(run_git --git-dir="$git_dir" config --blob "$its_commit:.gitmodules" --get "${_key%.path}.url" && printf x)
	module_url=${module_url%"$nl"x}
	return 0
}

# relative_url BASE URL: sets $url to what git makes of a `./` or `../` in .gitmodules: steps taken from the url of the
# repository that names it, up over the colon of `host:path` as well.
relative_url() {
	_base=${1%/} url=$2 _join=/
	while :; do
		case $url in
		../*)
			url=${url#../}
			case $_base in
			*/*) _base=${_base%/*} ;;
			*:*) _base=${_base%:*} _join=: ;;
			*) return 1 ;;
			esac
			;;
		./*) url=${url#./} ;;
		*) break ;;
		esac
	done
	url=$_base$_join${url%/}
}

# fill_one COMMIT PATH: one submodule of the commit that `fill` is at.
fill_one() {
	sub_commit=$1 path=$2 sub=${within:+$within/}$2
	case /$path/ in
	*"$soh"*) fail "the submodule path \`$sub\` has a newline in it, which garment can't handle" "rename the submodule's folder" ;;
	*/../* | */./* | *//* | */.git/*) fail "the submodule path \`$sub\` leads out of the release" "correct the repository" ;;
	esac
	# A link on the way would let the files land outside.
	_way=$dir _rest=$path
	while [ -n "$_rest" ]; do
		_way=$_way/${_rest%%/*}
		case $_rest in */*) _rest=${_rest#*/} ;; *) _rest='' ;; esac
		if [ -L "$_way" ]; then
			fail "the submodule \`$sub\` lies behind a symlink of the same commit" "correct the repository"
		fi
	done
	# `export-ignore` took it out.
	if [ ! -d "$dir/$path" ]; then return 0; fi
	if ! module_url "$path"; then
		note "submodule $sub: .gitmodules does not name it, so its folder stays empty"
		return 0
	fi
	case $module_url in
	'') fail "the submodule \`$sub\` has no url in .gitmodules" "add it there and push" ;;
	-*) fail "the url \`$module_url\` of the submodule \`$sub\` starts with \`-\`, which git takes for an option" "correct it in .gitmodules" ;;
	./* | ../*)
		relative_url "$its_url" "$module_url" ||
			fail "the url \`$module_url\` of the submodule \`$sub\` leads above \`$its_url\`" "correct it in .gitmodules"
		;;
	*) url=$module_url ;;
	esac
	plain_url "$url"
	mirror_submodule
	fill "$mirror" "$sub_commit" "$dir/$path" "$url" "$sub"
}

# mirror_submodule: sets $mirror to a copy of $url that has $sub_commit. Copies are kept by url, so a submodule that is
# renamed, or used twice, is fetched once.
mirror_submodule() {
	_key=$(printf '%s' "$url" | git --git-dir="$git_dir" hash-object --stdin) ||
		fail "git can't name the copy of the submodule \`$sub\`" "see what it says above"
	mirror=$modules_dir/$_key
	if [ "${delivery-}" = push ]; then
		if [ ! -d "$mirror" ]; then make_dir "$modules_dir" source_dir; fi
		if bring_delivered "$_key" "$url" "$mirror" "$mirror" "$sub_commit" ''; then return; fi
		not_delivered "the copy of the submodule \`$sub\`" "$modules_dir"
	fi
	if [ -d "$mirror" ] && has_commit "$mirror" "$sub_commit"; then return; fi
	show_url "$url"
	if [ -d "$mirror" ]; then
		if ! fetch_all "$mirror"; then submodule_unreachable; fi
	else
		make_dir "$modules_dir" source_dir
		if ! clone_mirror "$url" "$mirror"; then submodule_unreachable; fi
	fi
	if has_commit "$mirror" "$sub_commit" || { fetch_commit "$mirror" "$sub_commit" && has_commit "$mirror" "$sub_commit"; }; then
		return
	fi
	fail "the submodule \`$sub\` is at commit $sub_commit, which \`$shown_url\` does not have" \
		"push that commit of the submodule, then deploy again"
}

submodule_unreachable() {
	telling
	origin_remedy "$url"
	if is_full; then fills_up; fi
	fail "git can't fetch the submodule \`$sub\` from \`$shown_url\`: $telling" "$remedy"
}

# write_revision DIR COMMIT: the repository may track something by that name, a link to elsewhere as well.
write_revision() {
	if [ -d "$1/REVISION" ] && [ ! -L "$1/REVISION" ]; then
		fail "the repository has a folder \`REVISION\`, where garment writes the commit id" "rename it in the repository"
	fi
	if { { [ -e "$1/REVISION" ] || [ -L "$1/REVISION" ]; } && ! rm -f "$1/REVISION" 2>/dev/null; } || ! printf '%s\n' "$2" 2>/dev/null >"$1/REVISION"; then
		fills_up
		fail "can't write \`$1/REVISION\`" "$remedy"
	fi
}
