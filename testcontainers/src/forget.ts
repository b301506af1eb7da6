// What WindFlow keeps of a deployment after `down`: removed after tests.
import { docker } from "./docker.ts"

/** `down` keeps the history of a deployment and the images built for it; a test leaves none behind. */
export const forgetDeployment = async (project: string): Promise<void> => {
  const engine = await docker()
  const { Volumes } = await engine.listVolumes()
  for (const { Name } of Volumes)
    if (Name.startsWith(`windflow.revision.${project}.`)) await engine.getVolume(Name).remove()
  // By tag: what was built, and the tags that keep a revision's images.
  const tags = (await engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])
  for (const tag of tags)
    if (tag.startsWith(`${project}-`) || tag.startsWith(`windflow/${project}/`)) await engine.getImage(tag).remove()
}
