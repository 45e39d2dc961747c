#!/bin/sh
# keeper.sh SIGNAL [FOLDER]
#
# Outlives its starter by design: it reads orders from a pipe that only the starter holds, so the end of the
# file means that the starter is gone, however it went (kill -9 included). Then the watched process is ended,
# first by SIGNAL, after five seconds by KILL, and FOLDER is removed.
#
# Orders, one a line:  watch PID | forget | release
signal=$1
folder=$2
pid=
while read -r order value; do
  case $order in
    watch) pid=$value ;;
    forget) pid= ;;
    release) exit 0 ;;
  esac
done

if [ -n "$pid" ]; then
  kill -"$signal" "$pid" 2>/dev/null
  # A stopped process takes no signal but KILL until it is continued.
  kill -CONT "$pid" 2>/dev/null
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  kill -KILL "$pid" 2>/dev/null
fi
if [ -n "$folder" ]; then
  rm -rf -- "$folder"
fi
