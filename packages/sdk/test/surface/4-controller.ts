import { defineController, runOperator, source } from "@windflow/sdk/operator"
const restart = defineController({
  name: "restart-unhealthy",
  for: source.docker("vps", { event: ["health_status"] }),
  async reconcile({ name }, { windflow, attempt, log }) {
    await windflow.exec("shop@vps", name, ["kill", "1"])
    log.info(`restarted ${name}`)
    if (attempt < 5) return { requeueAfter: "30s" }
  },
})
await runOperator({ controllers: [restart], signal: AbortSignal.timeout(60_000) })
