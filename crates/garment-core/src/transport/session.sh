# shellcheck shell=sh disable=SC2034,SC2154 # g_mark and g_patience are set in front of this text
# The session: what garment's shell on a host is told first, over its stdin.
#
# It reads stdin for the rest of its life. What comes next are batches: one compound command each, so that the shell
# has read all of it before anything runs. A batch's steps run one after the other in the foreground, since a shell
# without job control starts background commands with SIGINT ignored, and people's commands would inherit that. While
# a batch runs, a watcher reads the control lines that the controller may send:
#
#   stop        start no further step
#   term PID    the same, and end the step that runs as process group PID (SIGTERM, then SIGKILL)
#   kill PID    the same with SIGKILL
#   beat        the controller is there
#   look        what the running step has printed by now is to be told; it is answered with the mark `looked`
#   end         the batch is over: the watcher goes, and the shell reads on behind this line
#
# What the controller reads are marks: a word that nobody else knows (`g_mark`, set in front of this text), then
#
#   hello                      on both outputs, once
#   unrecorded                 on stdout: no records can be written
#   begin ID [PID [recorded]]  on stdout, before a step; without PID if this shell itself runs it
#   begin ID                   on stderr, before a step that is not recorded
#   err, out                   on stdout: what follows there was printed on that output by the recorded step that runs
#   looked                     on stdout: an answer to `look`
#   end ID STATUS              on both outputs, after a step that is not recorded
#   ended ID STATUS [timeout]  on stdout, after one that is; `timeout` if its time was up; STATUS `unknown` if the shell
#                              that would have written it down is dead
#   taken                      on stdout: another operation has the lock, no further step will start
#   done                       on stdout, when no further step of the batch will start
#   want ID OFFSET             on stdout: the parcel ID is here up to there
#
# Parcels come in batches of their own, without a watcher. Nothing is sent while such a batch runs but one answer to each
# `want`: `take N` and behind that line N bytes of the parcel, or `stop`, or `term`, which is `stop` for a step that was
# asked to end; and at last `end`.
#
# The word stands in no argument list and in no exported variable, so that a command can't forge a mark.
#
# A step with a name is recorded. What it prints goes to the files NAME.out and NAME.err of the folder $g_op and is copied
# from there when the controller asks and when it ends, so that it needs no connection; NAME.pid says that it was begun,
# NAME.status how it ended. All of it is copied to stdout, since on stderr ssh has its say, too, and what is known to the
# controller is counted in bytes. A session that takes over from one whose connection was lost is sent the same batch
# again: what has begun is followed, not run, and the former session's shell has to be gone before anything else begins
# (`g_former`, see attach.sh).
#
# An end of stdin means that the controller is gone: the step that runs may finish, nothing further starts. So does a
# controller that has not been heard of for $g_patience seconds.

unset CDPATH
cd -- "${HOME:-/}" || cd /
exec 4<&0
g_stopped='' g_ending='' g_over='' g_critical='' g_op='' g_held='' g_former='' g_now=0 g_first='' g_looks='' g_pipes='' g_dir=''
g_boot=
trap 'g_stopped=1' USR1
# The step that runs is being ended, with all of its process group.
trap 'g_ending=1' ALRM
# Another session takes over. Once `over` is written down no step begins here any more; between the last look at $g_over
# and the beginning of a step it is not written.
trap 'g_over=1; [ -n "$g_critical" ] || g_status_is over' USR2
# Whether the kernel tells a process its own id; a subshell has no other way without a process. The /proc of another world
# tells another one.
g_proc=
if { IFS=' ' read -r g_pid g_rest </proc/self/stat; } 2>/dev/null && [ "$g_pid" = "$$" ]; then g_proc=1; fi
# Its own session and process group for each step, so that all of it can be ended, and no step finds a terminal.
if command -v setsid >/dev/null 2>&1; then g_setsid=setsid; else g_setsid=; fi

# Sets $g_now to the time, in seconds. The kernel tells how long it has been up without a process.
g_clock() {
  # shellcheck disable=SC2034
  if [ -n "$g_boot" ] && { IFS=' ' read -r g_up g_rest </proc/uptime; } 2>/dev/null; then
    g_now=$((g_boot + ${g_up%%.*}))
    return
  fi
  g_now=$(date +%s)
  if { IFS=' ' read -r g_up g_rest </proc/uptime; } 2>/dev/null; then g_boot=$((g_now - ${g_up%%.*})); fi
}

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

# The same for a command that is one plain line of text: `read` needs no process. It takes that line byte by byte.
# shellcheck disable=SC2016
g_text_of_line='g_a= g_c=; { IFS= read -r g_a && IFS= read -r g_c; } <&3
  if [ "$g_a" != "exec 3<&-" ]; then
    echo "no command arrived: what starts this shell must leave file descriptor 3 open" >&2
    exit 126
  fi
  eval "exec 3<&-
unset g_a g_c
$g_c"'

# How a script of garment's own is read, without a process where there is a way. $1 is what g_clock knows.
# shellcheck disable=SC2016
g_text_of_script='boot_time=$1
  set --
  if [ -r /dev/fd/3 ]; then . /dev/fd/3; else eval "$(cat <&3)"; fi'

# BASE SHELL...: a subshell becomes a step. It tells its process id, which `exec` keeps, on fd 6. If nobody listens the step
# does not begin. BASE, unless empty, is where it is written down that it did. For a script fd 6, the session's stdout,
# stays open: by it garment's own scripts tell what a full disk does not take. The parent has no stderr meanwhile: a shell
# tells there of a child that a signal ended, which nobody asked for, and which ends it where nobody listens any more.
g_become() {
  if [ -n "$g_proc" ]; then
    IFS=' ' read -r g_pid g_rest </proc/self/stat
  else
    # shellcheck disable=SC2016
    g_pid=$(exec sh -c 'echo "$PPID"')
  fi
  # ksh93 forks late, and whoever ends the step would end the session.
  if [ "$g_pid" = "$$" ]; then
    echo "sh on this host makes no process for a subshell, and garment needs one: let it be dash, bash or busybox" >&2
    exit 125
  fi
  until printf '%s begin %s %s%s\n' "$g_mark" "$g_id" "$g_pid" "${1:+ recorded}" >&6 2>/dev/null; do
    kill -0 "$$" 2>/dev/null || exit
    sleep 1
  done
  [ -n "$1" ] || g_say begin "$g_id" >&2
  if [ -n "$1" ] && ! echo "$g_pid" 2>/dev/null >"$1.pid"; then
    g_what_is_wrong="can not write \`$1.pid\`, so nothing was begun"
    g_remedy="see whether the disk is full"
    if [ "$g_what" = script ]; then
      printf 'problem\0%s\0remedy\0%s\0' "$g_what_is_wrong" "$g_remedy" >&6
    else
      printf '%s: %s\n' "$g_what_is_wrong" "$g_remedy" >&6
    fi
    exit 125
  fi
  shift
  # shellcheck disable=SC2086
  if [ "$g_what" = script ]; then
    exec $g_setsid sh -c "$g_text_of_script" sh "$g_boot"
  else
    exec $g_setsid "$@" "$g_loader" 6>&-
  fi
}

# BUSY: whether a step may be running, for those who want the lock (lock.sh).
g_status_is() {
  if [ -n "$g_held" ]; then echo "$1" >"$g_dir/session"; fi 2>/dev/null
}

# Whether another step may begin.
g_may_begin() {
  if [ -n "$g_stopped$g_over" ]; then return 1; fi
  if [ -n "$g_former" ] && ! g_settle; then return 1; fi
  # Before the first step of a batch the controller has just been heard.
  if [ -z "$g_first" ] && [ -n "$g_held" ]; then
    while IFS= read -r g_beat_at <"$g_dir/beat" && [ $((g_now - g_beat_at)) -gt "$g_patience" ]; do
      g_status_is idle
      sleep 1
      if [ -n "$g_stopped$g_over" ]; then return 1; fi
      # The clock may have been set back since it was looked at.
      g_boot=
      g_clock
    done 2>/dev/null
    g_status_is busy
  fi
  g_critical=1
  if [ -n "$g_stopped$g_over" ]; then
    g_critical=
    return 1
  fi
}

# ID WHAT NAME LIMIT OUT ERR SHELL...: runs the text on file descriptor 3 in SHELL. WHAT: `script`, which is for `sh`,
# `command`, or `line`, a command that is a plain line of text. NAME: that of its records, or `-`. LIMIT: how many seconds
# after the batch began it has to be over, 0 is never; with a + in front the time counts from here, for those behind it as
# well. OUT and ERR: how many bytes of its outputs are known to the controller.
g_step() {
  g_id=$1 g_what=$2 g_name=$3 g_limit=$4 g_out=$5 g_err=$6
  shift 6
  case $g_limit in +*) g_limit=${g_limit#+} g_batch_began=$g_now ;; esac
  case $g_what in
    line) g_loader=$g_text_of_line ;;
    command) g_loader=$g_text ;;
    script) g_loader= ;;
  esac
  if [ "$g_name" = - ] || [ -z "$g_op" ]; then
    g_may_begin || return 1
    # Two commands: dash would take the redirections of a group for those of a subshell that is all of it.
    {
      (g_become '' "$@") </dev/null 4<&- 5>&- 6>&1 2>&9 9>&-
      g_status=$?
    } 9>&2 2>/dev/null
    g_first='' g_critical=''
    g_ended_on_both "$g_status"
    return
  fi
  g_base=$g_op/$g_name
  if [ -s "$g_base.pid" ]; then
    g_follow
    return
  fi
  g_may_begin || return 1
  # The former session may have begun it meanwhile.
  if [ -s "$g_base.pid" ]; then
    g_critical=
    g_follow
    return
  fi
  # Where nothing can be written down, it runs all the same: a full disk must not keep people from going back.
  if ! { echo >"$g_base.out" && true >"$g_base.out" && true >"$g_base.err"; } 2>/dev/null || ! g_collect; then
    g_step "$g_id" "$g_what" - "$g_limit" "$g_out" "$g_err" "$@"
    return
  fi
  g_first=
  g_began=$g_now
  command exec 7<"$g_base.out" 8<"$g_base.err"
  if [ -n "$g_looks" ]; then
    (exec 4<&- 5>&- && g_relay) &
  else
    (exec 4<&- 5>&- && g_relay_often) &
  fi
  g_relay=$!
  g_timer=
  if [ "$g_limit" -gt 0 ]; then
    g_left=$((g_limit - (g_now - g_batch_began)))
    [ "$g_left" -gt 0 ] || g_left=1
    (exec >/dev/null 2>&1 4<&- 5>&- 7<&- 8<&- && g_time_out "$g_left" "$g_base") &
    g_timer=$!
  fi
  {
    (g_become "$g_base" "$@") </dev/null 4<&- 5>&- 7<&- 8<&- 6>&1 >>"$g_to_out" 2>>"$g_to_err"
    g_status=$?
  } 2>/dev/null
  g_timed=
  [ -z "$g_timer" ] || g_untime
  [ -z "$g_ending$g_timed" ] || g_until_gone
  g_clock
  g_collected
  # What has not begun has no end either: it may be run again.
  if [ -s "$g_base.pid" ]; then
    # A fifo there would be waited for.
    [ ! -e "$g_base.status" ] || rm -rf "$g_base.status"
    { echo "$g_status $g_began $g_now$g_timed" >"$g_base.status"; } 2>/dev/null
  fi
  g_critical=
  if [ -n "$g_looks" ]; then echo "end $g_id" >&6; else kill "$g_relay" 2>/dev/null; fi
  g_wait "$g_relay"
  g_copy
  command exec 7<&- 8<&-
  g_ended "$g_status" "$g_timed"
}

# PID: until it is gone. A signal that is trapped ends a `wait`.
g_wait() {
  while kill -0 "$1" 2>/dev/null; do wait "$1"; done 2>/dev/null
}

# Nothing more begins here: whoever wants the lock may have it from now on, so it is not touched any more.
g_leave() {
  [ -z "$g_pipes" ] || g_drop_pipes
  if [ -z "$g_held" ]; then return; fi
  g_status_is idle
  g_held=
  command exec 5>&-
  if [ -e "$g_dir/lock.d" ]; then
    trap - EXIT
    rm -rf "$g_dir/lock.d"
  fi
}

# What is to end is over when its whole group is: something that runs on would get in the way of whoever comes next.
g_until_gone() {
  g_group=
  { IFS= read -r g_group <"$g_base.pid"; } 2>/dev/null || return
  g_tries=60
  while [ "$g_tries" -gt 0 ] && kill -0 "-$g_group" 2>/dev/null; do
    sleep 0.2 2>/dev/null || sleep 1
    g_tries=$((g_tries - 1))
  done
}

# SECONDS BASE: ends the step whose process group BASE.pid names, all of it.
g_time_out() {
  trap 'kill "$g_sleep" 2>/dev/null; exit' TERM
  sleep "$1" &
  g_sleep=$!
  wait "$g_sleep"
  trap '' TERM
  echo >"$2.timeout"
  IFS= read -r g_group <"$2.pid" || return
  g_signal TERM "$g_group" &
}

# The step is over, and so is its timer. One that was under way is waited for: its word counts.
g_untime() {
  kill "$g_timer" 2>/dev/null
  g_wait "$g_timer"
  if [ -e "$g_base.timeout" ]; then g_timed=' timeout'; fi
}

# ID: whether the text behind it, which this shell runs itself, may begin. What that opens on file descriptor 5 (the lock)
# stays open for as long as this shell lives, and no other process gets it. g_ended_on_both comes behind it.
g_here() {
  g_id=$1
  [ -z "$g_stopped$g_over" ] || return 1
  g_say begin "$g_id"
  g_say begin "$g_id" >&2
}

# STATUS TIMEOUT: how a recorded step ended, all of whose output came on stdout.
g_ended() {
  g_say ended "$g_id" "$1$2"
  [ "$1$2" = 0 ]
}

# STATUS: how a step ended that prints where it likes.
g_ended_on_both() {
  g_say end "$g_id" "$1"
  g_say end "$g_id" "$1" >&2
  [ "$1" = 0 ]
}

g_watch() {
  while IFS= read -r g_line; do
    case $g_line in
      end) exit 0 ;;
      stop) kill -USR1 "$$" ;;
      beat) g_beat ;;
      look) g_pass_on look ;;
      'term '*)
        kill -USR1 "$$"
        kill -ALRM "$$"
        g_signal TERM "${g_line#* }" &
        ;;
      'kill '*)
        kill -USR1 "$$"
        kill -ALRM "$$"
        g_send KILL "${g_line#* }"
        ;;
    esac
  done
  kill -USR1 "$$"
  g_pass_on gone
}

# A word for whoever relays.
g_pass_on() {
  if [ -n "$g_looks" ]; then echo "$1" >&6; fi
}

# What the watcher and whoever relays talk by: a pipe that this shell holds at both ends, so that nobody waits for the
# other to open it. A here-document is one, with an empty line in it, wherever a shell has no file for it.
g_open_looks() {
  g_looks=1
  if command exec 6<<EOF && [ -p /dev/fd/6 ] && command exec 6<>/dev/fd/6; then return; fi 2>/dev/null

EOF
  if ! mkfifo -m 600 "$g_dir/looks.$$" 2>/dev/null || ! command exec 6<>"$g_dir/looks.$$"; then g_looks=; fi
  rm -f "$g_dir/looks.$$" 2>/dev/null
}

# The controller is there. lock.sh gives a lock to others whose holder has not been heard of for long.
g_beat() {
  if [ -z "$g_held" ]; then return; fi
  # A clock that was set since the session began has its say here.
  g_boot=
  g_clock
  echo "$g_now" 2>/dev/null >"$g_dir/beat"
}

# No `--` before the group: dash would take it for a number. Where there is no setsid there is no group either, and the
# process alone must do.
g_send() {
  # What was written down may have been overwritten, and 1 would be everybody.
  case $2 in '' | 0 | 1 | *[!0-9]*) return 1 ;; esac
  kill -"$1" "-$2" 2>/dev/null || kill -"$1" "$2" 2>/dev/null
}

# All of the group has to go, also what outlives its leader: within ten seconds, or so.
g_signal() {
  g_send "$@" || return 0
  g_tries=50
  while [ "$g_tries" -gt 0 ] && { kill -0 "-$2" || kill -0 "$2"; } 2>/dev/null; do
    sleep 0.2 2>/dev/null || sleep 1
    g_tries=$((g_tries - 1))
  done
  g_send KILL "$2"
}

g_open() {
  g_stopped='' g_ending='' g_first=1
  g_clock
  g_opened=$g_now g_batch_began=$g_now
  g_status_is busy
  if [ -n "$g_held" ]; then echo "$g_now" >"$g_dir/beat"; fi 2>/dev/null
  if [ -n "$g_dir" ] && [ -z "$g_looks" ]; then g_open_looks; fi
  # `exec`, here and elsewhere: a redirection of a function would keep copies of the outputs, or the lock, open beside it.
  (exec <&4 4<&- 5>&- >/dev/null 2>&1 && g_watch) &
  g_watcher=$!
}

g_close() {
  # What is still to be said may be said to nobody, for long.
  g_status_is idle
  g_say 'done'
  g_wait "$g_watcher"
}

printf '%s hello\n' "$g_mark" >&2
printf '%s hello\n' "$g_mark"
