/** Legacy links: names under which the containers of another service are known here, in Compose's three spellings. Pure. */
import type { Service } from "../../model/StackModel.ts"

/** @param namesOf - Names of the containers a service will have when this one is created. */
export const linksOf = (
  project: string,
  model: Service,
  number: number,
  namesOf: (service: string) => ReadonlyArray<string>,
): ReadonlyArray<string> => [
  ...(model.links ?? []).flatMap((link) => {
    const { service, alias } = linked(link)
    return namesOf(service).flatMap((name) => [
      `${name}:${alias}`,
      // Compose numbers the alias by the container that has the link.
      `${name}:${service}-${number}`,
      `${name}:${project}-${service}-${number}`,
    ])
  }),
  ...(model.external_links ?? []).map((link) => (link.includes(":") ? link : `${link}:${link}`)),
]

export const linked = (link: string): { readonly service: string; readonly alias: string } => {
  const colon = link.indexOf(":")
  return colon < 0 ? { service: link, alias: link } : { service: link.slice(0, colon), alias: link.slice(colon + 1) }
}
