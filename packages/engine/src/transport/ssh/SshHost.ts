/** A machine reached by SSH, whoever carries the connection: byte streams to its engine, and programs run on it. */
import type { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { Dial } from "../EngineHttp.ts"
import type { HostAddress } from "./knownHosts.ts"

export interface RunOptions {
  /** What the program reads; absent: end of file at once. */
  readonly input?: Uint8Array
  /** Bytes of output that are kept, each of stdout and stderr; what is beyond is read and dropped. Default 1 MiB. */
  readonly keep?: number
}

export interface RunResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export interface ConnectionFacts {
  /** What let the user in. */
  readonly credential: string
  /** `ssh-ed25519 AAAA…`, where it is known. */
  readonly hostKey?: string
}

export interface SshHost {
  readonly dial: Dial
  /** Connects when that was not done yet. */
  readonly connect: Effect.Effect<ConnectionFacts, WindFlowError>
  /** Runs a program to its end; interrupting ends it there too. No shell reads the arguments. */
  readonly run: (argv: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<RunResult, WindFlowError>
  /** The first machine that is connected to by TCP; undefined where something else carries the connection (ProxyCommand). */
  readonly first: Effect.Effect<HostAddress | undefined, WindFlowError>
  /** How many connections were made so far: more than one means that one broke. */
  readonly connections: () => number
}
