/** One verb on several targets (`-t A,B`, `-g GROUP`, `-g LABEL=VALUE`): lines marked by target while it goes on, a table at the end. */
import { describeError, errorTable, type Target, Usage } from "@windflow/engine/model"
import { fleet, type FleetResult } from "@windflow/sdk"
import type { Input, Output } from "./host.ts"
import { table } from "./render/table.ts"
import { formatElapsed } from "./render/time.ts"
import { asError } from "./report.ts"
import type { FleetPlace, Verb, VerbContext } from "./verbs/Verb.ts"

const pair = ([name, value]: readonly [string, string]): string => `${name}=${value}`

/** A group by its name, or a label as `name=value`. */
const belongs = ({ groups = [], labels = {} }: Target, wanted: string): boolean =>
  groups.includes(wanted) || Object.entries(labels).some((label) => pair(label) === wanted)

const namesOf = async (context: VerbContext, place: FleetPlace): Promise<ReadonlyArray<string>> => {
  if ("targets" in place) return [...new Set(place.targets)]
  const all = await (await context.open()).targets.list()
  const found = all.filter((target) => belongs(target, place.group)).map(({ name }) => name)
  if (found.length > 0) return found
  const known = [
    ...new Set(all.flatMap(({ groups = [], labels = {} }) => [...groups, ...Object.entries(labels).map(pair)])),
  ]
  throw new Usage({
    subject: place.group,
    detail: context.texts.fleet.noGroup,
    ...(known.length === 0 ? {} : { expected: known.join(", ") }),
  })
}

/** Nobody can be asked for several targets at once: what needs a yes needs `-y`. */
const nothing: Input = {
  isTTY: false,
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
}

/** The verb's context on one of them: nothing moves, nobody is asked, every line says whose it is. */
const onOne = (context: VerbContext, target: string, width: number): VerbContext => {
  const mark = (text: string) =>
    text
      .split("\n")
      .map((line) => `${target.padEnd(width)} | ${line}`)
      .join("\n")
  const still = (stream: Output): Output => ({ write: (text) => stream.write(text), isTTY: false })
  const { host } = context
  const wrapped = (text: string): string => {
    try {
      return JSON.stringify({ target, output: JSON.parse(text) as unknown })
    } catch {
      // A verb that prints plain text in spite of the format.
      return JSON.stringify({ target, output: text })
    }
  }
  return {
    ...context,
    fleet: undefined,
    where: { ...context.where, target },
    host: { ...host, stdin: nothing, stderr: still(host.stderr), stdout: still(host.stdout) },
    running: () => {},
    print: (text) => context.print(context.json ? wrapped(text) : mark(text)),
    note: (text) => context.note(mark(text)),
  }
}

const exitOf = ({ error, undoError, value, status }: FleetResult<number>): number =>
  status === "skipped"
    ? 0
    : error === undefined && undoError === undefined
      ? (value ?? 0)
      : errorTable[asError(undoError ?? error)._tag].exit

export const onFleet = async <Options>(
  context: VerbContext,
  place: FleetPlace,
  verb: Verb<Options>,
  options: Options,
  args: ReadonlyArray<string>,
  allOrNothing: boolean,
): Promise<number> => {
  const { texts, locale, colors } = context
  const targets = await namesOf(context, place)
  const width = Math.max(...targets.map((target) => target.length))
  const undoing = allOrNothing ? { allOrNothing: { flow: await context.open(), project: await context.project() } } : {}
  // One stop ends them all in good order; undoing is a part of it.
  context.running(true)
  const results = await fleet(targets, (target) => verb(onOne(context, target, width), options, args), undoing).finally(
    () => context.running(false),
  )

  const describe = (thrown: unknown) => (thrown === undefined ? undefined : describeError(asError(thrown), locale))
  if (context.json)
    context.print(
      JSON.stringify({
        _tag: "FleetEnded",
        results: results.map(({ target, status, error, undoError, milliseconds }) => ({
          target,
          status,
          milliseconds,
          ...(error === undefined ? {} : { error: asError(error)._tag, ...describe(error) }),
          ...(undoError === undefined ? {} : { undoError: asError(undoError)._tag }),
        })),
      }),
    )
  else {
    const rows = results.map(({ target, status, error, undoError, milliseconds }) => [
      target,
      status === "done" ? colors.good(texts.fleet.status[status]) : colors.bad(texts.fleet.status[status]),
      formatElapsed(milliseconds),
      (describe(undoError ?? error)?.message ?? "").split("\n")[0]!,
    ])
    context.print(table([texts.fleet.target, texts.table.status, texts.fleet.time, ""], rows))
    const remedies = new Set(results.flatMap(({ error }) => describe(error)?.remedy ?? []))
    for (const remedy of remedies) context.note(`${texts.error.remedy}: ${remedy}`)
  }
  // The gravest of them; a plan with changes (2) is no failure.
  const failures = results.filter(({ status }) => status !== "done" && status !== "skipped").map(exitOf)
  return failures.length > 0 ? (new Set(failures).size === 1 ? failures[0]! : 1) : Math.max(0, ...results.map(exitOf))
}
