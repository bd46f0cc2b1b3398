# shellcheck shell=sh disable=SC2034,SC2154
# What is sent to a host beside text: parcels, in batches of their own. A part of the session (session.sh), which is sent in front of it.

g_open_receiving() {
  g_stopped='' g_ending='' g_first=1 g_watcher=$$
  g_clock
  g_batch_began=$g_now
  g_beat
  g_has_head=
  [ "$(printf ab | head -c 1 2>/dev/null)" != a ] || g_has_head=1
}

# ID SIZE NAME: a parcel, from where it was when a connection was lost. The name is that of a file in `.garment/delivery`.
# While it arrives this shell may be killed by whoever takes over: a part of a parcel is no loss.
g_receive() {
  g_id=$1 g_size=$2 g_file=$g_dir/delivery/$3 g_why='' g_status=0 g_line='' g_last=-1
  g_may_begin || return 1
  g_critical=
  g_status_is idle
  g_say begin "$g_id" - recorded
  # In subshells: a redirection of a built-in that fails would end this one.
  g_why=$( (mkdir -p "$g_dir/delivery" && : >>"$g_file") 2>&1) || g_status=1
  while [ "$g_status" = 0 ]; do
    # What another session's shell may still write here are the same bytes in the same place. Places are whole blocks.
    g_have=$(($(wc -c <"$g_file")))
    [ "$g_have" -lt "$g_size" ] || break
    g_have=$((g_have / 65536 * 65536))
    if [ "$g_have" -le "$g_last" ]; then
      g_status=1 g_why='what arrived is not there'
      break
    fi
    g_last=$g_have
    g_beat
    g_say want "$g_id" "$g_have"
    # Nobody is there any more: nobody hears of it either.
    IFS= read -r g_line || return 1
    case $g_line in
      'take '*) g_take "${g_line#* }" || g_status=1 ;;
      term) g_status=143 ;;
      *)
        rm -f "$g_file"
        return 1
        ;;
    esac
    if [ -n "$g_stopped$g_over" ]; then return 1; fi
  done
  if [ "$g_status" != 0 ]; then rm -f "$g_file"; fi
  if [ "$g_status" = 1 ]; then
    printf 'problem\0%s\0remedy\0%s\0' "can not write \`$g_file\`: ${g_why##*: }" \
      "see whether the disk is full (df -h, df -i), make room, and deploy again"
  fi
  g_clock
  g_ended "$g_status" ''
}

# N: takes so many bytes from stdin. All of them, also where the disk takes no more: what was left would be read as
# commands. If it can't be known whether all were, this shell must not read on. Status 1 with $g_why.
g_take() {
  case $1 in '' | *[!0-9]*) kill -9 "$$" ;; esac
  if [ -n "$g_has_head" ]; then set -- head -c "$1"; else set -- dd bs=1 "count=$1"; fi
  g_why=$(
    # What outlives this shell must not keep the lock.
    exec 4<&- 5>&- 6>&-
    { "$@" 2>/dev/null || kill -9 "$$"; } | {
      g_said=$(LC_ALL=C dd "of=$g_file" bs=65536 "seek=$((g_have / 65536))" conv=notrunc 2>&1 >/dev/null) || {
        printf '%s\n' "$g_said" | sed -n 1p
        cat >/dev/null
      }
    }
  )
  [ -z "$g_why" ]
}

g_received() {
  g_status_is idle
  g_say 'done'
  while IFS= read -r g_line && [ "$g_line" != end ]; do :; done
}
