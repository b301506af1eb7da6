/** Stacks written in TypeScript. */
import { isSecretRef } from "./secret.ts"
import { resolveStack, type Stack } from "./Stack.ts"
import type { StackDefinition } from "./StackDefinition.ts"
import { Effect } from "effect"

type References = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What `defineStack` is told beside the definition. */
export interface DefineStackOptions {
  /** What relative paths are resolved against; default: the current directory when the stack is used. */
  readonly directory?: string
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

const secretsOf = (service: object): Readonly<Record<string, string>> => {
  const environment: unknown = "environment" in service ? service.environment : undefined
  if (typeof environment !== "object" || environment === null || Array.isArray(environment)) return {}
  return Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) => (isSecretRef(value) ? [[key, value._secret]] : [])),
  )
}

const withoutSecrets = (service: object): object => {
  const names = secretsOf(service)
  if (Object.keys(names).length === 0 || !("environment" in service)) return service
  const kept = Object.entries(service.environment ?? {}).filter(([key]) => !Object.hasOwn(names, key))
  return { ...service, environment: Object.fromEntries(kept) }
}

/** Takes the references to secrets out of a definition: what is left is a Compose file, what was taken is service → variable → name. */
export const splitSecrets = (
  services: Readonly<Record<string, object>>,
): { readonly services: Readonly<Record<string, object>>; readonly references: References } => ({
  services: mapValues(services, withoutSecrets),
  references: Object.fromEntries(
    Object.entries(services)
      .map(([name, service]) => [name, secretsOf(service)] as const)
      .filter(([, names]) => Object.keys(names).length > 0),
  ),
})

/**
 * A stack made in code. Services, volumes, networks, configs and secrets that it refers to must be declared in it, else it does
 * not compile; what types cannot say is checked when the stack is planned and rejects with `ComposeInvalid`.
 */
export const defineStack = <
  S extends string,
  V extends string = never,
  N extends string = never,
  C extends string = never,
  X extends string = never,
>(
  name: string,
  definition: StackDefinition<S, V, N, C, X>,
  options: DefineStackOptions = {},
): Stack => ({
  name,
  [resolveStack]: Effect.suspend(() => {
    const { services, references } = splitSecrets(definition.services)
    return Effect.flatMap(
      Effect.promise(() => import("./loader.ts")),
      (loader) => loader.fromDefinition(name, { ...definition, services }, references, options.directory),
    )
  }),
})
