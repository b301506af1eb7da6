// The shards of the tests: what each needs and how long one of its tests may take. Read by vitest.config.ts and by the runner.

const minute = 60_000

export interface Shard {
  readonly name: string
  /** Needs a Docker engine: found or started once before its tests. */
  readonly engine: boolean
  /** Test files at once: those that share an engine run one by one. */
  readonly parallel: boolean
  readonly testTimeout: number
  /** Hooks build images and clusters, which is minutes when nothing is cached. */
  readonly hookTimeout: number
}

const onEngine = { engine: true, parallel: false, testTimeout: 3 * minute, hookTimeout: 45 * minute } as const

export const shards: ReadonlyArray<Shard> = [
  { name: "unit", engine: false, parallel: true, testTimeout: 20_000, hookTimeout: 40_000 },
  { name: "docker", ...onEngine },
  { name: "reference", ...onEngine },
  { name: "kubernetes", ...onEngine },
  { name: "ssh", ...onEngine },
]
