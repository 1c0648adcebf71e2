import { createApp } from "../../../src/api/app.ts";
import { openApiDocument } from "../../../src/api/openapi.ts";
import ENV_SOURCE from "../../../src/env.ts?raw";
import type { Piece } from "./everything.ts";

/*
 * Secrets that are planted, by the kind of input or answer that holds them, and every such kind there is.
 */

export class Canaries {
  readonly #planted = new Map<string, Set<string>>();

  /** Notes secrets of a kind, as `secretKinds` names them or by a name of their own. @returns the first */
  plant(kind: string, ...secrets: string[]): string {
    for (const secret of secrets) {
      if (secret.length < 12) throw new Error(`${kind}: what is so short may be found by chance`);
      this.#planted.set(kind, (this.#planted.get(kind) ?? new Set()).add(secret));
    }
    return secrets[0] ?? "";
  }

  /** Every kind that is planted, with one of its secrets. */
  get samples(): [kind: string, secret: string][] {
    return [...this.#planted].map(([kind, secrets]) => [kind, [...secrets][0] ?? ""]);
  }

  get kinds(): string[] {
    return [...this.#planted.keys()];
  }

  /** What is found where, as `kind: where`. The secret itself is not told: a failing test prints this. */
  foundIn(pieces: readonly Piece[]): string[] {
    const forms = [...this.#planted].flatMap(([kind, secrets]) =>
      [...secrets].flatMap((secret) => formsOf(secret).map((form) => ({ kind, form }))),
    );
    const found = pieces.flatMap(({ where, text }) =>
      forms.filter(({ form }) => text.includes(form)).map(({ kind }) => `${kind}: ${where}`),
    );
    return [...new Set(found)];
  }
}

/** A secret as it is, and as addresses, headers and bytes would have it. */
function formsOf(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = btoa(secret).replace(/=+$/, "");
  return [secret, encodeURIComponent(secret), hex, base64, base64.replaceAll("+", "-").replaceAll("/", "_")];
}

export function kindOfRequest(route: string, name: string): string {
  return `${name} of a request to ${route}`;
}

export function kindOfAnswer(route: string, name: string): string {
  return `${name} of an answer to ${route}`;
}

/** What a member is called that holds a secret. */
const SECRET = /(^|_)(secret|token|password|passphrase|pepper|credentials?|keys?)$/;
const SETTING = /^ {2}([A-Z_]*(?:SECRET|TOKEN|PEPPER|KEYS?|ALERT_URL)[A-Z_]*)\?: string;$/gm;

/** Every kind of input and answer that holds a secret, by the API's own description, and every secret setting. */
export function secretKinds(): string[] {
  const { paths = {}, components } = openApiDocument(createApp());
  const kinds = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).flatMap(([method, operation]) => {
      const route = `${method.toUpperCase()} ${path}`;
      const named = (bodies: (Body | undefined)[], kind: (route: string, name: string) => string) =>
        bodies
          .flatMap((body) => Object.values(body?.content ?? {}))
          .flatMap(({ schema }) => secretsOf(schema, components?.schemas ?? {}))
          .map((name) => kind(route, name));
      return [
        ...named([operation.requestBody], kindOfRequest),
        ...named(Object.values(operation.responses ?? {}), kindOfAnswer),
      ];
    }),
  );
  const settings = [...ENV_SOURCE.matchAll(SETTING)].map(([, name = ""]) => name);
  return [...new Set([...kinds, ...settings.filter((name) => !name.endsWith("_ORIGIN"))])];
}

interface Operation {
  requestBody?: Body;
  responses?: Record<string, Body>;
}

interface Body {
  content?: Record<string, { schema?: Schema }>;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** The dotted names of the members that hold a secret: texts, alone or as all there is in an object. */
function secretsOf(schema: Schema | undefined, schemas: object, isSecret = false, seen: string[] = []): string[] {
  if (!schema) return [];
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    if (seen.includes(name)) return [];
    return secretsOf((schemas as Record<string, Schema>)[name], schemas, isSecret, [...seen, name]);
  }
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const holds = isSecret || SECRET.test(name);
    if (holds && member.type === "string") return [name];
    return secretsOf(member, schemas, holds, seen).map((below) => `${name}.${below}`);
  });
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const below = [...(schema.items ? [schema.items] : []), ...parts];
  return [...own, ...below.flatMap((each) => secretsOf(each, schemas, schema.items ? false : isSecret, seen))];
}
