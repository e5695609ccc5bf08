#!/bin/sh
exec "$@" -C "linker=$DIVAN_PERF_LINK_IN_ORDERS"
