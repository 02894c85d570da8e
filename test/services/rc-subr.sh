# Stand-in for /etc/rc.subr, as far as rc.d/ uses it: rc.subr(8), run_rc_command.
load_rc_config() { :; }
warn() { echo "WARNING: $*" >&2; }
run_rc_command() {
  case " start stop status $extra_commands " in *" $1 "*) ;; *) echo "usage" >&2; exit 1 ;; esac
  eval "enabled=\${$rcvar}"
  case $enabled in [Yy][Ee][Ss]) ;; *) echo "not enabled" >&2; exit 1 ;; esac
  eval "cmd=\$${1}_cmd precmd=\$${1}_precmd"
  if [ -n "$precmd" ]; then $precmd || exit; fi
  if [ -n "$cmd" ]; then $cmd; else $command $command_args; fi || return
  eval "post=\$${1}_postcmd"
  if [ -n "$post" ]; then $post; fi
}
