#!/usr/bin/env bash
# A site of machines inside this one: `site.sh DIRECTORY CHECKOUT HOST...`, run as the first process
# of network, mount and PID namespaces of its own. When it is killed, all is gone: the machines, what
# runs on them, their network. DIRECTORY/ready says that they are up.
set -euo pipefail
directory=$1 checkout=$2
shift 2

# A /tmp of its own, in which what is needed of the real one stays visible.
own_tmp() {
    local own=$1 kept
    for kept in "$checkout" "$directory"; do
        if [[ $kept == /tmp/* ]]; then
            mkdir -p "$own/${kept#/tmp/}"
            mount --rbind "$kept" "$own/${kept#/tmp/}"
        fi
    done
    mount --rbind "$own" /tmp
}

# The home of root, under the same path everywhere, but for each its own.
own_home() {
    mount --bind "$directory/passwd" /etc/passwd
    mount --bind "$1" "$directory/home"
}

# One machine: its home, its /tmp, its name, its PIDs, its sshd.
host() {
    local name=$1 own=$directory/$1
    mount --make-rprivate /
    mount -t proc proc /proc
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /dev/shm
    mkdir -p /run/sshd
    hostname "$name"
    own_home "$own/home"
    own_tmp "$own/tmp"
    exec /usr/sbin/sshd -D -e -f "$directory/sshd_config"
}

if [[ ${1:-} == --host ]]; then
    host "$2"
fi

mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
own_home "$directory/launcher/home"
own_tmp "$directory/launcher/tmp"
ip link set lo up
ip link add site type bridge
ip address add 10.77.0.1/24 dev site
ip link set site up
number=10
for name in "$@"; do
    number=$((number + 1))
    ip netns add "$name"
    ip link add "$name" type veth peer name eth0 netns "$name"
    ip link set "$name" master site up
    ip -n "$name" address add "10.77.0.$number/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" link set lo up
    # Without a default route Ray takes 127.0.0.1 for the machine's address.
    ip -n "$name" route add default via 10.77.0.1
    ip netns exec "$name" unshare --mount --uts --pid --fork --kill-child \
        bash "$0" "$directory" "$checkout" --host "$name" >"$directory/$name/log" 2>&1 &
    echo $! >"$directory/$name/pid"
done
touch "$directory/ready"
# The first process of a PID namespace has to collect the others' ends.
while true; do wait; sleep 1; done
