.PHONY: setup dev check test clean demo nightly bench
setup: ; ./scripts/setup
dev: setup ; ./scripts/dev
test: ; ./scripts/test
nightly: ; WINDFLOW_NIGHTLY=1 ./scripts/test
demo: ; ./scripts/demo
check: ; ./scripts/with-node npm run check && ./scripts/with-node ./scripts/check-licences
bench: ; ./scripts/with-node npm run bench
clean: ; rm -rf packages/*/dist testcontainers/dist coverage .turbo
