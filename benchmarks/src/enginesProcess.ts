/** The simulated engines as a process of their own, so that neither their memory nor their processor time is taken for the deployer's. */
import { parseArgs } from "node:util"
import type { EngineOrder } from "./engineOrders.ts"
import { startSimulatedEngines } from "./simulatedEngines.ts"

const { values } = parseArgs({ options: { read: { type: "string" }, write: { type: "string" } } })
const engines = await startSimulatedEngines({ read: Number(values.read), write: Number(values.write) })

process.on("message", (order: EngineOrder) => {
  switch (order._tag) {
    case "Stall":
      engines.stall(order.target)
      break
    case "Reset":
      engines.reset()
      break
  }
  process.send?.({ port: engines.port, calls: engines.calls() })
})
// Whoever started them is gone: so are they.
process.on("disconnect", () => process.exit(0))
process.send?.({ port: engines.port, calls: 0 })
