# shellcheck shell=sh disable=SC2034,SC2088,SC2154
# Takes an operation over from a session whose connection was lost. The session's own shell reads this, see lock.sh;
# $g_take_lock is that text. $g_token is the lock's, $g_operation and $g_attempt say where the records are. The former
# session's shell may be alive, with a step that runs: it is told to begin nothing any more, and g_settle ends it when it
# has written down how that step ended. stdout is data. Status 1: can't be taken over.

case $g_deploy_dir in
'~') g_dir=$HOME ;;
'~/'*) g_dir=$HOME/${g_deploy_dir#??} ;;
/*) g_dir=$g_deploy_dir ;;
*) g_dir=$HOME/$g_deploy_dir ;;
esac
g_dir=${g_dir%/}/.garment
g_lock=$g_dir/lock
g_op=$g_dir/operations/$g_operation/$g_attempt
g_again=1

g_theirs='' g_former=''
while IFS= read -r g_line; do
	case $g_line in
	token=*) g_theirs=${g_line#*=} ;;
	pid=*) g_former=${g_line#*=} ;;
	esac
done 2>/dev/null <"$g_lock"

# What it is worth, if somebody has changed that file.
case $g_former in '' | 0* | 1 | *[!0-9]*) g_former='' ;; esac

if [ "$g_theirs" != "$g_token" ]; then
	g_former=
	printf '%s\0%s\0' problem "another operation has been at work there since the connection was lost"
	printf '%s\0%s\0' remedy "see what it did before you go on"
	false
elif [ ! -d "$g_op" ]; then
	g_former=
	printf '%s\0%s\0' problem "nothing was recorded there, so how the command went on is not known"
	printf '%s\0%s\0' remedy "what was running there may still be running: look before you try again"
	false
elif
	if command -v flock >/dev/null 2>&1; then
		(flock -s -n 6) 6<"$g_dir"
	else
		! kill -0 "$g_former" 2>/dev/null
	fi
then
	# It is dead.
	g_former=
	rm -rf "$g_lock.d"
	eval "$g_take_lock"
elif [ -z "$g_former" ]; then
	printf '%s\0%s\0' problem "the lock is held, and \`$g_lock\` does not say by which process"
	printf '%s\0%s\0' remedy "look what runs there before you go on"
	false
else
	kill -USR2 "$g_former" 2>/dev/null
	true
fi
