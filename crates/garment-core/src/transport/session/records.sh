# shellcheck shell=sh disable=SC2034,SC2154
# What recorded steps print and how they end: on its way to files, from there to the controller, and in a session that
# takes over. A part of the session (session.sh), which is sent in front of it.

# A command's outputs are pipes: it may open /dev/stderr anew, which would empty a file. Who reads them writes down what
# comes, or, where the disk takes no more, goes on reading, as `tee` does. It opens the pipe before anything else: a command
# whose pipe nobody reads would wait without end. One step after the other uses them. As long as nobody has opened the other
# end, who reads must hold nothing else, least of all the lock: a shell keeps what it closes until the whole list of an
# `exec` is done. Sets $g_to_out and $g_to_err.
g_collect() {
  g_to_out=$g_base.out g_to_err=$g_base.err g_collectors=
  if [ "$g_what" = script ]; then return 0; fi
  if [ -z "$g_pipes" ] || [ ! -p "$g_pipes.1" ] || [ ! -p "$g_pipes.2" ]; then
    g_pipes=$g_dir/pipe.$$
    if ! mkfifo -m 600 "$g_pipes.1" "$g_pipes.2" 2>/dev/null; then
      g_drop_pipes
      # The disk may have become read-only just now.
      { true >>"$g_to_out" && true >>"$g_to_err"; } 2>/dev/null
      return
    fi
  fi
  (exec >/dev/null 2>&1 4<&- 5>&- 6>&- 7<&- 8<&- && exec tee -a "$g_base.out" <"$g_pipes.1") &
  g_collectors=$!
  (exec >/dev/null 2>&1 4<&- 5>&- 6>&- 7<&- 8<&- && exec tee -a "$g_base.err" <"$g_pipes.2") &
  g_collectors="$g_collectors $!"
  g_to_out=$g_pipes.1 g_to_err=$g_pipes.2
}

# Whoever still waits for the other end of one finds that it is closed.
g_drop_pipes() {
  for g_pipe in "$g_pipes.1" "$g_pipes.2"; do
    if [ -p "$g_pipe" ]; then { true <>"$g_pipe"; } 2>/dev/null; fi
  done
  rm -f "$g_pipes.1" "$g_pipes.2" 2>/dev/null
  g_pipes=
}

# Until what the command printed is written down. What it left running may hold the pipes for long: that long nobody
# waits, and the next step gets others. Mostly a moment is enough. `jobs` takes notice of who is dead.
g_collected() {
  g_tries=300
  for g_pid in $g_collectors; do
    while [ "$g_tries" -gt 0 ] && kill -0 "$g_pid" 2>/dev/null; do
      if [ "$g_tries" -gt 20 ]; then
        jobs
      else
        sleep 0.03 || { sleep 1 && g_tries=$((g_tries - 19)); }
      fi >/dev/null 2>&1
      g_tries=$((g_tries - 1))
    done
    if [ "$g_tries" -le 0 ]; then
      if [ -n "$g_pipes" ]; then g_drop_pipes; fi
      continue
    fi
    wait "$g_pid" 2>/dev/null
  done
}

# What is new in the records of a step. What reads here shares its place with whoever reads next.
g_copy() {
  if [ -s "$g_base.out" ]; then cat <&7; fi
  if [ -s "$g_base.err" ]; then
    g_say err
    cat <&8
    g_say out
  fi
}

# Copies when the watcher says that the controller wants to look, until this shell says that the step is over. Without a
# controller there is nobody to copy for.
g_relay() {
  while IFS= read -r g_line <&6; do
    case $g_line in
      "end $g_id" | gone) break ;;
      look)
        kill -0 "$$" 2>/dev/null || break
        g_copy
        g_say looked
        ;;
    esac
  done
}

# The same where there is nothing that it could be told by.
g_relay_often() {
  # In this order: the signal may come at once.
  g_end=
  trap 'g_end=1' TERM
  while [ -z "$g_end" ]; do
    { sleep 0.2 || sleep 1; } >/dev/null 2>&1 7<&- 8<&- &
    wait "$!"
    g_copy
    kill -0 "$$" 2>/dev/null || break
  done
}

# The step with the records $g_base was begun by a session before this one.
g_follow() {
  IFS= read -r g_group <"$g_base.pid"
  g_say begin "$g_id" "$g_group" recorded
  command exec 7<"$g_base.out" 8<"$g_base.err"
  # It leaves the place behind what it printed.
  tail -c "+$((g_out + 1))" <&7
  g_say err
  tail -c "+$((g_err + 1))" <&8
  g_say out
  until g_is_recorded; do
    if ! g_former_lives; then
      # It may have written that down before it died.
      g_is_recorded || g_status='unknown'
      break
    fi
    sleep 0.2 2>/dev/null || sleep 1
    g_copy
  done
  g_copy
  command exec 7<&- 8<&-
  g_clock
  g_ended "$g_status" "$g_timed"
}

# Whether the end of the step is written down, in full. Sets $g_status and $g_timed.
g_is_recorded() {
  g_line='' g_timed=''
  { IFS= read -r g_line <"$g_base.status"; } 2>/dev/null || return 1
  g_status=${g_line%% *}
  case $g_status in '' | *[!0-9]*) return 1 ;; esac
  case $g_line in *' timeout') g_timed=' timeout' ;; esac
}

# Nobody but the former session's shell has the lock. Where nobody reaps the dead, `kill -0` is no proof.
g_former_lives() {
  [ -n "$g_former" ] && kill -0 "$g_former" 2>/dev/null || return 1
  if command -v flock >/dev/null 2>&1; then ! (flock -s -n 6) 6<"$g_dir"; fi
}

# The former session's shell has been told (SIGUSR2) that it is over. Once it begins nothing any more it has to go, since
# it holds the lock. $g_take_lock is lock.sh.
g_settle() {
  while g_former_lives; do
    g_theirs=
    { IFS= read -r g_theirs <"$g_dir/session"; } 2>/dev/null
    if [ "$g_theirs" != busy ]; then
      kill -9 "$g_former" 2>/dev/null
      sleep 0.1 2>/dev/null || sleep 1
    else
      sleep 0.2 2>/dev/null || sleep 1
    fi
    if [ -n "$g_stopped" ]; then return 1; fi
  done
  g_former=
  rm -rf "$g_dir/lock.d"
  g_again=1
  if ! eval "$g_take_lock" >/dev/null; then
    g_over=1
    g_say taken
    return 1
  fi
}
