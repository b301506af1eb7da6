/** Gives every error class its texts: `message` and `remedy` come from the English catalogue, `retryable` from the error table. */
import { english } from "./english.ts"
import { table } from "./table.ts"
import type { WindFlowError } from "./union.ts"

export interface Described {
  /** What happened and why, in one or two English sentences; other languages through `describe`. */
  readonly message: string
  /** What the reader can do about it. */
  readonly remedy: string
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean
}

type ErrorClass = abstract new (...args: never) => object

/** The same class whose instances are known to have the getters. Exported, so that declarations name it instead of writing it out. */
export type WithTexts<C extends ErrorClass> = { readonly [K in keyof C]: C[K] } & (new (
  ...args: ConstructorParameters<C>
) => InstanceType<C> & Described)

/** Defines the getters on the class's prototype, so that a decoded error has them too. */
export const described = <C extends ErrorClass & { readonly prototype: object }>(base: C): WithTexts<C> => {
  const text = (field: "message" | "remedy") => ({
    configurable: true,
    get(this: WindFlowError): string {
      return english(this)[field]
    },
  })
  Object.defineProperties(base.prototype, {
    message: text("message"),
    remedy: text("remedy"),
    retryable: {
      configurable: true,
      get(this: WindFlowError): boolean {
        return table[this._tag].retryable
      },
    },
  })
  // The getters were just defined: the cast states what `defineProperties` cannot tell the compiler.
  return base as unknown as WithTexts<C>
}
