// What a shard's run amounts to, from vitest's own JSON report and exit code. Pure: the runner does the processes.

/** The part of vitest's JSON report that is counted. */
export interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string
      readonly status: string
    }>
  }>
}

/** How the shard's process ended: its exit code, or the signal that ended it. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly files: number
  /** What the count alone does not tell: files that did not load, a run that crashed. */
  readonly problems: ReadonlyArray<string>
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null

/** Whether a value is a report: a shard that dies while writing leaves half of one. */
export const isReport = (value: unknown): value is Report =>
  isObject(value) &&
  Array.isArray(value["testResults"]) &&
  value["testResults"].every(
    (file) =>
      isObject(file) &&
      typeof file["name"] === "string" &&
      typeof file["status"] === "string" &&
      Array.isArray(file["assertionResults"]) &&
      file["assertionResults"].every((test) => isObject(test) && typeof test["status"] === "string"),
  )

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? ""

/** Counts one shard. Whatever did not demonstrably pass or skip is a failure. */
export const tally = (report: Report | undefined, ended: Ended): Tally => {
  const end = ended.signal === null ? `exit code ${ended.code}` : `signal ${ended.signal}`
  if (report === undefined)
    return { passed: 0, failed: 1, skipped: 0, files: 0, problems: [`ended with ${end} and left no report`] }

  let passed = 0
  let failed = 0
  let skipped = 0
  const problems: Array<string> = []
  for (const file of report.testResults) {
    let failedHere = 0
    for (const { status } of file.assertionResults) {
      if (status === "passed") passed += 1
      else if (status === "skipped" || status === "todo" || status === "disabled") skipped += 1
      else failedHere += 1
    }
    if (file.status !== "passed" && failedHere === 0) {
      failedHere = 1
      problems.push(`${file.name}: ${firstLine(file.message) || "did not finish"}`)
    } else if (file.assertionResults.length === 0) {
      failedHere = 1
      problems.push(`${file.name}: holds no test`)
    }
    failed += failedHere
  }
  if (failed === 0 && (ended.code !== 0 || ended.signal !== null)) {
    failed = 1
    problems.push(`ended with ${end} although no test failed`)
  }
  return { passed, failed, skipped, files: report.testResults.length, problems }
}

/** The sum of all shards. */
export const sum = (tallies: ReadonlyArray<Tally>): Pick<Tally, "passed" | "failed" | "skipped"> => ({
  passed: tallies.reduce((n, t) => n + t.passed, 0),
  failed: tallies.reduce((n, t) => n + t.failed, 0),
  skipped: tallies.reduce((n, t) => n + t.skipped, 0),
})

/** Green means: something passed and nothing failed. */
export const isGreen = (total: Pick<Tally, "passed" | "failed">): boolean => total.failed === 0 && total.passed > 0
