#!/bin/bash
# measure via=: another machine that is this one, reached by env, by a connection that breaks, by ssh over the loopback
# address, with a full disk there; and the program for 64-bit Arm under qemu. What is not installed is skipped loudly.
# Ends with "check_elsewhere: N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.." || exit 1
latlab=$PWD/latlab
arm=$PWD/latlab-measure-aarch64
work=$(mktemp -d) || exit 1
daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work/cache
mkdir -p "$work/latlab"
hosts=$work/latlab/hosts
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; [ -z "${2:-}" ] || sed 's/^/  /' "$2"; }
skip() { skipped=$((skipped + 1)); echo "SKIP $1"; }
holds() { if grep -q -- "$2" "$1"; then ok; else bad "$3: no '$2'" "$1"; fi; }
measure() { # measure VIA DEVICE: six cells into a dataset of their own
    "$latlab" --json -c "measure dataset=$2 n=6 device=$2 via=$1 engine=blas repeats=2" >"$work/out" 2>&1
}

# --- a machine that is there ---
echo "here = env LANG=C" >"$hosts"
measure here one && ok || bad "via=here" "$work/out"
holds "$work/out" '"architectures":6' "all six are measured"
holds "$work/out" '"engine":"OpenBLAS' "its engine is named"
ls "$work"/cache/latlab/latlab-measure-* >"$work/sent" 2>&1
[ "$(wc -l <"$work/sent")" = 1 ] && ok || bad "one program is sent, once" "$work/sent"
touch -d '2020-01-01' "$work"/cache/latlab/latlab-measure-*
measure here two && ok || bad "a second time" "$work/out"
[ -z "$(find "$work/cache/latlab" -name 'latlab-measure-*' -newermt 2021-01-01)" ] && ok || bad "what is there is not sent again"
"$latlab" -c 'load one' -c 'measure device=fresh via=here engine=onednn' >"$work/out" 2>&1 && bad "an engine that does not travel"
holds "$work/out" 'engine=onednn: what is sent elsewhere has engine=blas or engine=reference' "which engines there are"

"$latlab" --json -c 'measure list via=here' >"$work/out" 2>&1 && ok || bad "measure list via=" "$work/out"
holds "$work/out" '"engine":"blas","version":"OpenBLAS' "the engines there"
holds "$work/out" '"engine":"reference"' "all engines there"
grep -q '"engine":"onednn"' "$work/out" && bad "an engine that is not there" "$work/out" || ok

# --- layers at the speed of another sweep: what the control network took in both says by how much ---
layers() { # layers FILE OPTIONS...: of one and the same sweep
    "$latlab" -c 'load one' -c "measure layers via=here engine=blas repeats=2 out=$work/$1 ${*:2}" >"$work/out" 2>&1
}
layers plain.csv && layers like.csv like=one && ok || bad "measure layers like=" "$work/out"
sed -n 's/.*takes \([0-9.e-]*\) ms here and \([0-9.e-]*\) ms beside one.*/\1 \2/p' "$work/like.csv" >"$work/level"
sum='NR > 1 { for (i = 1; i <= NF; i++) if ($i == "ms") at = i; sum += at && $1 != "kind" ? $at : 0 } END { print sum }'
awk -F, "$sum" "$work/plain.csv" >>"$work/level" && awk -F, "$sum" "$work/like.csv" >>"$work/level"
awk '{ v[NR] = $1; w[NR] = $2 } END { r = v[1] > 0 && v[2] > 0 ? v[3] / v[2] / (w[1] / v[1]) : 0; exit !(r > .995 && r < 1.005) }' \
    "$work/level" && ok || bad "costs are multiplied by what the control networks say" "$work/level"
cp "$work/latlab/one/dataset.json" "$work/one.json"
sed -i 's/"hardware":.*/"hardware": "Another Processor",/' "$work/latlab/one/dataset.json"
layers other.csv like=one && bad "layers like a device of another processor"
holds "$work/out" 'like=one: it was measured on Another Processor, this is' "another processor is named"
cp "$work/one.json" "$work/latlab/one/dataset.json"

# --- nothing is connected to before everything else is right ---
echo "touched = sh -c 'touch $work/touched'" >>"$hosts"
for wrong in 'device=new repeats=0' 'device=a/b' 'device=new archs=99999999' 'device=one dtype=int8' 'what=layers' \
    'what=layers space=nosuch out=a.csv'; do
    "$latlab" -c 'load one' -c "measure via=touched $wrong" >"$work/out" 2>&1 && bad "measure $wrong"
    [ ! -e "$work/touched" ] && ok || bad "measure $wrong connects" "$work/out"
    rm -f "$work/touched"
done
"$latlab" -c 'load one' -c 'measure device=new via=touched' >"$work/out" 2>&1 && bad "touch measures nothing"
[ -e "$work/touched" ] && ok || bad "with all options right it connects" "$work/out"

# --- another processor behind the same name ---
cat >"$work/other" <<'END'
#!/bin/bash
"$@" | sed -u 's/^fact cpu .*/fact cpu Another Processor/'
END
chmod +x "$work/other"
echo "other = $work/other" >>"$hosts"
"$latlab" -c 'load one' -c 'measure device=one via=other engine=blas' >"$work/out" 2>&1 && bad "another processor"
holds "$work/out" 'device one was measured on .*, this is Another Processor: choose another name' "another processor is refused"

# --- a connection that breaks: what came is kept, the same command goes on ---
cat >"$work/short" <<'END'
#!/bin/bash
# hangs up behind its third time
n=0
"$@" | while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in visited*) n=$((n + 1)) ;; esac
    [ $n -lt 3 ] || exit
done
END
chmod +x "$work/short"
echo "short = $work/short" >>"$hosts"
measure short broken && bad "a broken connection is no success" "$work/out"
holds "$work/out" 'via=short: the connection ended' "a broken connection is named"
[ "$(grep -c / "$work"/state/latlab/measure/*-broken.runs)" -ge 3 ] && ok || bad "what came is kept"
before=$(grep -c / "$work"/state/latlab/measure/*-broken.runs)
measure here broken && ok || bad "the same command goes on" "$work/out"
[ "$(grep -c / "$work"/state/latlab/measure/*-broken.runs)" = 6 ] && [ "$before" -lt 6 ] && ok || bad "only what is missing is measured"

# --- no room there ---
printf 'full = env XDG_CACHE_HOME=%s/small prlimit --fsize=1000000\n' "$work" >>"$hosts"
measure full full && bad "no room there" "$work/out"
holds "$work/out" 'did not arrive whole: is its disk full?' "no room there is said"
[ -z "$(find "$work/small" -name 'latlab-measure-*' ! -name '*.new')" ] && ok || bad "half a program is no program"

# --- ssh ---
if [ -x /usr/sbin/sshd ] && command -v ssh-keygen >/dev/null; then
    port=$((20000 + $$ % 20000))
    ssh-keygen -q -t ed25519 -N '' -f "$work/host" && ssh-keygen -q -t ed25519 -N '' -f "$work/key"
    cp "$work/key.pub" "$work/authorized"
    printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $work/host" "AuthorizedKeysFile $work/authorized" \
        'StrictModes no' 'PasswordAuthentication no' 'UsePAM no' "PidFile $work/pid" >"$work/sshd"
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    /usr/sbin/sshd -D -e -f "$work/sshd" 2>"$work/sshd.log" &
    daemon=$!
    for _ in $(seq 50); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep .1; done
    printf '%s\n' 'Host board' 'HostName 127.0.0.1' "Port $port" "IdentityFile $work/key" 'IdentitiesOnly yes' \
        "UserKnownHostsFile $work/known" 'GlobalKnownHostsFile /dev/null' >"$work/ssh"
    echo "board = ssh -F $work/ssh board" >>"$hosts"
    measure board stranger && bad "a host key that nobody knows is not taken" "$work/out"
    holds "$work/out" 'Host key verification failed' "an unknown host key is refused"
    echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 <"$work/host.pub")" >"$work/known"
    if measure board board; then ok; else bad "via=board" "$work/out"; sed 's/^/  /' "$work/sshd.log"; fi
    holds "$work/out" '"architectures":6' "all six are measured over ssh"
    printf '%s\n' 'Host nobody' 'HostName 127.0.0.1' "Port 1" 'BatchMode yes' >>"$work/ssh"
    echo "nobody = ssh -F $work/ssh nobody" >>"$hosts"
    measure nobody absent && bad "a host that is not there" "$work/out"
    holds "$work/out" 'via=nobody: the connection ended: .*Connection refused' "a host that is not there is said"
    : >"$work/authorized"
    measure board shut && bad "a key that is not authorized" "$work/out"
    holds "$work/out" 'Permission denied' "what ssh complains of is said"
else
    skip "ssh: no sshd here (openssh-server)"
fi

# --- 64-bit Arm ---
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64)
if [ -x "$arm" ] && [ -n "$qemu" ]; then
    layers='2/0 0,3,8,32,32,3,1,1,-1,0,0,0,0,1,1;4,8,8,32,1,1,1,1,-1,1,0,1,0,0,0'
    printf 'open blas f32 native 1 1 1 -1 1 %s\nvisit 3 2 %s\n' "$layers" "$layers" | "$qemu" "$arm" >"$work/out" 2>&1
    holds "$work/out" '^engine blas OpenBLAS' "Arm: it has OpenBLAS"
    holds "$work/out" '^opened ' "Arm: its numbers are those of plain C"
    holds "$work/out" '^visited 3 ' "Arm: it measures"
else
    skip "64-bit Arm: \`make latlab-measure-aarch64\` and qemu-user are needed"
fi

echo "check_elsewhere: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
