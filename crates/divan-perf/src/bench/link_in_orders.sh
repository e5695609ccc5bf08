#!/bin/sh
last=
output=
for argument do
    [ "$last" = -o ] && output=$argument
    last=$argument
done
if [ -z "$output" ]; then
    echo "the linker is not called with an output" >&2
    exit 1
fi
order=1
while [ "$order" -le "$DIVAN_PERF_ORDERS" ]; do
    "$DIVAN_PERF_LINKER" "$@" "-Wl,--shuffle-sections=.text*=$order" -o "$output.order-$order" || exit
    order=$((order + 1))
done
exec "$DIVAN_PERF_LINKER" "$@"
