import { assert, expect, it } from "@effect/vitest"
import { exampleStack, imageVariables, openBed } from "../deployment.fixture.ts"

it("hands every job to one of two workers", async () => {
  await using bed = await openBed("queue")
  const env = { ...(await imageVariables(["redis"])), QUEUE_JOBS: "30" }
  const { revision } = await bed.up(await exampleStack("queue-workers", bed.project, env))
  assert.strictEqual(revision.status, "succeeded")
  const workers = (await bed.windflow.ps(bed.project)).filter(({ service }) => service === "worker")
  assert.lengthOf(workers, 2)

  const redis = async (...argv: ReadonlyArray<string>): Promise<string> => {
    const { exitCode, stdout } = await bed.windflow.exec(bed.project, "queue", ["redis-cli", ...argv])
    assert.strictEqual(exitCode, 0)
    return Buffer.from(stdout).toString().trim()
  }
  // The last job may still be worked on when `up` returns.
  await expect.poll(() => redis("HLEN", "results"), { timeout: 20_000 }).toBe("30")
  assert.strictEqual(await redis("HGET", "results", "12"), "144")
  assert.strictEqual(await redis("LLEN", "jobs"), "0")
})
