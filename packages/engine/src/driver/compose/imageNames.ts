/** Image references as the engine lists them. Pure. */
import type { ImageSummary } from "../../transport/engineAnswers.ts"

/** Docker's short form: `docker.io/library/nginx` → `nginx:latest`, so that references can be compared as text. */
export const familiar = (reference: string): string => {
  const short = reference.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "")
  if (short.includes("@") || short.lastIndexOf(":") > short.lastIndexOf("/")) return short
  return `${short}:latest`
}

/** Familiar names and ids → id. */
export const indexImages = (images: ReadonlyArray<ImageSummary>): ReadonlyMap<string, string> =>
  new Map(
    images.flatMap((image) => [
      ...[...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].map((name) => [familiar(name), image.Id] as const),
      [image.Id, image.Id] as const,
    ]),
  )
