/** What a preflight found, in words: a text and a remedy a check, English and French. */
import type { ErrorText } from "./catalogue.ts"
import type { Finding } from "./Finding.ts"

type FindingTexts = { readonly [Check in Finding["check"]]: (finding: Finding) => ErrorText }

const of = ({ service }: Finding): string => (service === undefined ? "" : `${service}: `)
const because = (detail: string, sign: string): string => (detail === "" ? "" : `${sign}${detail}`)

export const englishFindings: FindingTexts = {
  port: (f) => ({
    message: `${of(f)}port ${f.what} is published by container ${f.detail}`,
    remedy: "Stop the container that holds the port, or publish another one.",
  }),
  disk: (f) => ({
    message: `${of(f)}the disk of ${f.what} has ${f.detail} left`,
    remedy: "Free space there; `docker system df` shows what Docker uses.",
  }),
  platform: (f) => ({
    message: `${of(f)}image ${f.what} is made for another platform (${f.detail})`,
    remedy: "Use an image for the engine's platform, or name `platform` in the file if the engine emulates it.",
  }),
  image: (f) => ({
    message: `${of(f)}image ${f.what} is not on the engine any more${because(f.detail, ": ")}`,
    remedy:
      "That state cannot be restored. Deploy with `windflow up`, or choose another revision (`windflow history`).",
  }),
  secret: (f) => ({
    message: `${of(f)}secret ${f.what} is not the one of that state${because(f.detail, ": ")}`,
    remedy: "Deploy with `windflow up`, which takes the present secret, or set the old value again.",
  }),
  registry: (f) => ({
    message: `${of(f)}the registry does not give image ${f.what}${because(f.detail, ": ")}`,
    remedy: "Check the image's name and tag, and log in to its registry (`docker login`).",
  }),
}

export const frenchFindings: FindingTexts = {
  port: (f) => ({
    message: `${of(f)}le port ${f.what} est publié par le conteneur ${f.detail}`,
    remedy: "Arrêtez le conteneur qui tient le port, ou publiez-en un autre.",
  }),
  disk: (f) => ({
    message: `${of(f)}il reste ${f.detail} sur le disque de ${f.what}`,
    remedy: "Libérez de la place ; `docker system df` montre ce que Docker occupe.",
  }),
  platform: (f) => ({
    message: `${of(f)}l’image ${f.what} est faite pour une autre plate-forme (${f.detail})`,
    remedy:
      "Prenez une image pour la plate-forme du moteur, ou nommez `platform` dans le fichier si le moteur sait l’émuler.",
  }),
  image: (f) => ({
    message: `${of(f)}l’image ${f.what} n’est plus sur le moteur${because(f.detail, " : ")}`,
    remedy:
      "Cet état ne peut pas être rétabli. Déployez avec `windflow up`, ou choisissez une autre révision (`windflow history`).",
  }),
  secret: (f) => ({
    message: `${of(f)}le secret ${f.what} n’est plus celui de cet état${because(f.detail, " : ")}`,
    remedy: "Déployez avec `windflow up`, qui prend le secret actuel, ou remettez l’ancienne valeur.",
  }),
  registry: (f) => ({
    message: `${of(f)}le registre ne donne pas l’image ${f.what}${because(f.detail, " : ")}`,
    remedy: "Vérifiez le nom et l’étiquette de l’image, et connectez-vous à son registre (`docker login`).",
  }),
}

/** A finding a line; each remedy once. */
export const describeFindings = (texts: FindingTexts, findings: ReadonlyArray<Finding>): ErrorText => {
  const described = findings.map((finding) => texts[finding.check](finding))
  return {
    message: described.map(({ message }) => `  ${message}`).join("\n"),
    remedy: [...new Set(described.map(({ remedy }) => remedy))].join("\n"),
  }
}
