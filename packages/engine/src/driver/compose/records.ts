/** Locks and revisions as labelled volumes: creating a volume of a fixed name is an atomic claim and needs no image. */
import { Effect } from "effect"
import type { RecordStore, StateRecord } from "../../state/RecordStore.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { VolumeSummary } from "../../transport/engineAnswers.ts"

const record = (volume: VolumeSummary): StateRecord => ({ name: volume.Name, labels: volume.Labels ?? {} })

export const dockerRecords = (api: DockerApiShape): RecordStore => ({
  claim: ({ name, labels }) =>
    Effect.map(api.volumes.create({ Name: name, Driver: "local", Labels: { ...labels } }), record),
  list: (labels) =>
    Effect.map(
      api.volumes.list({
        label: Object.entries(labels).map(([key, value]) => (value === "" ? key : `${key}=${value}`)),
      }),
      (volumes) => volumes.map(record),
    ),
  remove: (name) => api.volumes.remove(name),
  now: api.now,
})
