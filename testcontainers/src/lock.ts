// One builder at a time, across processes: tests run in several, and so do several clones on one machine.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import lockfile from "proper-lockfile"
import { cacheFolder } from "./cache.ts"

/** Runs `work` while holding the named lock; a lock whose holder died is taken over after 20 s. */
export const withLock = async <A>(name: string, work: () => Promise<A>): Promise<A> => {
  const file = join(cacheFolder("locks"), name.replaceAll(/[^\w.-]/g, "-"))
  writeFileSync(file, "", { flag: "a" })
  const half = 30 * 60
  const release = await lockfile.lock(file, {
    stale: 20_000,
    retries: { retries: half, factor: 1, minTimeout: 1000, maxTimeout: 1000 },
  })
  try {
    return await work()
  } finally {
    await release()
  }
}
