// One vitest project per shard: the suffix of a test file says what it needs (`x.docker.test.ts` needs a Docker engine).
import { defineConfig } from "vitest/config"

const conditions = ["@windflow/source", "node", "import", "module", "default"]
const shard = (name: string, include: string[], exclude: string[], timeout: number, parallel: boolean) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name,
    include,
    exclude: ["**/node_modules/**", "**/dist/**", ...exclude],
    testTimeout: timeout,
    hookTimeout: timeout * 2,
    fileParallelism: parallel,
  },
})
const needs = ["docker", "kubernetes", "reference"]
const roots = "{packages,testcontainers,examples,benchmarks,scripts}"

export default defineConfig({
  test: {
    projects: [
      shard("unit", [`${roots}/**/*.test.ts`], needs.map((n) => `**/*.${n}.test.ts`), 20_000, true),
      ...needs.map((n) => shard(n, [`${roots}/**/*.${n}.test.ts`], [], 180_000, false)),
    ],
  },
})
