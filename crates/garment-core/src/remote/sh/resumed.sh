# shellcheck shell=sh disable=SC2154
# Writes $line down: who goes on with $operation, and when. How it ended before is not true any more.

dir=$state_dir/operations/$operation
if ! said=$( (mkdir -p "$dir" && printf '%s\n' "$line" >>"$dir/resumed" && rm -f "$dir/end") 2>&1); then
	reason "$said"
	fail "can't write to \`$dir\`: $reason" "let $(id -un) write to it, and see whether the disk is full"
fi
emit end resumed
