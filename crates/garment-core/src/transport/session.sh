# shellcheck shell=sh disable=SC2154 # g_mark is set in front of this text
# The session: what garment's shell on a host is told first, over its stdin.
#
# It reads stdin for the rest of its life. What comes next are batches: one compound command each, so that the shell
# has read all of it before anything runs. A batch's steps run one after the other in the foreground, since a shell
# without job control starts background commands with SIGINT ignored, and people's commands would inherit that. While
# a batch runs, a watcher reads the control lines that the controller may send:
#
#   stop        start no further step
#   term PID    the same, and end the step that runs as process group PID (SIGTERM)
#   kill PID    the same with SIGKILL
#   end         the batch is over: the watcher goes, and the shell reads on behind this line
#
# What the controller reads are marks: a word that nobody else knows (`g_mark`, set in front of this text), then
#
#   hello            on both outputs, once
#   begin ID [PID]   on stdout, before a step; without PID if this shell itself runs it
#   end ID STATUS    on both outputs, after it
#   done             on stdout, when no further step of the batch will start
#
# The word stands in no argument list and in no exported variable, so that a command can't forge a mark.
# An end of stdin means that the controller is gone: the step that runs may finish, nothing further starts.

unset CDPATH
cd -- "${HOME:-/}" || cd /
exec 4<&0
g_stopped=
trap 'g_stopped=1' USR1
# Its own session and process group for each step, so that all of it can be ended, and no step finds a terminal.
if command -v setsid >/dev/null 2>&1; then g_setsid=setsid; else g_setsid=; fi

# A mark on stdout. What a command does to the outputs stays: Node, for one, leaves them so that a write fails while the
# reader is slow (O_NONBLOCK). A lost mark would be waited for without end, so it is tried until nobody listens any more.
g_say() {
  until printf '%s %s\n' "$g_mark" "$*" 2>/dev/null; do
    kill -0 "$g_watcher" 2>/dev/null || return 0
    sleep 1
  done
}

# What SHELL is given instead of the text, whose first line closes the descriptor. What starts SHELL may lose or replace
# that on the way, as sudo does and start-up files may: a text that did not arrive has not been run.
# shellcheck disable=SC2016
g_text='eval "$(g_c=$(cat <&3); case $g_c in "exec 3<&-"*) printf "%s\n" "$g_c" ;; *) echo "echo no command arrived: what starts this shell must leave file descriptor 3 open >&2; exit 126" ;; esac)"'

# ID SHELL...: runs the text on file descriptor 3 in SHELL.
g_step() {
  [ -z "$g_stopped" ] || return 1
  g_id=$1
  shift
  # The inner sh tells its process id, which `exec` keeps, and leaves the rest of fd 3 to SHELL.
  # shellcheck disable=SC2016,SC2086
  $g_setsid sh -c '
    IFS= read -r g_mark <&3
    until printf "%s begin %s %s\n" "$g_mark" "$1" "$$" 2>/dev/null; do
      kill -0 "$PPID" 2>/dev/null || exit
      sleep 1
    done
    unset g_mark
    shift
    exec "$@"' sh "$g_id" "$@" "$g_text" </dev/null 4<&- 5>&-
  g_ended "$g_id" "$?"
}

# ID: runs the text on file descriptor 3 in this shell itself. What it opens on file descriptor 5 (the lock) stays open
# for as long as this shell lives, and no other process gets it.
g_here() {
  [ -z "$g_stopped" ] || return 1
  IFS= read -r g_script <&3
  g_say begin "$1"
  g_script=$(cat <&3)
  eval "$g_script"
  g_ended "$1" "$?"
}

g_ended() {
  g_say end "$1" "$2"
  g_say end "$1" "$2" >&2
  return "$2"
}

g_watch() {
  while IFS= read -r g_line; do
    case $g_line in
      end) exit 0 ;;
      stop) kill -USR1 "$$" ;;
      'term '*) g_signal TERM "${g_line#* }" ;;
      'kill '*) g_signal KILL "${g_line#* }" ;;
    esac
  done
  kill -USR1 "$$"
}

# No `--` before the group: dash would take it for a number. Where there is no setsid there is no group either, and the
# process alone must do.
g_signal() {
  kill -USR1 "$$"
  kill -"$1" "-$2" 2>/dev/null || kill -"$1" "$2" 2>/dev/null
}

g_open() {
  g_stopped=
  # `exec`, since a redirection of the function would keep copies of the outputs open beside it.
  (exec <&4 4<&- 5>&- >/dev/null 2>&1 && g_watch) &
  g_watcher=$!
}

g_close() {
  g_say 'done'
  while kill -0 "$g_watcher" 2>/dev/null; do wait "$g_watcher"; done
}

printf '%s hello\n' "$g_mark" >&2
printf '%s hello\n' "$g_mark"
