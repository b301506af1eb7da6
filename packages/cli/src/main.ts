/** One command from its words to its exit code. Loads no engine for what needs none; never ends the process itself. */
import { CommanderError } from "commander"
import { isCompletion, serviceNames } from "./completion.ts"
import { createContext } from "./context.ts"
import type { Host } from "./host.ts"
import { exitOf, onInterrupt } from "./interrupt.ts"
import { palette, wantsColor } from "./render/palette.ts"
import { buildProgram, type Chosen } from "./program.ts"
import { localeOf, type Texts, textsOf } from "./text/index.ts"

type Parsed =
  | { readonly _tag: "Chosen"; readonly chosen: Chosen }
  /** Help, completion: already printed. */
  | { readonly _tag: "Printed" }
  | { readonly _tag: "Misuse"; readonly error: CommanderError }

const parse = (argv: ReadonlyArray<string>, host: Host, texts: Texts, services: ReadonlyArray<string>): Parsed => {
  const { command, choose } = buildProgram(texts, argv, services)
  const write = (text: string) => void host.stdout.write(text)
  const configure = (one: typeof command): void => {
    // Errors are printed by us; only help goes out directly.
    one.configureOutput({ writeOut: write, writeErr: () => {}, outputError: () => {} }).exitOverride()
    for (const child of one.commands) configure(child)
  }
  configure(command)
  try {
    const chosen = choose(argv)
    return chosen === undefined ? { _tag: "Printed" } : { _tag: "Chosen", chosen }
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? { _tag: "Printed" } : { _tag: "Misuse", error }
  }
}

/** `--format json` and `--no-color` count even when the rest of the line is wrong. */
const roughFlags = (argv: ReadonlyArray<string>) => ({
  json: argv.some((word, index) => word === "--format=json" || (word === "--format" && argv[index + 1] === "json")),
  color: argv.includes("--no-color") ? false : undefined,
})

export const main = async (argv: ReadonlyArray<string>, host: Host): Promise<number> => {
  const locale = localeOf(host.env)
  const texts = textsOf(locale)
  const rough = roughFlags(argv)
  const fail = async (thrown: unknown): Promise<number> => {
    const { report } = await import("./report.ts")
    const colors = palette(wantsColor(rough.color, host.env, host.stderr.isTTY === true))
    const { text, exit } = report(thrown, locale, colors, rough.json)
    host.stderr.write(`${text}\n`)
    return exit
  }
  const parsed = parse(argv, host, texts, isCompletion(argv) ? await serviceNames(argv, host) : [])
  switch (parsed._tag) {
    case "Printed":
      return 0
    case "Misuse":
      return fail(await (await import("./misuse.ts")).misuse(parsed.error, texts))
    case "Chosen": {
      const interrupt = onInterrupt(host, texts, (text) => host.stderr.write(`${text}\n`))
      const { context, explain, close } = createContext(parsed.chosen.flags, host, texts, locale, interrupt)
      try {
        const code = await parsed.chosen.run(context)
        const stopped = interrupt.stoppedBy()
        return stopped === undefined ? code : exitOf(stopped)
      } catch (thrown) {
        const code = await fail(await explain(thrown))
        const stopped = interrupt.stoppedBy()
        return stopped !== undefined && code === exitOf("SIGINT") ? exitOf(stopped) : code
      } finally {
        interrupt.release()
        await close()
      }
    }
    default:
      return parsed satisfies never
  }
}
