# latlab. `make demo` and `make check` are all a newcomer needs: they install what is missing, build and run.
# One makefile, no recursion: every variant (release, asan, tsan, fuzz) is the same rules over its own folder
# under build/.

CC ?= gcc
NM ?= nm
OBJCOPY ?= objcopy
MARCH ?= native
prefix ?= /usr/local
SHARED ?= ../shared
HERE := $(shell uname -m)

PACKAGES := gcc make libopenblas-dev liblapacke-dev libcjson-dev libncurses-dev libreadline-dev zlib1g-dev \
            libsqlite3-dev libxxhash-dev libyaml-dev gnuplot-nox libdnnl-dev
CHECK_PACKAGES := clang-format python3-onnx
FUZZ_PACKAGES := clang libclang-rt-dev

# A new folder is a new room: nothing to say here, but tests/layers.sh wants to know what it may include.
ROOMS := $(shell find core data plots sessions tui -type d)
SOURCES := $(filter-out tui/main.c data/machines/remote/main.c,$(wildcard $(addsuffix /*.c,$(ROOMS))))
# Tests in a folder a subject; no two have one name.
TEST_FILES := $(wildcard tests/test_*.c tests/*/test_*.c)
TESTS := $(notdir $(TEST_FILES:.c=))
BENCH := $(wildcard tests/bench/*.c)
FUZZ := $(filter-out tests/fuzz/libfuzzer.c,$(wildcard tests/fuzz/*.c))
SCRIPTS := $(wildcard tests/check_*.sh)
SHIMS := $(patsubst tests/%.c,build/release/%.so,$(wildcard tests/shim_*.c))

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
            -Wvla -Wno-unused-parameter
# (-std=c11 alone would keep a product and a sum from becoming one instruction)
CFLAGS_ALL := -std=c11 -D_GNU_SOURCE -I. $(WARNINGS) -g -pthread -fopenmp-simd -ffp-contract=fast -fno-math-errno -fno-trapping-math
# Engine onednn of `measure` is there when libdnnl-dev is (asked when linking: it may just have been installed).
DNNL = $(if $(shell echo '\#include <dnnl.h>' | $(CC) -E - 2>/dev/null),-ldnnl -lgomp)
LIBS = -llapacke -lopenblas -lcjson -lncursesw -ltinfo -lreadline -lz -lsqlite3 -lxxhash -lyaml -lm $(DNNL)

FLAGS_release := -O3 -march=$(MARCH)
# (instrumented code misleads gcc's range analysis and keeps clang from vectorising: their guesses are no errors there,
# and neither knows the other's)
GUESSES := -Wno-unknown-warning-option -Wno-pass-failed -Wno-format-truncation -Wno-maybe-uninitialized \
           -Wno-stringop-overflow
# Addresses, leaks and undefined behaviour together: one build and one run find what two did. (The runtimes are linked in
# because as shared libraries they do not agree on where to report: log_path of tests/run.)
FLAGS_asan := -O1 -g1 -march=$(MARCH) -fsanitize=address,undefined -fno-sanitize-recover=all -static-libasan -static-libubsan \
              -fno-omit-frame-pointer $(GUESSES)
FLAGS_tsan := -O1 -g1 -march=$(MARCH) -fsanitize=thread $(GUESSES)
# libFuzzer is clang's, whatever builds the rest (instrumented loops that do not vectorize are no errors, and NULL + 0
# is NULL, as C2y has it)
CLANG ?= clang
FLAGS_fuzz := -O1 -march=$(MARCH) -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize=pointer-overflow \
              -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-pass-failed
build/fuzz/%: override CC = $(CLANG)

# 64-bit Arm from elsewhere: Debian's cross compiler, and the packages of that architecture unpacked beside what is built.
CROSS := aarch64-linux-gnu-
CROSS_ROOT := build/aarch64/root
# (before merging /usr a package may have its library in either place)
CROSS_DIRS := $(addprefix $(CROSS_ROOT)/,usr/lib/aarch64-linux-gnu lib/aarch64-linux-gnu usr/lib/aarch64-linux-gnu/openblas-pthread)
CROSS_PACKAGES := libopenblas-pthread-dev libopenblas0-pthread liblapacke-dev liblapacke liblapack3 libtmglib3 libgfortran5 \
                  libcjson-dev libcjson1 libncurses-dev libncursesw6 libtinfo6 libreadline-dev libreadline8 zlib1g-dev zlib1g \
                  libsqlite3-dev libsqlite3-0 libxxhash-dev libxxhash0 libyaml-dev libyaml-0-2 libdnnl-dev libdnnl2 libgomp1
NEEDS_aarch64 := $(CROSS_ROOT)/ready
FLAGS_aarch64 := -O3 $(addprefix -isystem $(CROSS_ROOT)/usr/include,/ /aarch64-linux-gnu /aarch64-linux-gnu/openblas-pthread)
build/aarch64/%: override CC := $(findstring ccache,$(CC)) $(CROSS)gcc
build/aarch64/%: override NM := $(CROSS)nm
build/aarch64/%: override OBJCOPY := $(CROSS)objcopy
build/aarch64/%: override AR := $(CROSS)ar
build/aarch64/%: override DNNL = -ldnnl -lgomp
build/aarch64/%: override LDFLAGS += $(foreach d,$(CROSS_DIRS),-L$(d) -Wl,-rpath-link,$(d))

# What of it computes and needs no more than OpenBLAS and cJSON, for the tests that qemu runs in a minute.
SOURCES_arm := $(wildcard core/base/*.c core/base/*/*.c core/space/*.c core/space/*/*.c) $(addsuffix .c,$(addprefix core/num/,blas blas_check blas_choice pool \
               small_gemm sort stats stats_quantile ticks) \
               $(filter-out %/sweep %/worker %/stable,$(basename $(wildcard data/machines/host/*.c))))
NEEDS_arm := build/arm/root/ready
FLAGS_arm = $(FLAGS_measure) -Ibuild/measure-aarch64/usr/include/aarch64-linux-gnu/openblas-pthread
build/arm/%: override CC := $(findstring ccache,$(CC)) $(CROSS)gcc
build/arm/%: override AR := $(CROSS)ar
build/arm/%: override LIBS = $(ARM64) build/arm/root/usr/lib/aarch64-linux-gnu/libcjson.so.1 -lm

.PHONY: all packages demo check test test-aarch64 arm-tests crash asan tsan fuzz seeds layers format format-check bench install uninstall clean \
        verify-reference bundled bundled-proxies screens record
all: latlab latlab-measure-$(HERE)

# --- packages ---------------------------------------------------------------------------------------------------
# Says what is missing, then installs it as root or through sudo; without either it prints the line and stops.
WANTED := $(PACKAGES) $(if $(filter check,$(MAKECMDGOALS)),$(CHECK_PACKAGES)) \
          $(if $(filter fuzz,$(MAKECMDGOALS)),$(FUZZ_PACKAGES))
packages:
	@missing=; for p in $(WANTED); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || \
	  case $$p in gcc|make|clang|clang-format) command -v $$p >/dev/null;; \
	    libclang-rt-dev) echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	      $(CLANG) -fsanitize=fuzzer,address -x c - -o /dev/null 2>/dev/null;; \
	    gnuplot-nox) command -v gnuplot >/dev/null;; *) false;; esac || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	echo "missing packages:$$missing"; \
	if [ "$$(id -u)" = 0 ]; then as=; elif command -v sudo >/dev/null; then as=sudo; else \
	  echo "install them with:  apt-get install -y$$missing"; exit 2; fi; \
	echo "running: $$as apt-get install -y$$missing"; \
	$$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq$$missing >/dev/null || exit 2

# --- one variant: objects, library, program, tests ----------------------------------------------------------------
# Goals that set a machine up build only after the packages are there.
SETUP := $(if $(filter demo check fuzz,$(MAKECMDGOALS)),packages)

# one short line per file; `make V=1` shows the commands
Q := $(if $(V),,@)

# $(call compile,VARIANT,WHAT,FLAGS), and $(call link,VARIANT) of the objects given and the archives behind them
define compile
@mkdir -p $(@D)
$(if $(Q),@echo "  cc   $(1) $<$(2)")
$(Q)$(CC) $(CFLAGS_ALL) $(FLAGS_$(1)) $(CFLAGS) $(3) -DLL_DATA_DIR='"$(prefix)/share/latlab"' -MMD -MP -c $< -o $@
endef
define link
$(if $(Q),@echo "  link $@")
$(Q)$(CC) $(FLAGS_$(1)) -pthread $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS) $(LIBS) -o $@
endef

# What computes in `real` (core/nn/real.h). For tests the same source is compiled once more in double, NAME.f64.o, and
# there every name that one of these files defines gets the suffix _f64, where it is defined and where it is used: float
# and double fit into one program. Tests called *_grad are in double themselves.
TWINS := $(addprefix core/nn/,activation batch_norm dropout gcn graph_conv linear pair_hinge sums) \
         $(addprefix core/encode/cate/,attention drop net transformer) \
         $(addprefix core/proxies/,conv net ops precise) core/predict/gcn/multipredict_net core/predict/help/net \
          core/predict/mlp/net \
         core/encode/arch2vec/net \
         $(addprefix core/predict/nasflat/,backward flow forward idle work) tests/operators
GRADS := $(filter %_grad,$(TESTS))
BOTH := test_help test_nn
# What the program itself computes in double.
PRECISE := $(addprefix core/proxies/,conv net ops precise)

define variant
build/$(1)/%.o: %.c | $(SETUP) $(NEEDS_$(1))
	$$(call compile,$(1))
build/$(1)/%.f64.o: %.c build/$(1)/f64.names | $(SETUP) $(NEEDS_$(1))
	$$(call compile,$(1), in double,-DLL_DOUBLE)
	$$(Q)$$(OBJCOPY) --redefine-syms=build/$(1)/f64.names $$@
build/$(1)/f64.names: $$(TWINS:%=build/$(1)/%.o)
	$$(Q)names=$$$$($$(NM) -gP --defined-only $$^) && echo "$$$$names" | awk 'NF > 1 {print $$$$1, $$$$1 "_f64"}' >$$@
build/$(1)/liblatlab.a: $$(if $$(SOURCES_$(1)),$$(SOURCES_$(1):%.c=build/$(1)/%.o), \
                          $$(SOURCES:%.c=build/$(1)/%.o) $$(PRECISE:%=build/$(1)/%.f64.o))
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
build/$(1)/latlab: build/$(1)/tui/main.o build/$(1)/liblatlab.a
	$$(call link,$(1))
$(foreach t,$(TEST_FILES:.c=),$(eval build/$(1)/$(notdir $(t)): build/$(1)/$(t)$(if $(filter %_grad,$(t)),.f64).o))
build/$(1)/test_%: build/$(1)/tests/check.o build/$(1)/liblatlab.a
	$$(call link,$(1))
$(patsubst %,build/$(1)/%,$(GRADS)): build/$(1)/tests/gradcheck.o
build/$(1)/test_nn: build/$(1)/tests/operators.o
$(patsubst %,build/$(1)/%,$(GRADS) $(BOTH)): $$(TWINS:%=build/$(1)/%.f64.o)
$(patsubst %,build/$(1)/%,$(filter test_tui%,$(TESTS))): build/$(1)/tests/vt.o build/$(1)/tests/pty.o
build/$(1)/test_fuzz_corpus: $(FUZZ:%.c=build/$(1)/%.o)
-include $$(wildcard $$(patsubst %.c,build/$(1)/%.d,$$(SOURCES) tui/main.c $$(wildcard tests/*.c tests/*/*.c)) \
  $$(patsubst %,build/$(1)/%.f64.d,$$(TWINS) $$(filter %_grad,$$(TEST_FILES:.c=))))
endef
$(foreach v,release asan tsan fuzz $(if $(filter aarch64,$(HERE)),,aarch64 arm),$(eval $(call variant,$(v))))
# The one file whose loops the sanitizer runs would wait for: its sums need registers.
$(foreach v,asan tsan fuzz,$(eval build/$(v)/core/num/small_gemm.o: FLAGS_$(v) += -O3))
# gcc 12 for 64-bit Arm dies of a loop there (vect_transform_reduction, tree-vect-loop.cc).
build/aarch64/tests/base/test_small_gemm.o: FLAGS_aarch64 += -fno-tree-vectorize
build/arm/tests/base/test_small_gemm.o: FLAGS_arm += -fno-tree-vectorize
.SECONDARY:
.DELETE_ON_ERROR:

# --- latlab-measure: what `measure via=` sends to another machine ---------------------------------------------------
# One file that needs nothing but a kernel, for any processor of its kind: OpenBLAS chooses its own kernels when it starts.
MEASURE := $(addprefix core/base/,status mem rng str hash clock) $(addprefix core/num/,blas small_gemm sort stats stats_quantile) \
           $(addprefix core/space/,network simplify) \
           $(addprefix data/machines/host/,engine blas reference onednn plan cache exponent timing bench machine) \
           $(addprefix data/machines/remote/,wire serve main)
FLAGS_measure := -O3 -DLL_WITHOUT_ONEDNN -DXXH_INLINE_ALL -ffunction-sections -fdata-sections
# The archive of OpenBLAS for a kind of machine; Debian's own package of that kind is unpacked where it is not installed.
openblas = $(firstword $(wildcard $(addsuffix /libopenblas.a,/usr/lib/$(1)-linux-gnu/openblas-pthread /usr/lib/$(1)-linux-gnu)))
define measurer
build/measure-$(1)/%.o: %.c $(3) | $(SETUP)
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  cc   measure-$(1) $$<")
	$$(Q)$(2) $$(CFLAGS_ALL) $$(FLAGS_measure) $(4) $$(CFLAGS) -MMD -MP -c $$< -o $$@
latlab-measure-$(1): $$(MEASURE:%=build/measure-$(1)/%.o) $(3)
	$$(if $$(Q),@echo "  link $$@")
	$$(Q)$(2) -static -s -pthread -Wl,--gc-sections $$(MEASURE:%=build/measure-$(1)/%.o) \
	  $$(or $$(call openblas,$(1)),$(3)) -lm -o $$@
-include $$(patsubst %,build/measure-$(1)/%.d,$$(MEASURE))
endef
$(eval $(call measurer,$(HERE),$$(CC)))
ifneq ($(HERE),aarch64)
ARM64 := build/measure-aarch64/libopenblas.a
$(eval $(call measurer,aarch64,aarch64-linux-gnu-gcc,$(ARM64),\
  -Ibuild/measure-aarch64/usr/include/aarch64-linux-gnu/openblas-pthread))
$(ARM64):
	@command -v aarch64-linux-gnu-gcc >/dev/null || { echo "install gcc-aarch64-linux-gnu first"; exit 2; }
	@mkdir -p $(@D)
	@cd $(@D) && { apt-get download -qq libopenblas-pthread-dev:arm64 2>/dev/null || { \
	  echo "no package libopenblas-pthread-dev:arm64: dpkg --add-architecture arm64; apt-get update"; exit 2; }; } && \
	  dpkg -x libopenblas-pthread-dev_*_arm64.deb . && cp usr/lib/aarch64-linux-gnu/openblas-pthread/libopenblas.a .
endif

# Faults for the scripts to inject, by LD_PRELOAD into the program as it is.
build/release/shim_%.so: tests/shim_%.c | $(SETUP)
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 $(WARNINGS) -shared -fPIC $< -ldl -o $@

latlab: build/release/latlab
	@cp -f $< $@

# --- tests --------------------------------------------------------------------------------------------------------
# `make test T=base` runs one program. The sanitizer runs are the same programs, the event and screen scripts too.
T ?= *
pick = $(filter build/$(1)/test_$(subst *,%,$(T)),$(TESTS:%=build/$(1)/%))
test: latlab latlab-measure-$(HERE) $(call pick,release) $(SHIMS)
	@LATLAB=./latlab tests/run release $(call pick,release) $(if $(filter *,$(T)),$(SCRIPTS))
asan: build/asan/latlab $(call pick,asan)
	@LATLAB=build/asan/latlab LATLAB_SANITIZER=asan ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  tests/run asan $(call pick,asan)
# Where threads meet: the pool, the worker and its events, training, processes, the faces.
THREADED := base app transfer nasflat nasflat_live help cate gp cancel search sessions sessions_harm look diagnose gnuplot plot_command tui tui_prompt
tsan_tests := $(filter $(THREADED:%=build/tsan/test_%),$(call pick,tsan))
tsan: build/tsan/latlab $(tsan_tests)
	@LATLAB=build/tsan/latlab LATLAB_SANITIZER=tsan LATLAB_TEST_TIMEOUT=600 tests/run tsan $(tsan_tests)
# latlab itself for 64-bit Arm, and the tests of what computes there, run by qemu. No test that needs a terminal, gnuplot or a
# clock that can be trusted, and none that takes qemu longer than five minutes (gp, blend, mlp, predict, simplify).
ifneq ($(HERE),aarch64)
CROSS_TESTS := base costs device front gp_num gp_posterior listing network nn numbers pickle quote remote shared small_gemm space \
               space_moves space_ofa stats task text
$(NEEDS_aarch64):
	@command -v $(CROSS)gcc >/dev/null || { echo "install gcc-aarch64-linux-gnu first"; exit 2; }
	@mkdir -p $(@D)
	@cd $(@D)/.. && { apt-get download -qq $(CROSS_PACKAGES:%=%:arm64) 2>packages.log || { cat packages.log; \
	  echo "packages for arm64 cannot be had: dpkg --add-architecture arm64; apt-get update"; exit 2; }; } && \
	  for p in *_arm64.deb; do dpkg -x $$p root || exit 2; done && rm -f *_arm64.deb && \
	  find root -type l -lname '/*' | while read -r link; do ln -sfn "$$PWD/root$$(readlink "$$link")" "$$link"; done && \
	  touch root/ready
$(NEEDS_arm): | $(ARM64)
	@mkdir -p $(@D)
	@cd $(@D)/.. && { apt-get download -qq libcjson1:arm64 2>/dev/null || { \
	  echo "no package libcjson1:arm64: dpkg --add-architecture arm64; apt-get update"; exit 2; }; } && \
	  dpkg -x libcjson1_*_arm64.deb root && touch root/ready
# Run by tests/check_arm.sh, which skips loudly what is not built.
arm-tests: latlab-measure-aarch64 $(addprefix build/arm/test_,small_gemm stats network host)
latlab-aarch64: build/aarch64/latlab
	@cp -f $< $@
cross_tests := $(filter $(CROSS_TESTS:%=build/aarch64/test_%),$(call pick,aarch64))
# (libraries are looked for by the Arm program: the cross compiler's own, and those of the packages)
test-aarch64: latlab-aarch64 latlab-measure-aarch64 $(cross_tests)
	@LATLAB=./latlab-aarch64 LATLAB_TEST_UNDER="qemu-aarch64-static -cpu max -L /usr/aarch64-linux-gnu -E \
	  LD_LIBRARY_PATH=$(subst $(eval) ,:,$(addprefix $(CURDIR)/,$(CROSS_DIRS)))" tests/run aarch64 $(cross_tests)
endif

layers:
	@tests/layers.sh
format:
	clang-format -i $(wildcard $(addsuffix /*.[ch],$(ROOMS))) $(wildcard tests/*.[ch] tests/*/*.[ch])
format-check: | $(SETUP)
	@clang-format --dry-run -Werror $(wildcard $(addsuffix /*.[ch],$(ROOMS))) $(wildcard tests/*.[ch] tests/*/*.[ch]) && \
	echo "format: every file is as .clang-format says"

# `make fuzz T=pickle TIME=600`: libFuzzer on one target (else on all) for so many seconds each. What is stored of the
# inputs runs in `make check`, without clang (tests/data/test_fuzz_corpus.c).
TIME ?= 60
fuzz_targets = $(filter $(subst *,%,$(T)),$(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
build/fuzz/fuzz: $(patsubst %.c,build/fuzz/%.o,$(FUZZ) tests/fuzz/libfuzzer.c) build/fuzz/liblatlab.a
	$(if $(Q),@echo "  link $@")
	$(Q)$(CC) $(FLAGS_fuzz) -fsanitize=fuzzer -pthread $^ $(LDFLAGS) $(LIBS) -o $@
fuzz: packages build/fuzz/fuzz
	@tests/fuzz/run build/fuzz/fuzz $(TIME) $(fuzz_targets)
# The seeds anew, by the program's own writers: look at the difference before keeping it.
seeds: latlab
	@LATLAB=./latlab tests/fuzz/seeds.py

check: packages latlab layers format-check test
demo: packages latlab
	@./latlab sessions/demo.latlab

# The datasets that come with the program are made by the program; the same bytes every time.
bundled: latlab
	./latlab --data data/bundled sessions/bundled.latlab

# The proxies that come with latlab: about three hours of two cores. What is computed stays in build/proxies, so that it
# can be stopped and goes on. IMAGES: the folder of Debian's dataset-fashion-mnist.
IMAGES ?= /usr/share/datasets/fashion-mnist
PASSES := params,flops,l2_norm,synflow,grad_norm,plain,snip,fisher,nwot,jacov,epe_nas
build/pack_proxies: build/release/tests/pack_proxies.o build/release/liblatlab.a
	$(call link,release)
bundled-proxies: latlab build/pack_proxies
	@mkdir -p build/proxies data/bundled/proxies
	for run in "nb201 $(PASSES) batch=16 alike=on" "nb201 zen batch=16 alike=on repeats=2" "nb201 grasp batch=8 alike=on" \
	           "fbnet $(PASSES) batch=8" "fbnet zen batch=8 repeats=1" "fbnet grasp batch=2"; do \
	  set -- $$run; data=$$1; what=$$2; shift 2; \
	  ./latlab -c "load $${data}_sim; proxies $$what archs=all images=$(IMAGES) seed=1 $$* out=build/proxies/$$data-$${what%%,*}.csv" || exit; \
	done
	build/pack_proxies nasbench201 data/bundled/proxies/nasbench201.safetensors build/proxies/nb201-*.csv
	build/pack_proxies fbnet data/bundled/proxies/fbnet.safetensors build/proxies/fbnet-*.csv

# The screens the tests compare with, written anew: look at the difference before keeping it.
screens: latlab build/release/test_tui_screens
	@mkdir -p tests/screens
	LATLAB=./latlab LATLAB_WRITE_SCREENS=1 build/release/test_tui_screens stored

# The recorded session of the README: played into a pseudo-terminal.
build/record: build/release/tests/record.o build/release/tests/pty.o build/release/tests/vt.o \
              build/release/tests/check.o build/release/liblatlab.a
	$(call link,release)
record: latlab build/record
	LATLAB=./latlab build/record sessions/screen.keys sessions/screen.cast sessions/screen.txt

# Kills and faults at random places of a scripted session: `make crash N=1000 SEED=1`; one of them: `make crash T=123`.
N ?= 1000
SEED ?= 1
CRASH := $(filter-out tests/crash/shim.c,$(wildcard tests/crash/*.c))
build/crash: $(CRASH:%.c=build/release/%.o) build/release/liblatlab.a
	$(CC) $(FLAGS_release) -pthread $^ $(LDFLAGS) $(LIBS) -o $@
build/crash.so: tests/crash/shim.c tests/crash/crash.h
	$(CC) $(CFLAGS_ALL) $(FLAGS_release) -fPIC -shared $< -o $@
ifeq ($(shell uname -sm),Linux x86_64)
crash: latlab build/crash build/crash.so
	@build/crash ./latlab build/crash.so $(N) $(SEED) $(if $(filter *,$(T)),-1,$(T)) $(shell nproc)
else
crash:
	@echo "SKIP crash: system calls are caught on x86-64 Linux only"; echo "crash: 0 passed, 0 failed"
endif

# --- measurements -------------------------------------------------------------------------------------------------
build/bench: $(BENCH:%.c=build/release/%.o) build/release/tests/operators.o build/release/liblatlab.a
	$(call link,release)
bench: latlab build/bench
	@build/bench
DIR ?= $(SHARED)/golden
verify-reference: latlab
	@./latlab -c 'verify-reference dir="$(DIR)"'

# --- installation -------------------------------------------------------------------------------------------------
install: latlab latlab-measure-$(HERE)
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/man/man1 $(DESTDIR)$(prefix)/share/latlab \
	  $(DESTDIR)$(prefix)/share/bash-completion/completions
	install -m 755 latlab $(DESTDIR)$(prefix)/bin/latlab
	install -m 755 $(wildcard latlab-measure-*) $(DESTDIR)$(prefix)/share/latlab/
	./latlab --man > $(DESTDIR)$(prefix)/share/man/man1/latlab.1
	./latlab --bash > $(DESTDIR)$(prefix)/share/bash-completion/completions/latlab
	cp -R data/bundled data/spaces data/measure_torch.py data/latlab.py sessions/*.latlab sessions/lessons $(DESTDIR)$(prefix)/share/latlab/
uninstall:
	rm -rf $(DESTDIR)$(prefix)/bin/latlab $(DESTDIR)$(prefix)/share/man/man1/latlab.1 \
	  $(DESTDIR)$(prefix)/share/bash-completion/completions/latlab $(DESTDIR)$(prefix)/share/latlab
clean:
	rm -rf build latlab latlab-aarch64 latlab-measure-*
