/** `windflow images`: the images that the containers were made from. */
import type { ImageUse } from "@windflow/engine/driver"
import { formatSize } from "../render/size.ts"
import { table } from "../render/table.ts"
import { formatAge } from "../render/time.ts"
import { chosen } from "./chosen.ts"
import type { Verb } from "./Verb.ts"

const bare = (id: string): string => id.replace(/^[^:]+:/, "")

const images: Verb<{ readonly quiet?: boolean }> = async (context, options, args) => {
  const project = await context.project()
  const flow = await context.open()
  const all = await flow.images({ project, ...context.where }, { signal: context.signal })
  const { services } = chosen(args)
  const uses = services === undefined ? all : all.filter((use) => services.includes(use.service))
  const { texts, locale } = context
  const row = (use: ImageUse): ReadonlyArray<string> => [
    use.container,
    use.repository || "<none>",
    use.tag || "<none>",
    use.platform,
    bare(use.id).slice(0, 12),
    formatSize(use.size),
    use.createdAt === undefined ? "N/A" : formatAge(use.createdAt, Date.now(), locale),
  ]
  if (options.quiet === true) for (const id of new Set(uses.map((use) => bare(use.id)))) context.print(id)
  else if (context.json) context.print(JSON.stringify(uses))
  else {
    const { container, repository, tag, platform, imageId, size, created } = texts.table
    const head = [container, repository, tag, platform, imageId, size, created]
    context.print(uses.length === 0 ? texts.table.none : table(head, uses.map(row)))
  }
  return 0
}

export default images
