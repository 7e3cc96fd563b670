#!/bin/bash
# The first and only program of the machine that a real peer runs on: user-mode Linux on the host's own files, read
# only, with kernel ESP. Commands come as files VS_DIR/N.cmd, one after the other; N.out has what they said and N.rc
# how they ended. VS_DIR, VS_ADDRESS (of vec0) and VS_INSIDE (the host behind the gateway) are given at boot.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run STRONGSWAN_CONF=/run/strongswan.conf
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t hostfs none /mnt -o "$VS_DIR"

# The modules are in no place that modprobe knows, for the kernel's own requests neither.
mkdir -p /run/modules/lib
ln -s /usr/lib/uml/modules /run/modules/lib/modules
printf '#!/bin/sh\nexec /usr/sbin/modprobe -d /run/modules "$@"\n' >/run/modprobe
chmod +x /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
for module in esp4 xfrm_user xfrm4_tunnel authenc echainiv hmac cbc des_generic af_packet; do
    /run/modprobe $module 2>/dev/null
done

echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null
ip link set lo up
ip addr add "$VS_INSIDE/32" dev lo
ip addr add "$VS_ADDRESS/24" dev vec0
ip link set vec0 up
# Nothing is learnt from the network. Only a tunnel leads to the other side (strongSwan puts its routes into table 220);
# without one, packets stay here.
echo 1 >/proc/sys/net/ipv4/ip_forward
for conf in all default vec0; do
    echo 0 >/proc/sys/net/ipv4/conf/$conf/rp_filter
    echo 0 >/proc/sys/net/ipv4/conf/$conf/send_redirects
    echo 0 >/proc/sys/net/ipv4/conf/$conf/accept_redirects
done
ip route add default via "$VS_GATEWAY"
ip route add unreachable 10.0.0.0/8

cat >/run/strongswan.template <<'CONF'
charon {
    load = random nonce openssl gcrypt aes sha1 sha2 md5 hmac gmp kdf kernel-netlink socket-default vici updown xauth-generic resolve unity
    plugins {
        vici { socket = unix:///run/charon.vici }
        kernel-netlink { xfrm_acq_expires = 5 }
        resolve { file = /run/resolv.conf }
    }
    i_dont_care_about_security_and_use_aggressive_mode_psk = yes
    cisco_unity = @UNITY@
    threads = 8
    retransmit_timeout = 1.5
    retransmit_tries = 2
    keep_alive = 2s
    filelog {
        log { path = /run/charon.log
            default = 1
            ike = 2
            cfg = 2
            chd = 2
            time_format = %H:%M:%S
            flush_line = yes }
    }
}
swanctl { load = random openssl
    socket = unix:///run/charon.vici }
CONF

# What commands of the cases may use.
unity=no
charon_start() {
    sed "s/@UNITY@/$unity/" /run/strongswan.template >/run/strongswan.conf
    rm -f /run/charon.log /run/charon.pid /run/charon.vici
    /usr/lib/ipsec/charon >/run/charon.out 2>&1 &
    local i
    for i in $(seq 200); do
        [ -S /run/charon.vici ] && swanctl --stats >/dev/null 2>&1 && return 0
        read -rt 0.05 <>/run/never
    done
    echo "charon does not start"
    tail -5 /run/charon.out /run/charon.log
    return 1
}
charon_stop() {
    local pid i
    pid=$(cat /run/charon.pid 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null
    for i in $(seq 60); do
        kill -0 "$pid" 2>/dev/null || break
        read -rt 0.05 <>/run/never
    done
    kill -9 "$pid" 2>/dev/null
    ip xfrm state flush
    ip xfrm policy flush
    return 0
}
# await SECONDS COMMAND...: until it succeeds. Every process that is begun costs this machine milliseconds.
await() {
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
        read -rt 0.1 <>/run/never
    done
    return 0
}
logged() { grep -Eq -- "$1" /run/charon.log; }
# times N REGEX: logged so often.
times() { [ "$(grep -Ec -- "$2" /run/charon.log)" -ge "$1" ]; }
# ICMP of the kernel by column: 10 echo requests, 5 unreachables that came.
icmp() { awk -v f="$1" '/^Icmp: [0-9]/ { print $f + 0 }' /proc/net/snmp; }
pinged() { [ $(($(icmp 10) - pings)) -ge "$1" ]; }
heard() { [ "$(stat -c %s /run/udp 2>/dev/null || echo 0)" -ge "$1" ]; }

# place ADDRESS GATEWAY: where the machine is on its wire. What it learnt of the path goes with the routes.
placed="$VS_ADDRESS $VS_GATEWAY"
place() {
    [ "$placed" = "$1 $2" ] && return
    placed="$1 $2"
    ip addr flush dev vec0
    ip addr add "$1/24" dev vec0
    ip route replace default via "$2"
}

# Who speaks here, and with whom behind the other gateway.
inside=$VS_INSIDE far=10.1.0.5

# A case: strongSwan anew, with the configuration that the host put there; a receiver of datagrams.
case_begin() {
    charon_start || return 1
    swanctl --load-all --noprompt --file /mnt/swanctl.conf >/run/load 2>&1 || { cat /run/load; return 1; }
    rm -f /run/udp
    socat -u UDP4-RECV:5002 OPEN:/run/udp,creat,append &
    receiver=$!
    pings=$(icmp 10) refused=$(icmp 5)
}
# Traffic both ways: pings of two sizes, datagrams to a closed port; at least five of each from the other side.
talk() {
    local i pinged=$(icmp 10) heard=$(stat -c %s /run/udp 2>/dev/null || echo 0)
    ping -q -c 5 -i 0.2 -W 2 -s "$talk_size" -I "$inside" "$far" | grep received
    ping -q -c 2 -i 0.2 -W 2 -s 1372 -I "$inside" "$far" | grep received
    for i in 1 2 3 4 5; do
        printf %01000d 0 | socat -u -b 2000 - "UDP4-SENDTO:$far:5001,bind=$inside"
        nap 0.05
    done
    await 8 pinged $((pinged - pings + 5)) || echo "no pings from the simulated host"
    await 8 heard $((heard + 5000)) || echo "no datagrams from the simulated host"
}
nap() { read -rt "$1" <>/run/never; }
# Pings ten times a second while something happens, until `stream_end`.
stream() {
    rm -f /run/stream.end
    while [ ! -e /run/stream.end ]; do
        ping -q -c 10 -i 0.1 -W 2 -I "$inside" "$far" | grep received
    done &
    stream=$!
}
stream_end() {
    : >/run/stream.end
    wait "$stream"
}
# How many pairs there were, and another one within so many seconds; the simulated host heard anew.
count_pairs() { pairs=$(grep -Ec 'CHILD_SA net.* established' /run/charon.log); }
once_more() { await "$1" times $((pairs + 1)) 'CHILD_SA net.* established' || echo "no further pair"; }
hears_again() {
    local now=$(icmp 10)
    nap 0.5
    [ "$(icmp 10)" -gt "$now" ]
}
# Two transfers over TCP: what comes, and what is fetched.
transfer_begin() {
    rm -f /mnt/got
    socat -u TCP4-LISTEN:5003,bind="$VS_INSIDE",reuseaddr OPEN:/run/got,creat,trunc &
    comes=$!
    socat -u OPEN:/mnt/give TCP4-LISTEN:5004,bind="$VS_INSIDE",reuseaddr &
    goes=$!
    await 9 listening
}
listening() { [ "$(grep -c ' 0A ' /proc/net/tcp)" -ge 2 ]; }
transferred() {
    ! kill -0 $comes 2>/dev/null && ! kill -0 $goes 2>/dev/null && cp /run/got /mnt/got
}
case_count() {
    echo "pings $(($(icmp 10) - pings)) refused $(($(icmp 5) - refused)) bytes $(stat -c %s /run/udp 2>/dev/null || echo 0)"
}
case_end() {
    kill "$receiver" $comes $goes 2>/dev/null
    comes= goes=
    charon_stop
}

# The kernel makes each pair of algorithms when it is first asked for, which takes it a second: now, not in a case.
for encr in des des3_ede aes cipher_null; do
    for auth in md5 sha1 sha256; do
        case $encr in des) bits=16 ;; des3_ede) bits=48 ;; aes) bits=32 ;; *) bits=0 ;; esac
        key=$(head -c 64 /dev/urandom | od -An -tx1 | tr -d " \n")
        mode="cbc($encr)"
        [ "$encr" = cipher_null ] && mode="ecb($encr)"
        ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 1 mode tunnel \
            auth "hmac($auth)" "0x${key:64:40}" enc "$mode" "${bits:+0x${key:0:$bits}}" 2>>/run/warm
        ip xfrm state flush
    done
done

mkfifo /run/never
echo ready >/mnt/ready
n=1
while :; do
    if [ -e "/mnt/$n.cmd" ]; then
        . "/mnt/$n.cmd" >"/mnt/$n.out" 2>&1 </dev/null
        echo $? >"/mnt/$n.rc.part"
        mv "/mnt/$n.rc.part" "/mnt/$n.rc"
        n=$((n + 1))
    elif [ -e /mnt/halt ]; then
        break
    else
        read -rt 0.05 <>/run/never
    fi
done
sync
echo o >/proc/sysrq-trigger
/usr/sbin/poweroff -f 2>/dev/null
