# shellcheck shell=sh disable=SC2034,SC2154
# Puts a release together: $release at $commit of $repo_url, for $by, from $git_ref. It is in releases_dir complete, or
# not at all: it is built beside its place and renamed. Before it is begun, there has to be room for it. With
# $resuming=yes one that is there already will do.

building=$releases/.$release.building
release_dir=$releases/$release
full=''
# Where git says how far it is, when that takes long.
git_says=$state_dir/git-says

# give_up: what was unpacked stays to be looked at, unless it is what fills the disk.
give_up() {
	if [ -n "$full" ]; then erase "$building" || :; fi
	write_state "$release" state=failed 2>/dev/null || :
}

keep_first() {
	if [ -n "$lack" ]; then return; fi
	lack=$1 lack_remedy=$2
}

# is_roomy: as has_room, with what to say of the first lack in $lack and $lack_remedy.
is_roomy() {
	lack='' on_short=keep_first
	has_room
}

# make_room: a spare and releases that failed go before a deploy does for lack of room, the newest last.
make_room() {
	if is_roomy; then return; fi
	# It may be known already, and need less than one of which nothing is.
	if [ -z "$tree_kib" ]; then
		weigh_tree "$commit"
		if [ -n "$tree_kib" ] && is_roomy; then return; fi
	fi
	if [ -n "$helps" ] && [ -d "$spare" ] && drop_spare && is_roomy; then return; fi
	for _file in "$state_dir"/releases/[0-9]*T*-*; do
		_old=${_file##*/}
		if [ -z "$helps" ] || [ "$_old" = "$release" ] || ! is_expendable "$_old"; then continue; fi
		if erase "$releases/.$_old.building" && remove_release "$_old"; then
			warn "removed the failed release $_old to make room"
		else
			warn "the failed release $_old can't be removed to make room: $said"
		fi
		if is_roomy; then return; fi
	done
	fail "$lack" "$lack_remedy"
}

# see_that_it_is_writable: one look at all folders, and at each only where that found something.
see_that_it_is_writable() {
	nearest "$deploy"
	_deploy=$result
	nearest "$releases"
	_releases=$result
	nearest "$source"
	_source=$result
	case $(rmdir "$_deploy/.garment-is-not-here" "$_releases/.garment-is-not-here" "$_source/.garment-is-not-here" 2>&1) in
	*'Read-only file system'*) ;;
	*) return ;;
	esac
	if is_read_only "$deploy" deploy_dir || is_read_only "$releases" releases_dir || is_read_only "$source" source_dir; then
		fail "$what" "$remedy"
	fi
}

# Before anything is fetched: can the switch be made here at all? What is live was made so by one, and the folder may
# have been taken away from us since.
rehearse_switch() {
	parent "$current"
	if [ -w "$result" ] && [ "$occupant" = release ] && read_state "$at_release" && [ "$its_state" = live ]; then return; fi
	make_dir "$result" current_symlink
	_trial=${result%/}/.${current##*/}.garment-trial
	rm -f "$_trial.new" "$_trial.old"
	if ! _said=$(ln -s "$deploy" "$_trial.old" 2>&1 && ln -s "$releases" "$_trial.new" 2>&1); then
		rm -f "$_trial.old"
		reason "$_said"
		fail "can't make a symlink in \`$result\`: $reason" "let $(id -un) write to it, or set \`current_symlink\` to another place"
	fi
	if ! put_in_place "$_trial.new" "$_trial.old"; then
		rm -f "$_trial.new" "$_trial.old"
		fail "can't replace a symlink in \`$result\` in one step: $said" "install GNU coreutils, perl or python3 there, if its \`mv\` knows neither -T nor -h"
	fi
	rm -f "$_trial.old"
}

# The host's full copy of the repository, up to date and with the commit in it. Sets $git_dir.
bring_source() {
	show_url "$url"
	# Environments may share a source_dir, and the lock is not about that. The folder around it is there in any case.
	parent "$source"
	make_dir "$result" source_dir
	if command -v flock >/dev/null 2>&1; then
		exec 9<"$result"
		if ! flock -w 600 9; then
			fail "another deploy has been fetching into \`$source\` for 10 minutes" "see what runs there, and deploy again"
		fi
	fi
	if [ -d "$source" ] && [ ! -e "$source/HEAD" ] && [ ! -e "$source/.git" ] && rmdir "$source" 2>/dev/null; then :; fi
	if [ "$delivery" = push ]; then
		take_delivery
		return
	fi
	if is_our_mirror "$source" "$url"; then
		git_dir=$source
		if ! fetch_mirror "$source"; then
			_said=$said
			if ! find_git_dir "$source"; then fail "$what" "$remedy"; fi
			said=$_said
			unreachable
		fi
	elif [ -e "$source" ] || [ -L "$source" ]; then
		if ! find_git_dir "$source" || ! check_origin "$git_dir" "$source" "$url"; then fail "$what" "$remedy"; fi
		silence_git "$git_dir"
		if ! fetch_all "$git_dir"; then unreachable; fi
	else
		silence_git
		if ! clone_mirror "$url" "$source"; then unreachable; fi
		git_dir=$source
	fi
	# It is known already where only the way there was brought up to date.
	if [ -z "$fetches" ]; then return; fi
	weigh_tree "$commit"
	if [ -n "$tree_kib" ] || has_commit "$git_dir" "$commit"; then return; fi
	if fetch_commit "$git_dir" "$commit" && has_commit "$git_dir" "$commit"; then return; fi
	fail "\`$shown_url\` has no commit $commit any more" "was the branch force-pushed meanwhile? deploy again"
}

# take_delivery: the same from what this host was sent.
take_delivery() {
	git_dir=$source
	if { [ -e "$source" ] || [ -L "$source" ]; } && ! is_our_mirror "$source" "$url"; then
		if ! find_git_dir "$source" || ! check_origin "$git_dir" "$source" "$url"; then fail "$what" "$remedy"; fi
	fi
	if bring_delivered source "$url" "$source" "$git_dir" "$commit" "$head"; then return; fi
	not_delivered "\`$source\`" "$source"
}

# is_there: whether an earlier attempt made this very release. It has its place complete, whatever came of it later.
is_there() {
	if [ ! -d "$release_dir" ] || [ -L "$release_dir" ]; then return 1; fi
	read_revision "$release"
	if [ "$its_commit" != "$commit" ] || ! read_state "$release" || [ "$its_commit" != "$commit" ]; then return 1; fi
	if [ "$at_release" = "$release" ]; then return 0; fi
	case $its_state in
	building | failed)
		if ! write_state "$release" state=ready; then
			fail "can't write to \`$state_dir/releases\`" "see whether the disk is full"
		fi
		;;
	esac
}

unreachable() {
	telling
	origin_remedy "$url"
	lock_remedy
	if is_full; then full_remedy "$source"; fi
	fail "git can't fetch from \`$shown_url\`: $telling" "$remedy"
}

still_locked
if [ "$delivery" = push ]; then trap 'rm -rf "$delivered"' EXIT; fi
if ! need_tools; then exit 1; fi
locate_current
if [ "$occupant" = not-a-symlink ]; then
	not_a_symlink
	fail "$what" "$remedy"
fi
plain_url "$repo_url"
url_kind "$url"
if [ "$kind" = far ]; then
	# Submodules of a repository from elsewhere may not name paths of this host.
	submodule_protocols=0
else
	submodule_protocols=''
fi
if [ "$resuming" = yes ] && is_there; then
	emit release_dir "$release_dir"
	emit end prepare
	exit 0
fi
if [ -e "$release_dir" ] || [ -L "$release_dir" ]; then
	fail "the release \`$release\` is there already, at \`$release_dir\`" "deploy again: a new release gets a new name"
fi
see_that_it_is_writable
if [ "$delivery" = push ]; then expect_delivered; fi
make_room
make_dir "$deploy" deploy_dir
make_dir "$releases" releases_dir
make_dir "$state_dir/releases" deploy_dir
rehearse_switch
bring_source
exec 9<&-
# Now it is known, and what was fetched takes room as well.
if [ -z "$tree_kib" ]; then weigh_tree "$commit"; fi
still_locked
if ! is_ample; then make_room; fi

modules_dir=$git_dir/garment-submodules
if [ -n "$submodule_protocols" ]; then
	GIT_PROTOCOL_FROM_USER=$submodule_protocols
	export GIT_PROTOCOL_FROM_USER
fi
clock
if ! write_first_state "$release" state=building "commit=$commit" "by=$by" "ref=$git_ref" "made=$now" 2>/dev/null; then
	fail "can't write to \`$state_dir/releases\`" "let $(id -un) write there, and see whether the disk is full"
fi
on_fail=give_up
if [ -e "$building" ] || [ -L "$building" ]; then rm -rf "$building"; fi
if ! said=$(mkdir "$building" 2>&1); then
	reason "$said"
	fail "can't make the folder \`$building\`: $reason" "let $(id -un) write to \`$releases\`, and see whether the disk is full"
fi
begin_growth "$building" unpacked "$tree_kib" "$tree_inodes"
fill "$git_dir" "$commit" "$building" "$url" '' unpack_or_renew
_status=$?
end_progress
if [ "$_status" != 0 ]; then
	give_up
	exit 1
fi
write_revision "$building" "$commit"
if ! all_to_disk "$building"; then
	if is_full; then fills_up; else remedy="see what the kernel says of that disk: dmesg"; fi
	reason "$said"
	fail "the disk does not take the files in \`$building\`: $reason" "$remedy"
fi
if ! put_in_place "$building" "$release_dir"; then
	fail "can't rename \`$building\` to \`$release_dir\`: $said" "let $(id -un) write to \`$releases\`"
fi
if ! write_state "$release" state=ready 2>/dev/null; then
	# Without it nobody may switch to the release.
	building=$release_dir
	fills_up
	fail "can't write to \`$state_dir/releases\`" "$remedy"
fi
emit release_dir "$release_dir"
emit end prepare
