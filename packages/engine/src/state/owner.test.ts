import { spawn } from "node:child_process"
import { once } from "node:events"
import { assert, describe, it } from "vitest"
import { hidden, isDead, linuxProcesses, type ProcessTable, thisProcess } from "./owner.ts"

const owner = { name: "ann@laptop", run: "r", bootId: "boot/ns", pid: 7, started: "100" }
const table = (started: ReturnType<ProcessTable["started"]>, bootId = "boot/ns"): ProcessTable => ({
  bootId: () => bootId,
  started: () => started,
})

describe("whether an owner is dead", () => {
  it("is told where pids can be compared, and only there", () => {
    assert.isFalse(isDead(owner, table("100")), "it runs")
    assert.isTrue(isDead(owner, table(undefined)), "no such process")
    assert.isTrue(isDead(owner, table("200")), "its pid was recycled")
    assert.isFalse(isDead(owner, table(hidden)), "it lives, nothing more is shown")
    assert.isFalse(isDead(owner, table(undefined, "other boot/ns")), "another machine, or before a reboot")
    assert.isFalse(isDead(owner, table(undefined, "boot/other ns")), "another container of the same machine")
    assert.isFalse(isDead({ ...owner, bootId: "" }, table(undefined, "")), "no boot id known")
  })

  it.runIf(process.platform === "linux")("is true of a killed process and false of this one", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"])
    await once(child, "spawn")
    const started = linuxProcesses.started(child.pid!)
    assert.isString(started)
    const its = { ...thisProcess(), run: "r", pid: child.pid!, started: String(started) }
    assert.isFalse(isDead(its, linuxProcesses))
    child.kill("SIGKILL")
    await once(child, "exit")
    assert.isTrue(isDead(its, linuxProcesses))
    assert.isFalse(isDead({ ...thisProcess(), run: "r" }, linuxProcesses))
    assert.isTrue(isDead({ ...thisProcess(), run: "r", started: "1" }, linuxProcesses))
  })
})
