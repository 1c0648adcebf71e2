import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Env } from "../../../src/env.ts";
import worker from "../../../src/index.ts";

/*
 * What one invocation of the Worker asks others for. What an object does meanwhile is an invocation of its own.
 */

/** Calls of one invocation. A batch of statements is one sub-request and as many queries. */
export interface Counts {
  /** To anybody: the database, objects, queues, KV, R2, the network. */
  subrequests: number;
  /** Statements that the database was given. */
  queries: number;
  /** To platforms and endpoints; in test mode the sandbox's object is the platform. */
  outside: number;
}

/** The bindings as an invocation sees them, with what it asked of them. */
export function countedEnv(): { counted: Env; counts: Counts } {
  const counts: Counts = { subrequests: 0, queries: 0, outside: 0 };
  const count = (target: object, isOutside = false) =>
    new Proxy(target, {
      get(_, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          counts.subrequests += 1;
          if (isOutside) counts.outside += 1;
          return Reflect.apply(value, target, args);
        };
      },
    });
  const objects = (namespace: object, isOutside = false) =>
    new Proxy(namespace, {
      get: (_, name) =>
        name === "getByName"
          ? (object: string) =>
              count((namespace as DurableObjectNamespace).getByName(object) as unknown as object, isOutside)
          : Reflect.get(namespace, name),
    });
  const counted = {
    ...env,
    DB: countedDatabase(env.DB, counts),
    IDEMPOTENCY: count(env.IDEMPOTENCY),
    MEDIA: count(env.MEDIA),
    PUBLISH: count(env.PUBLISH),
    WEBHOOKS: count(env.WEBHOOKS),
    POSTS: objects(env.POSTS),
    SWEEPER: objects(env.SWEEPER),
    RATE_LIMITS: objects(env.RATE_LIMITS),
    SANDBOX: objects(env.SANDBOX, true),
  } as unknown as Env;
  return { counted, counts };
}

function countedDatabase(database: D1Database, counts: Counts): D1Database {
  const watched = (statement: D1PreparedStatement): D1PreparedStatement => {
    const { bind } = statement;
    const own = statement as unknown as Record<string, unknown>;
    own.bind = (...values: unknown[]) => watched(bind.apply(statement, values));
    for (const name of ["first", "all", "run", "raw"] as const) {
      const real = statement[name] as (...args: unknown[]) => unknown;
      own[name] = (...args: unknown[]) => {
        counts.subrequests += 1;
        counts.queries += 1;
        return real.apply(statement, args);
      };
    }
    return statement;
  };
  return {
    prepare: (sql: string) => watched(database.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => {
      counts.subrequests += 1;
      counts.queries += statements.length;
      return database.batch(statements);
    },
  } as unknown as D1Database;
}

/** Delivers one batch of a queue, and counts. */
export async function countBatch(queue: string, bodies: readonly unknown[]): Promise<Counts> {
  const { counted, counts } = countedEnv();
  const messages = bodies.map((body, index) => ({ id: `message-${index}`, timestamp: Date.now(), attempts: 1, body }));
  const batch = createMessageBatch(queue, messages as never);
  const context = createExecutionContext();
  await worker.queue(batch, counted, context);
  await getQueueResult(batch, context);
  return counts;
}

/** Makes one request, and counts. */
export async function countRequest(request: Request): Promise<{ response: Response; counts: Counts }> {
  const { counted, counts } = countedEnv();
  const context = createExecutionContext();
  const response = await worker.fetch(request as never, counted, context);
  await response.clone().arrayBuffer();
  await getQueueResult(createMessageBatch("none", []), context);
  return { response, counts };
}
