// One vitest project per shard: the suffix of a test file says what it needs (`x.docker.test.ts` needs a Docker engine).
import { defineConfig } from "vitest/config"
import { shards } from "./scripts/lib/shards.ts"

const conditions = ["@windflow/source", "node", "import", "module", "default"]
const roots = "{packages,testcontainers,examples,benchmarks,scripts,docs}"
const suffixed = shards.filter((shard) => shard.name !== "unit").map((shard) => `**/*.${shard.name}.test.ts`)

export default defineConfig({
  test: {
    // Unit tests alone must reach it (`npm run coverage`); the engines' shards add to it.
    coverage: { include: ["packages/*/src/**"], reporter: ["text-summary"], thresholds: { lines: 80 } },
    projects: shards.map(({ name, engine, parallel, testTimeout, hookTimeout }) => ({
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        name,
        include: [name === "unit" ? `${roots}/**/*.test.ts` : `${roots}/**/*.${name}.test.ts`],
        exclude: ["**/node_modules/**", "**/dist/**", ...(name === "unit" ? suffixed : [])],
        globalSetup: engine ? ["./testcontainers/src/global-setup.ts"] : [],
        testTimeout,
        hookTimeout,
        fileParallelism: parallel,
        // Real engines on shared machines: a test gets a second try in CI, and the report names it ("retry x1"). Never at a desk.
        retry: engine && process.env["CI"] !== undefined ? 1 : 0,
      },
    })),
  },
})
