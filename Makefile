.PHONY: setup dev check test clean demo nightly bench
setup: ; ./scripts/setup
test: ; ./scripts/test
demo: ; ./scripts/demo
check: ; npm run check
clean: ; rm -rf packages/*/dist testcontainers/dist coverage .turbo
