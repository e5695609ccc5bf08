#!/bin/sh
# Cargo passes a configured linker as `-C linker=`. The last one counts.
last=
for argument do
    case "$argument" in -Clinker=*) DIVAN_PERF_LINKER=${argument#-Clinker=} ;; esac
    case "$last $argument" in "-C linker="*) DIVAN_PERF_LINKER=${argument#linker=} ;; esac
    last=$argument
done
export DIVAN_PERF_LINKER
exec "$@" -C "linker=$DIVAN_PERF_LINK_IN_ORDERS"
