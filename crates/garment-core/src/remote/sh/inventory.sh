# shellcheck shell=sh disable=SC2034,SC2154
# What this host has of the repositories that are delivered to it. Lines of $wanted: the key of a submodule's copy, or `.`
# for the repository of $repo_url itself, and the commits that are wanted of it. What an earlier delivery left is taken
# away: it was for another operation.

# take_stock GIT_DIR COMMIT...: of the history, what it has newest, and then here and there one that is older, in case the
# newest was thrown away elsewhere.
take_stock() {
	_dir=$1
	shift
	emit refs "$(run_git --git-dir="$_dir" for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags |
		git -c safe.bareRepository=all --git-dir="$_dir" hash-object --stdin)"
	for _commit in "$@"; do
		if has_commit "$_dir" "$_commit"; then emit has "$_commit"; fi
	done
	emit tips "$(
		run_git --git-dir="$_dir" for-each-ref --count=2000 --sort=-creatordate --format='%(objectname) %(*objectname)'
		run_git --git-dir="$_dir" rev-list --all -n 1000 2>/dev/null | awk 'NR <= 16 || NR % 32 == 0'
	)"
}

still_locked
if ! need_tools; then exit 1; fi
rm -rf "$state_dir/delivery"
plain_url "$repo_url"
git_dir=''
if [ -d "$source" ] && rmdir "$source" 2>/dev/null; then :; fi
if [ -e "$source" ] || [ -L "$source" ]; then
	if ! find_git_dir "$source" || ! check_origin "$git_dir" "$source" "$url"; then fail "$what" "$remedy"; fi
	if ! can_be_delivered_to "$git_dir"; then fail "$what" "$remedy"; fi
	while read -r key commits; do
		case $key in
		'') continue ;;
		.) copy=$git_dir ;;
		*) copy=$git_dir/garment-submodules/$key ;;
		esac
		# Submodules may have been fetched in part by hand: then all of it comes.
		if [ ! -d "$copy" ] || ! is_whole "$copy"; then continue; fi
		emit repository "$key"
		# shellcheck disable=SC2086
		take_stock "$copy" $commits
	done <<EOF
$wanted
EOF
fi
nearest "$releases"
at_releases=$result
nearest "$source"
at_source=$result
nearest "$deploy"
at_deploy=$result
ask_df -k
emit free_deploy "$free_deploy"
emit free_source "$free_source"
if [ -n "$mount_deploy" ] && [ "$mount_deploy" = "$mount_source" ]; then emit one_disk yes; fi
emit end inventory
