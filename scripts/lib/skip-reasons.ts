// A vitest reporter: writes why each skipped test was skipped (`context.skip("reason")`), which the JSON report leaves out.
import { writeFileSync } from "node:fs"
import type { Reporter, TestModule } from "vitest/node"

/** One skipped test and the reason it gave. */
export interface Skip {
  readonly test: string
  readonly reason: string
}

export default class SkipReasons implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const file = process.env["WINDFLOW_SKIP_REASONS"]
    if (file === undefined) return
    const skips: Array<Skip> = []
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const result = test.result()
        const reason = result.state === "skipped" ? result.note : undefined
        skips.push({ test: `${module.relativeModuleId} > ${test.fullName}`, reason: reason ?? "no reason given" })
      }
    }
    writeFileSync(file, JSON.stringify(skips))
  }
}
