// The images that tests and examples need, by role: the public name, and the folder to build from where none can be pulled.

interface RoleOf {
  /** Its name in the public registry: exact enough to stay what it is. */
  readonly public: string
  /** The role its local build stands on; none for those made from a file tree. */
  readonly base?: "debian"
}

export const imageRoles = {
  busybox: { public: "busybox:1.37" },
  debian: { public: "debian:bookworm-slim" },
  mariadb: { public: "mariadb:10.11", base: "debian" },
  nginx: { public: "nginx:1.28", base: "debian" },
  php: { public: "php:8.3-apache", base: "debian" },
  postgres: { public: "postgres:15", base: "debian" },
  redis: { public: "redis:7.2", base: "debian" },
} as const satisfies Record<string, RoleOf>

export type ImageRole = keyof typeof imageRoles

export const isImageRole = (name: string): name is ImageRole => Object.hasOwn(imageRoles, name)

/** The variable by which a Compose file of the examples lets an image be replaced: `${PHP_IMAGE:-php:8.3-apache}`. */
export const imageVariable = (role: ImageRole): string => `${role.toUpperCase()}_IMAGE`
