/**
 * Errors without the values of secrets: a container that prints its password and dies has it in the log that we show, journal and
 * store. Covers a value as it is written, and each line of one of several lines; not what a program made of it.
 */
import { Effect, Redacted, Result, Schema } from "effect"
import { Internal, WindFlowError } from "../../model/errors/union.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { Desired } from "./Desired.ts"

/** Shorter ones are words that any message may hold: taking them out would garble it and guard nothing. */
const shortest = 4
const mark = "[secret]"

const encode = Schema.encodeUnknownResult(WindFlowError)
const decode = Schema.decodeUnknownResult(WindFlowError)

const scrubText = (value: string, hidden: ReadonlyArray<string>): string =>
  hidden.reduce((text, part) => text.replaceAll(part, mark), value)

const scrub = (value: unknown, hidden: ReadonlyArray<string>): unknown => {
  if (typeof value === "string") return scrubText(value, hidden)
  if (Array.isArray(value)) return value.map((item) => scrub(item, hidden))
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === "_tag" ? item : scrub(item, hidden)]))
    : value
}

const cleaned = (error: WindFlowError, hidden: ReadonlyArray<string>): WindFlowError => {
  const clean = Result.flatMap(encode(error), (encoded) => decode(scrub(encoded, hidden)))
  // A value that is also a word of the error's own form: then the form is not worth keeping.
  return Result.getOrElse(
    clean,
    () => new Internal({ detail: `${error._tag}: its text held a secret and is not shown` }),
  )
}

/** The longest first: one may be a part of another. */
const partsOf = (values: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(values.flatMap((value) => [value, ...value.split("\n")]))]
    .filter((part) => part.length >= shortest)
    .sort((a, b) => b.length - a.length)

/** Takes the given values out of what a program prints. */
export const masking = (values: ReadonlyArray<string>): ((text: string) => string) => {
  const hidden = partsOf(values)
  return hidden.length === 0 ? (text) => text : (text) => scrubText(text, hidden)
}

/** One that cannot be read was not handed out either. */
const revealed = (context: Pick<ComposeDriverContext, "secrets">, names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach([...new Set(names)], (name) =>
      context.secrets.reveal(name).pipe(
        Effect.map((value) => [Redacted.value(value)]),
        Effect.catch(() => Effect.succeed([])),
      ),
    ),
    (values) => values.flat(),
  )

/** The secrets are read only when something failed. */
export const withoutSecrets = <A>(
  context: Pick<ComposeDriverContext, "secrets" | "contents">,
  desired: Desired,
  effect: Effect.Effect<A, WindFlowError>,
): Effect.Effect<A, WindFlowError> => {
  const services = desired._tag === "Up" ? desired.services : []
  const names = services.flatMap(({ secrets }) => secrets.map(({ name }) => name))
  const contents = services.flatMap((service) => service.contents)
  if (names.length === 0 && contents.length === 0) return effect
  const held = contents.flatMap((content) => context.contents.get(content) ?? []).map(Redacted.value)
  return effect.pipe(
    Effect.catch((error) =>
      Effect.flatMap(revealed(context, names), (values) => Effect.fail(cleaned(error, partsOf([...values, ...held])))),
    ),
  )
}
