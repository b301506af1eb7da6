/** The Compose files that are measured. Pure. */

const indent = (lines: ReadonlyArray<string>, by: string): string => lines.map((line) => `${by}${line}`).join("\n")

/** `count` small services; `imageOf` gives one image to all or one to each. SIGKILL keeps the sweeping between rounds short. */
export const manyServices = (project: string, count: number, imageOf: (n: number) => string): string => {
  const service = (n: number) =>
    `  s${n}:\n${indent(
      [
        `image: ${imageOf(n)}`,
        `command: [tail, "-f", /dev/null]`,
        "stop_signal: SIGKILL",
        "pull_policy: never",
        `environment:`,
        `  NUMBER: "${n}"`,
      ],
      "    ",
    )}\n`
  return `name: ${project}\nservices:\n${Array.from({ length: count }, (_, n) => service(n)).join("")}`
}

/** A stack as people write them, repeated: dependencies, healthchecks, ports, volumes and networks. For planning only. */
export const richServices = (project: string, count: number, image: string): string => {
  const service = (n: number) =>
    `  s${n}:\n${indent(
      [
        `image: ${image}`,
        `command: ["serve", "--number", "${n}"]`,
        "environment:",
        `  NUMBER: "${n}"`,
        "  LOG_LEVEL: ${LOG_LEVEL:-info}",
        "labels:",
        `  tier: "${n % 3}"`,
        ...(n % 10 === 0 ? [] : ["depends_on:", `  s${n - (n % 10)}:`, "    condition: service_started"]),
        "healthcheck:",
        `  test: [CMD, probe, "${n}"]`,
        "  interval: 10s",
        "ports:",
        `  - "127.0.0.1:${20_000 + n}:80"`,
        "volumes:",
        `  - data${n % 50}:/data`,
        "networks:",
        `  - n${n % 5}`,
      ],
      "    ",
    )}\n`
  const names = (prefix: string, total: number) =>
    Array.from({ length: Math.min(total, count) }, (_, n) => `  ${prefix}${n}:\n`).join("")
  return `name: ${project}\nservices:\n${Array.from({ length: count }, (_, n) => service(n)).join("")}volumes:\n${names("data", 50)}networks:\n${names("n", 5)}`
}
