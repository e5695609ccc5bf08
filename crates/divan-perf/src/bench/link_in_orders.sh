#!/bin/sh
last=
output=
for argument do
    [ "$last" = -o ] && output=$argument
    last=$argument
done
order=1
while [ "$order" -le "$DIVAN_PERF_ORDERS" ]; do
    "$DIVAN_PERF_LINKER" "$@" "-Wl,--shuffle-sections=.text*=$order" -o "$output.order-$order" || exit
    order=$((order + 1))
done
exec "$DIVAN_PERF_LINKER" "$@"
