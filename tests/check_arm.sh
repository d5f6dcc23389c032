#!/bin/bash
# 64-bit Arm under qemu: small products as the compiler makes them for NEON against sums in double and against OpenBLAS, engine
# blas against plain C on whole networks, networks and statistics. `make arm-tests` builds what is run; without it all is skipped
# loudly. What takes qemu longer than half a minute is left to `make test-aarch64`.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
passed=0 failed=0
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64)
if [ -z "$qemu" ] || [ ! -x build/arm/test_host ]; then
    echo "SKIP 64-bit Arm: qemu-user and \`make arm-tests\` are needed"
    echo "check_arm: 0 passed, 0 failed, 1 skipped"
    exit 0
fi
arm() { # arm PROGRAM [CASES]
    timeout 240 "$qemu" -cpu max -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$PWD/build/arm/root/usr/lib/aarch64-linux-gnu" \
        "build/arm/test_$1" ${2:+"$2"} >"$log" 2>&1
    local status=$?
    read -r p f < <(sed -n 's/^[a-z_]*: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log")
    if [ $status = 0 ] && [ "${p:-0}" -gt 0 ] && [ "${f:-1}" = 0 ]; then
        passed=$((passed + p))
    else
        failed=$((failed + 1))
        echo "FAIL $1 ${2:-} (exit status $status)"
        tail -n 12 "$log" | sed 's/^/  /'
    fi
}
arm small_gemm "every size"
arm small_gemm "the same as the library"
arm stats
arm network
arm host "batches agree"
arm host "know their input"
arm host "as defined"
echo "check_arm: $passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
