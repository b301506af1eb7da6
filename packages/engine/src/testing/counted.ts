/** Which calls a driver got, for tests of how few there are. */
import { Effect } from "effect"
import type { Driver } from "../driver/Driver.ts"
import type { RecordStore } from "../state/RecordStore.ts"

/** The same driver; `calls` grows by a word a call: `observe`, `execute CreateContainer`, `records.claim`. */
export const counted = <Desired, Observed>(driver: Driver<Desired, Observed>) => {
  const calls: Array<string> = []
  const note = <A, E>(call: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      calls.push(call)
      return effect
    })
  const records: RecordStore = {
    claim: (record) => note("records.claim", driver.records.claim(record)),
    list: (labels) => note("records.list", driver.records.list(labels)),
    remove: (name) => note("records.remove", driver.records.remove(name)),
    now: note("records.now", driver.records.now),
  }
  const { prepareAndObserve: _, ...others } = driver
  const same: Driver<Desired, Observed> = {
    ...others,
    prepare: (request, options) => note("prepare", driver.prepare(request, options)),
    observe: (desired) => note("observe", driver.observe(desired)),
    execute: (operation, context) => note(`execute ${operation.verb}`, driver.execute(operation, context)),
    recover: (operation, context) => note(`recover ${operation.verb}`, driver.recover(operation, context)),
    urls: (desired) => note("urls", driver.urls(desired)),
    records,
  }
  return { driver: same, calls }
}
