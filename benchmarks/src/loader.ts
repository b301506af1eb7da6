/**
 * How long loading takes: files of 100 and 1,000 services, read, joined, resolved and checked; and, when
 * WINDFLOW_COMPOSE_REFERENCE names it, Docker Compose's `config` on the same file as a process. It prints and judges nothing:
 * `node --conditions=@windflow/source benchmarks/src/loader.ts`.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { load } from "@windflow/engine/compose"
import { nodeCapability } from "@windflow/engine/compose-node"
import { Effect } from "effect"

/** A service as people write them: fourteen lines, both syntaxes, a variable, a dependency. */
const service = (i: number): string => `  service-${i}:
    image: registry.example.com/team/app-${i}:1.${i}
    environment:
      INDEX: "${i}"
      LOG_LEVEL: \${LOG_LEVEL:-info}
    ports:
      - "${10_000 + i}:8080"
    volumes:
      - data-${i % 10}:/var/lib/app
    networks: [front]
${i === 0 ? "" : `    depends_on:\n      service-${i - 1}: { condition: service_started }\n`}    healthcheck:
      test: ["CMD", "true"]
      interval: 10s
    restart: unless-stopped
    labels:
      app: service-${i}
`
const file = (count: number): string =>
  `services:\n${Array.from({ length: count }, (_, i) => service(i)).join("")}networks:\n  front: {}\nvolumes:\n${Array.from({ length: 10 }, (_, i) => `  data-${i}: {}\n`).join("")}`

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const folder = mkdtempSync(join(tmpdir(), "windflow-benchmark-"))
const measure = async (count: number, runs: number): Promise<number[]> => {
  const path = join(folder, `${count}.yaml`)
  writeFileSync(path, file(count))
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    const stack = await Effect.runPromise(load({ workingDirectory: folder, files: [path] }, nodeCapability()))
    times.push(performance.now() - start)
    if (Object.keys(stack.model.services).length !== count) throw new Error("services are missing")
  }
  return times
}

try {
  const first = await measure(1000, 1)
  const thousand = await measure(1000, 15)
  const hundred = await measure(100, 30)
  console.log(`1,000 services, first load of the process  ${first[0]?.toFixed(0)} ms`)
  console.log(`1,000 services, median of 15               ${median(thousand).toFixed(0)} ms`)
  console.log(`  100 services, median of 30               ${median(hundred).toFixed(1)} ms`)
  console.log(`growth t(1000) / t(100)                    ${(median(thousand) / median(hundred)).toFixed(1)}`)
  const reference = process.env["WINDFLOW_COMPOSE_REFERENCE"]
  if (reference === undefined) console.log("WINDFLOW_COMPOSE_REFERENCE is not set: no comparison with Docker Compose")
  else {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now()
      spawnSync(reference, ["-f", join(folder, "1000.yaml"), "config", "--quiet"], { cwd: folder })
      return performance.now() - start
    })
    console.log(`docker compose config, 1,000, a process    ${median(times).toFixed(0)} ms`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
