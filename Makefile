# Everything by one-word commands; the work is done by the scripts in scripts/.
#
#   make           the release library (target/release/libzmq.so, libzmq.a)
#   make demo      the examples and a Debian program on it
#   make test      every test; make test-rust, test-polling, test-loom, test-symbols, test-capi,
#                  test-interop, test-gssapi, test-install, test-programs, test-valgrind: one step
#   make test-browser   a page in a headless Chromium, over ws://
#   make test-bindings  the suites of language bindings, on libzmq and on ours: docs/bindings.md
#   make install   into PREFIX (/usr/local), with DESTDIR as usual
#   make bench     speed against the system's libzmq; ROWS="tcp_64 router", BENCH="-n 9" as scripts/bench has them
#   make bench-growth   how speed develops with size, peers, subscriptions ...: plots of both, and cliffs of ours
#   make soak      the stress of threads, contexts and sockets, 10000 rounds
#   make uninstall, make stage, make check, make deny

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR ?=
CARGO ?= $(shell command -v cargo 2>/dev/null || echo $(HOME)/.cargo/bin/cargo)
BUILT ?= $(or $(CARGO_TARGET_DIR),target)/release
export CARGO PREFIX LIBDIR INCLUDEDIR DESTDIR

# DESTDIR and the like are for `install` alone; the stage has its own prefix.
unstaged := env -u PREFIX -u LIBDIR -u INCLUDEDIR -u DESTDIR
steps := rust polling loom symbols capi interop gssapi install programs valgrind

all:
	@$(CARGO) build --release --lib --locked

# Does not build what is there already: it may run as root, who has no cargo.
install:
	@test -f $(BUILT)/libzmq.so -o -f $(BUILT)/libzmq.dylib || $(CARGO) build --release --lib --locked
	@BUILT=$(BUILT) scripts/install

uninstall:
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,libzmq.so.5.2.5 libzmq.so.5 libzmq.so libzmq.5.dylib libzmq.dylib \
		libzmq.a pkgconfig/libzmq.pc cmake/ZeroMQ/ZeroMQConfig.cmake cmake/ZeroMQ/ZeroMQConfigVersion.cmake) \
		$(addprefix $(DESTDIR)$(INCLUDEDIR)/,zmq.h zmq_utils.h)

stage:
	@$(unstaged) scripts/stage

demo:
	@scripts/install-deps demo
	@$(unstaged) scripts/stage
	@$(unstaged) scripts/demo

test:
	@$(unstaged) scripts/test

$(addprefix test-,$(steps)):
	@$(unstaged) scripts/test $(@:test-%=%)

test-browser:
	@$(unstaged) scripts/test-browser

# One or some of them: scripts/test-bindings NAME...
test-bindings:
	@$(unstaged) scripts/test-bindings

# What .ci/run asks for besides the tests.
check:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items --locked

deny:
	@scripts/deny

soak:
	@$(unstaged) scripts/soak

bench: stage
	@scripts/bench $(BENCH) $(ROWS)

bench-growth: stage
	@scripts/bench-growth $(BENCH) $(ROWS)

clean:
	$(CARGO) clean

.PHONY: all install uninstall stage demo test test-browser test-bindings soak check deny bench bench-growth clean \
	$(addprefix test-,$(steps))
