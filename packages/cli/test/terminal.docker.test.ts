/**
 * `exec` and `run` on a terminal: size, keys and exit code; and the terminal behind them, also after an end by force: cooked, echoing,
 * and with its cursor. Needs `script` of util-linux for a terminal.
 */
import { baseImages } from "@windflow/testcontainers"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest"
import { type Bed, bundle, clearBeds, crashEntry, entry, makeBed } from "./bed.ts"

let bed: Bed
beforeAll(async () => {
  const image = (await baseImages(["busybox"])).busybox
  await bundle()
  bed = await makeBed("terminal")
  bed.write(
    `services:\n  web:\n    image: ${image}\n    init: true\n    stop_grace_period: 0s\n    command: ["sleep", "1000"]\n`,
  )
  const up = await bed.windflow(["up"])
  if (up.code !== 0) throw new Error(up.err)
})
afterAll(clearBeds)

const hideCursor = "\u001B[?25l"
const showCursor = "\u001B[?25h"

/** Runs `exec` on a terminal of its own, sends the signal when the session works, and returns all that the terminal got, its modes last. */
const interrupted = async (command: string, signal: NodeJS.Signals): Promise<string> => {
  // The program hides the cursor, as an editor does, and the terminal's modes are told before and after.
  const session = `exec web sh -c 'printf "\\033[?25l"; echo ready; exec sleep 1000'`
  const line = `sh -c "echo pid=\\$\\$; exec \\"${process.execPath}\\" \\"${command}\\" $SESSION"; stty -a`
  const terminal = spawn("script", ["-qec", 'eval "$LINE"', "/dev/null"], {
    cwd: bed.directory,
    env: { ...bed.env, SHELL: "/bin/sh", SESSION: session, LINE: line },
    stdio: ["pipe", "pipe", "inherit"],
  })
  let shown = ""
  let sent = false
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text
    const pid = /pid=(\d+)/.exec(shown)?.[1]
    if (sent || pid === undefined || !shown.includes(`${hideCursor}ready`)) return
    sent = true
    process.kill(Number(pid), signal)
  })
  await once(terminal, "close")
  expect(sent).toBe(true)
  return shown
}

it.each([
  { how: "SIGTERM", command: entry, signal: "SIGTERM" },
  { how: "an uncaught error", command: crashEntry, signal: "SIGUSR2" },
] as const)("must be usable after $how", { timeout: 60_000 }, async ({ command, signal }) => {
  expect(spawnSync("script", ["--version"]).status).toBe(0)
  const shown = await interrupted(command, signal)
  expect(shown.lastIndexOf(showCursor)).toBeGreaterThan(shown.lastIndexOf(hideCursor))
  const modes = shown.slice(shown.lastIndexOf("speed "))
  for (const mode of ["icanon", "echo", "isig"]) expect(modes).toMatch(new RegExp(`(^|\\s)${mode}\\s`))
})

/** A conversation: each part of what the terminal shows, once it is there, makes the next thing happen. */
const talk = async (
  verb: string,
  script: string,
  steps: ReadonlyArray<readonly [shown: RegExp, then: (tty: string) => string]>,
) => {
  const session = path.join(bed.directory, "session.sh")
  writeFileSync(
    session,
    `echo tty=$(tty); stty cols 90 rows 20\n"$NODE" "$ENTRY" ${verb} web sh -c "$SCRIPT"\necho code=$?; stty -a\n`,
  )
  const terminal = spawn("script", ["-qec", "sh session.sh", "/dev/null"], {
    cwd: bed.directory,
    env: { ...bed.env, SHELL: "/bin/sh", NODE: process.execPath, ENTRY: entry, SCRIPT: script },
    stdio: ["pipe", "pipe", "inherit"],
  })
  onTestFinished(() => void terminal.kill())
  let shown = ""
  let done = 0
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text
    const step = steps[done]
    const tty = /tty=(\S+)/.exec(shown)?.[1]
    if (step === undefined || tty === undefined || !step[0].test(shown)) return
    done++
    terminal.stdin.write(step[1](tty))
  })
  await once(terminal, "close")
  expect({ done, shown }).toMatchObject({ done: steps.length })
  return shown
}

/** As a window that is made larger does it. */
const resized = (tty: string): string => {
  expect(spawnSync("stty", ["-F", tty, "cols", "101", "rows", "31"]).status).toBe(0)
  return ""
}

it.each(["exec", "run --rm"])("%s must hand over size, keys and exit code", { timeout: 60_000 }, async (verb) => {
  const script = [
    `trap "stty size" WINCH`,
    `trap "echo interrupted; exit 9" INT`,
    "stty size",
    "echo ready",
    "read word",
    "echo said $word",
    "while :; do sleep 0.1; done",
  ].join("; ")
  const shown = await talk(verb, script, [
    [/20 90\s[^]*ready/, () => "hello\r"],
    [/said hello/, resized],
    // Raw here: the key reaches the command, which decides what it means.
    [/31 101/, () => "\u0003"],
  ])
  expect(shown).toMatch(/interrupted[^]*code=9/)
  const modes = shown.slice(shown.lastIndexOf("speed "))
  for (const mode of ["icanon", "echo", "isig"]) expect(modes).toMatch(new RegExp(`(^|\\s)${mode}\\s`))
})
