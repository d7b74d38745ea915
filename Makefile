# make demo   build, validate and test the shipped content, then run one rule over a generated day
# make test   every test of the tree
# make dist   the six programs that are shipped, with man pages, completions, checksums and a list of what they are made of
# make install PREFIX=/usr/local   this machine's program with its man pages and completions
# make docs   the generated pages, after rules or tests have changed
GO      ?= go
TAGS    := urfave_cli_no_docs
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
export CGO_ENABLED = 0

.PHONY: docs build demo test vet format check fuzz bench dist share install uninstall reproducible release clean

build:
	$(GO) build -tags $(TAGS) -trimpath -ldflags '$(LDFLAGS)' -o blindspot ./cmd/blindspot

demo: build
	./blindspot validate ./content
	./blindspot test ./content
	./blindspot backtest content/rules/cross-stream/spray-across-streams.yaml --generate days=1,users=200,seed=1,attack=a1

# The generated pages under docs, with the mistakes in each rule that no test notices.
docs: build
	./blindspot test --mutate --mutants-out docs/mutants.json content/rules
	./blindspot docs
	$(GO) test ./cmd/internal/deploy -run TestPropertiesPage -update

test:
	$(GO) test -tags $(TAGS) -timeout 540s ./...

vet:
	$(GO) vet -tags $(TAGS) ./...

format:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt-ed:"; echo "$$out"; exit 1; fi

check: format vet test

# Every native fuzz target in turn, FUZZTIME each.
FUZZTIME ?= 30s
fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -tags $(TAGS) -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -tags $(TAGS) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; done

BENCHTIME ?= 1s
bench: build
	$(GO) test -tags $(TAGS) -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./emulator/... ./content/... ./validate/... ./bench/...
	$(GO) run ./bench/cold ./blindspot

# Beside Microsoft's language service: KQL_ORACLE and SCHEMAS name its folder and that of the schemas; see docs/performance.md.
bench-compiler: build
	@mkdir -p dist && $(GO) build -o dist/bench-compiler ./bench/compiler
	node bench/compiler/compare.mjs dist/bench-compiler ./blindspot

# Beside DuckDB: DUCKDB names a folder with @duckdb/node-api in its node_modules; see bench/duckdb/README.md.
bench-duckdb:
	@mkdir -p dist && $(GO) build -o dist/bench-duckdb ./bench/duckdb
	dist/bench-duckdb -rows $(BENCHROWS) -write dist/rows.jsonl
	ROWS=$(BENCHROWS) node bench/duckdb/compare.mjs dist/bench-duckdb dist/rows.jsonl
BENCHROWS ?= 1000000

# The six targets that are shipped, with checksums and a list of what they are made of; the same source gives the same bytes.
TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
DIST    ?= dist
dist:
	@mkdir -p $(DIST) && rm -rf $(DIST)/blindspot-* $(DIST)/checksums.txt $(DIST)/sbom.json $(DIST)/share
	@set -e; for t in $(TARGETS); do \
	  os=$${t%/*}; arch=$${t#*/}; ext=; [ $$os = windows ] && ext=.exe; \
	  echo "$(DIST)/blindspot-$$os-$$arch$$ext"; \
	  GOOS=$$os GOARCH=$$arch $(GO) build -tags $(TAGS) -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(DIST)/blindspot-$$os-$$arch$$ext ./cmd/blindspot; done
	$(GO) run ./cmd/sbom $(DIST)/blindspot-* > $(DIST)/sbom.json
	@$(MAKE) -s share SHARE=$(DIST)/share
	cd $(DIST) && sha256sum blindspot-* sbom.json $$(find share -type f | LC_ALL=C sort) > checksums.txt

# What lies below PREFIX/share: pages of man(1), made of the same texts as --help, and completions of four shells.
SHARE  ?= $(DIST)/share
BINARY ?= $(SHARE)/.blindspot
share:
	@mkdir -p $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d $(SHARE)/blindspot
	$(GO) build -tags $(TAGS) -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/blindspot
	$(BINARY) docs --quiet --man $(SHARE)/man/man1
	$(BINARY) completion bash > $(SHARE)/bash-completion/completions/blindspot
	$(BINARY) completion zsh > $(SHARE)/zsh/site-functions/_blindspot
	$(BINARY) completion fish > $(SHARE)/fish/vendor_completions.d/blindspot.fish
	$(BINARY) completion powershell > $(SHARE)/blindspot/completion.ps1
	@rm -f $(BINARY)

PREFIX  ?= /usr/local
DESTDIR ?=
install: build
	@$(MAKE) -s share SHARE=$(DESTDIR)$(PREFIX)/share
	@mkdir -p $(DESTDIR)$(PREFIX)/bin && cp blindspot $(DESTDIR)$(PREFIX)/bin/blindspot

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/blindspot $(DESTDIR)$(PREFIX)/share/man/man1/blindspot*.1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions/blindspot
	rm -f $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_blindspot $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/blindspot.fish
	rm -rf $(DESTDIR)$(PREFIX)/share/blindspot

# Builds twice, the second time from a copy of the source in another folder, and compares.
reproducible: dist
	@rm -rf $(DIST)/again && mkdir -p $(DIST)/again/source && git ls-files -z | xargs -0 tar cf - | tar xf - -C $(DIST)/again/source
	@$(MAKE) -s -C $(DIST)/again/source dist DIST=../out VERSION=$(VERSION) TARGETS='$(TARGETS)'
	cmp $(DIST)/checksums.txt $(DIST)/again/out/checksums.txt && rm -rf $(DIST)/again && echo "the same bytes twice"

release: dist

clean:
	rm -rf blindspot blindspot.exe dist demo
