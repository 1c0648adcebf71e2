import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/*
 * All that is stored anywhere, as text to be searched.
 */

/** A piece of what is stored, said or answered, and where it is from. */
export interface Piece {
  where: string;
  text: string;
}

/** Every row of the database, every key of KV, every object's storage, and what is written beside files. */
export async function dumpState(): Promise<Piece[]> {
  return [...(await dumpDatabase()), ...(await dumpCache()), ...(await dumpObjects()), ...(await dumpBucket())];
}

async function dumpDatabase(): Promise<Piece[]> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
  ).all<{ name: string }>();
  return Promise.all(
    results.map(async ({ name }) => {
      const rows = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
      return { where: `table ${name}`, text: textOf(rows.results) };
    }),
  );
}

async function dumpCache(): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let cursor: string | null = null;
  do {
    const page: KVNamespaceListResult<unknown> = await env.IDEMPOTENCY.list({ cursor });
    for (const key of page.keys) {
      pieces.push({ where: `KV ${key.name}`, text: textOf([key, await env.IDEMPOTENCY.get(key.name)]) });
    }
    cursor = page.list_complete ? null : page.cursor;
  } while (cursor !== null);
  return pieces;
}

async function dumpObjects(): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const name of ["POSTS", "SWEEPER", "SANDBOX"] as const) {
    const namespace: DurableObjectNamespace = env[name] as DurableObjectNamespace;
    for (const id of await listDurableObjectIds(namespace)) {
      const text = await runInDurableObject(namespace.get(id), (_object, { storage }) =>
        textOf([...storage.kv.list()]),
      );
      pieces.push({ where: `an object of ${name}`, text });
    }
  }
  return pieces;
}

async function dumpBucket(): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let cursor: string | undefined;
  do {
    const page = await env.MEDIA.list({
      include: ["httpMetadata", "customMetadata"],
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { key, httpMetadata, customMetadata } of page.objects) {
      pieces.push({ where: `file ${key}`, text: textOf([key, httpMetadata, customMetadata]) });
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return pieces;
}

/** A value as text in which a secret that it holds can be found: bytes are read as characters, collections as lists. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (member instanceof ArrayBuffer) return String.fromCharCode(...new Uint8Array(member));
    if (ArrayBuffer.isView(member)) return new TextDecoder("latin1").decode(member);
    if (member instanceof Map || member instanceof Set) return [...member];
    return member;
  });
}
