#!/bin/bash
# Kernels that OpenBLAS would not choose for this processor are checked against plain C before they are used, once: right ones are
# used, wrong ones and those that die are not, and the answer is kept for this machine (core/num/blas_choice).
# The program is $LATLAB, the library's stand-in build/release/shim_blas.so (make builds it).
set -u
here=$(dirname "$(realpath "$0")")
latlab=$(realpath "${LATLAB:-./latlab}")
shim=$(realpath "${LATLAB_SHIMS:-$here/../build/release}/shim_blas.so")
[ -f "$shim" ] || { echo "no $shim: make build/release/shim_blas.so"; exit 1; }
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
finish() { echo "check_blas: $passed passed, $failed failed, $skipped skipped"; [ "$failed" -eq 0 ]; exit; }
if ! grep -qw avx2 /proc/cpuinfo || ! grep -qw fma /proc/cpuinfo; then
    echo "SKIP the processor has no kernels that could be forced"
    skipped=1
    finish
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset OPENBLAS_CORETYPE LATLAB_DATA
export XDG_CACHE_HOME=$work/cache LC_ALL=C.UTF-8 LATLAB_SHIM_COUNT=$work/asked

# doctor HOW: what it says with kernels of that kind
doctor() {
    LATLAB_SHIM_BLAS=$1 LD_PRELOAD=$shim timeout 60 "$latlab" --json -c doctor 2>&1 | grep -E 'kernels|error|warning'
}
asked() { [ -f "$work/asked" ] && wc -l <"$work/asked" || echo 0; }
anew() { rm -rf "$work/cache" "$work/asked"; }
kept() { grep -cs "^$1"$'\t' "$work/cache/latlab/blas_kernels"; }

said=$(doctor right)
grep -qE '"state":"(SkylakeX|Haswell)' <<<"$said" && ok || bad "right kernels are not used: $said"
[ "$(kept right)" = 1 ] && ok || bad "nothing was kept of right kernels"
[ "$(asked)" = 1 ] && ok || bad "asked $(asked) times instead of once"
doctor right >/dev/null
[ "$(asked)" = 1 ] && ok || bad "asked again although the answer was kept"

for how in wrong dies; do
    anew
    said=$(doctor $how)
    grep -q '"state":"Prescott"' <<<"$said" && grep -q 'compute wrongly on this processor' <<<"$said" && ok ||
        bad "$how kernels: $said"
    [ "$(kept wrong)" = 1 ] && ok || bad "nothing was kept of kernels that are $how"
    doctor $how >/dev/null
    [ "$(asked)" = 1 ] && ok || bad "$how kernels were asked again"
done

# what cannot be kept is asked each time; what was kept of another processor says nothing; garbage does no harm
anew
: >"$work/cache"
grep -qE '"state":"(SkylakeX|Haswell)' <<<"$(doctor right)" && ok || bad "without a cache folder"
anew
mkdir -p "$work/cache/latlab"
printf 'wrong\tSkylakeX by another library on processor 00000000\n\0\tgarbage without an end' >"$work/cache/latlab/blas_kernels"
grep -qE '"state":"(SkylakeX|Haswell)' <<<"$(doctor right)" && ok || bad "beside what was kept of another"
# what the user asks for is not checked
anew
said=$(OPENBLAS_CORETYPE=Haswell LATLAB_SHIM_BLAS=right LD_PRELOAD=$shim "$latlab" --json -c doctor 2>&1)
grep -q '"state":"Haswell"' <<<"$said" && [ ! -e "$work/cache" ] && ok || bad "the user's own choice was not kept to"
finish
