# shellcheck shell=sh
# What every task of the fault suite's project runs: `sh ~/act RELEASE NAME`. It writes down that it began and ended,
# sees whether it is alone, and does what it finds in `~/armed`, once.
release=$1
name=$2

# Held as long as this, or what it has started, runs.
exec 8>>"$HOME/busy"
flock -n 8 || echo "$release $name: something else runs at the same time" >>"$HOME/wrong"

echo "begin $release $name" >>"$HOME/journal"
echo "$name says this"
echo "$name complains" >&2

if mv "$HOME/armed" "$HOME/sprung" 2>/dev/null; then
	read -r deed <"$HOME/sprung"
	case $deed in
	fail) exit 3 ;;
	hang) exec sleep 86400 ;;
	ignore-term)
		trap '' TERM
		exec sleep 86401
		;;
	kill-shell)
		kill -KILL "$PPID"
		exit
		;;
	kill-session)
		kill -KILL "$(ps -o ppid= -p "$PPID" | tr -d ' ')"
		exit
		;;
	esac
fi

if [ -e "$HOME/slow" ]; then sleep 0.3; fi
echo "end $release $name" >>"$HOME/journal"
