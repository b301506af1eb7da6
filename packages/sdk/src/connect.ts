/** The remote face. It needs WindFlow's server, which does not exist yet: the refusal is typed, nothing is pretended. */
import { Unsupported } from "@windflow/engine/model"
import type { WindFlow } from "./contract.ts"

export interface ConnectOptions {
  readonly token: string | (() => Promise<string>)
  readonly fetch?: typeof fetch
}

export const connect = (url: string, _options: ConnectOptions): Promise<WindFlow> =>
  Promise.reject(
    new Unsupported({
      driver: "remote",
      diagnostics: [
        {
          severity: "error",
          code: "not-built",
          message: `connecting to ${url} needs WindFlow's server, which is not built yet`,
          remedy: "Use `WindFlow.open()`, which deploys from this process.",
        },
      ],
    }),
  )
