import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { PostObject, RateLimitObject, SandboxObject, SweeperObject } from "../../src/index.ts";
import type { Counts } from "./operations.ts";
import { NOTHING } from "./operations.ts";

/*
 * Counts what the Worker and its objects ask of Cloudflare, at the bindings themselves: D1 by the answers that its server
 * gives, which say how many rows SQLite read and wrote; objects by the calls of their stubs and by their storage, whose
 * methods are wrapped for all of them; queues, KV and R2 by their methods. What the runtime has no figure for is counted as
 * Cloudflare says that it bills it.
 */

/** A queue's message is billed by pieces of this many bytes. */
const MESSAGE_UNIT = 64_000;

const spent: Counts = { ...NOTHING };
/** Orders the beginnings and ends of trips to the database. */
let tick = 0;
let trips: { from: number; to: number }[] = [];

function add(operation: keyof Counts, times = 1): void {
  spent[operation] += times;
}

type Method = (...args: never[]) => unknown;

/** Puts a wrapper in the place of a method. @returns the method itself, for whoever looks without being counted */
function wrap<T extends object, K extends keyof T>(owner: T, name: K, make: (real: T[K]) => T[K]): T[K] {
  const real = owner[name];
  Object.defineProperty(owner, name, { value: make(real), configurable: true, writable: true });
  return real;
}

/** Counts calls of a method by what they were given and gave back. */
function count<T extends object>(owner: T, name: keyof T, note: (args: unknown[], result: unknown) => void): Method {
  return wrap(
    owner,
    name,
    ((real: Method) =>
      function (this: unknown, ...args: never[]) {
        const result = real.apply(this ?? owner, args);
        note(args, result);
        return result;
      }) as never,
  ) as Method;
}

interface D1Result {
  meta: { rows_read: number; rows_written: number };
}

/** The database as nobody counts it, to look into it. */
export let databaseUncounted: D1Database;

function countDatabase(): void {
  const session = (env.DB as unknown as { alwaysPrimarySession: { fetcher: Fetcher } }).alwaysPrimarySession;
  const real = session.fetcher;
  databaseUncounted = new (env.DB.constructor as new (fetcher: Fetcher) => D1Database)(real);
  const fetch = async (...args: Parameters<Fetcher["fetch"]>): Promise<Response> => {
    const trip = { from: ++tick, to: Number.POSITIVE_INFINITY };
    trips.push(trip);
    add("d1RoundTrips");
    const response = await real.fetch(...args);
    const answer: D1Result | D1Result[] = await response.clone().json();
    for (const { meta } of [answer].flat()) {
      add("d1RowsRead", meta?.rows_read ?? 0);
      add("d1RowsWritten", meta?.rows_written ?? 0);
    }
    trip.to = ++tick;
    return response;
  };
  session.fetcher = { fetch } as Fetcher;
}

/** Objects as nobody counts them, to look into them. */
export let objectsUncounted: {
  posts: (name: string) => DurableObjectStub;
  sweeper: (name: string) => DurableObjectStub;
};

function countObjects(): void {
  const stubOf = (namespace: DurableObjectNamespace) => {
    const real = namespace.getByName.bind(namespace);
    wrap(
      namespace,
      "getByName",
      () =>
        ((name: string) => {
          const stub = real(name) as unknown as Record<string | symbol, Method>;
          return new Proxy(stub, {
            get(target, method) {
              const called = Reflect.get(target, method) as Method;
              if (typeof called !== "function") return called;
              return (...args: never[]) => {
                add("objectRequests");
                return Reflect.apply(called, target, args);
              };
            },
          });
        }) as never,
    );
    return real;
  };
  const posts = stubOf(env.POSTS);
  const sweeper = stubOf(env.SWEEPER as unknown as DurableObjectNamespace);
  stubOf(env.SANDBOX as unknown as DurableObjectNamespace);
  stubOf(env.RATE_LIMITS as unknown as DurableObjectNamespace);
  objectsUncounted = { posts, sweeper };
  for (const { prototype } of [PostObject, SweeperObject, RateLimitObject, SandboxObject]) {
    if ("alarm" in prototype) count(prototype as { alarm: Method }, "alarm", () => add("objectRequests"));
  }
}

/** The storage's own methods, uncounted. */
export interface UncountedStorage {
  get(storage: DurableObjectStorage, key: string): unknown;
  /** Takes an alarm away that rings now. @returns when it was set for; null when none is */
  takeAlarm(storage: DurableObjectStorage): Promise<number | null>;
}

export let uncounted: UncountedStorage;

/** A value is one row, and so is an alarm that is set or taken back. */
async function countStorage(): Promise<void> {
  const any = objectsUncounted.posts("ledger/test/post_ledger");
  await runInDurableObject(any, async (_object, { storage }) => {
    const methods = Object.getPrototypeOf(storage) as DurableObjectStorage;
    const values = Object.getPrototypeOf(storage.kv) as SyncKvStorage;
    const list = values.list;
    const get = count(values, "get", () => add("objectRowsRead"));
    count(values, "put", () => add("objectRowsWritten"));
    count(values, "delete", (_args, wasThere) => add("objectRowsWritten", wasThere ? 1 : 0));
    wrap(
      values,
      "list",
      (real) =>
        function (this: SyncKvStorage, ...args: never[]) {
          const found = [...Reflect.apply(real, this, args)];
          add("objectRowsRead", found.length);
          return found;
        } as never,
    );
    count(Object.getPrototypeOf(storage.sql) as SqlStorage, "exec", () => {
      throw new Error("an object uses SQL, and nothing here counts its rows");
    });
    const getAlarm = count(methods, "getAlarm", () => add("objectRowsRead")) as DurableObjectStorage["getAlarm"];
    count(methods, "setAlarm", () => add("objectRowsWritten"));
    const deleteAlarm = count(methods, "deleteAlarm", () => add("objectRowsWritten")) as () => Promise<void>;
    wrap(
      methods,
      "deleteAll",
      (real) =>
        async function (this: DurableObjectStorage, ...args: never[]) {
          const isArmed = (await Reflect.apply(getAlarm, this, [])) !== null;
          add("objectRowsWritten", [...Reflect.apply(list, this.kv, [])].length + (isArmed ? 1 : 0));
          return Reflect.apply(real, this, args);
        } as never,
    );
    for (const name of ["get", "list", "put", "delete", "transaction"] as const) {
      count(methods, name, () => {
        throw new Error(`an object uses storage.${name}, and nothing here counts its rows`);
      });
    }
    uncounted = {
      get: (of, key) => Reflect.apply(get, of.kv, [key] as never),
      takeAlarm: async (of) => {
        const at = await Reflect.apply(getAlarm, of, []);
        if (at !== null) await Reflect.apply(deleteAlarm, of, []);
        return at;
      },
    };
  });
}

function unitsOf(body: unknown): number {
  return Math.ceil(new TextEncoder().encode(JSON.stringify(body)).length / MESSAGE_UNIT);
}

/** Messages of one send, as they are delivered together. */
export interface Sent {
  queue: "apionics-publish" | "apionics-webhooks";
  bodies: unknown[];
}

/** What was sent and not delivered. */
export const sent: Sent[] = [];

/** Keeps messages back for the journeys to deliver. Each is billed when it is written, read and deleted. */
function countQueues(): void {
  for (const [binding, queue] of [
    [env.PUBLISH, "apionics-publish"],
    [env.WEBHOOKS, "apionics-webhooks"],
  ] as const) {
    const take = (bodies: unknown[]) => {
      for (const body of bodies) add("queueOperations", unitsOf(body));
      sent.push({ queue, bodies });
    };
    wrap(binding as Queue, "send", () => (async (body: unknown) => take([body])) as never);
    wrap(
      binding as Queue,
      "sendBatch",
      () => (async (messages: Iterable<MessageSendRequest>) => take([...messages].map(({ body }) => body))) as never,
    );
  }
}

/** Of a batch that a queue delivers: one request of the Worker, and each message read and deleted. */
export function countDelivered(bodies: readonly unknown[]): void {
  add("workerRequests");
  for (const body of bodies) add("queueOperations", 2 * unitsOf(body));
}

/** A request, or a run of cron. */
export function countInvocation(): void {
  add("workerRequests");
}

function countStores(): void {
  count(env.IDEMPOTENCY, "get", () => add("kvReads"));
  count(env.IDEMPOTENCY, "put", () => add("kvWrites"));
  count(env.IDEMPOTENCY, "delete", () => add("kvWrites"));
  for (const read of ["get", "head"] as const) count(env.MEDIA, read, () => add("r2ClassB"));
  for (const write of ["put", "list", "createMultipartUpload"] as const) count(env.MEDIA, write, () => add("r2ClassA"));
}

/** Begins to count, for good: to be called once, before anything that is counted. */
export async function install(): Promise<void> {
  countDatabase();
  countObjects();
  await countStorage();
  countQueues();
  countStores();
}

/** How many trips had to wait for one another, of those that were over by then. */
function sequenceOf(over: typeof trips): number {
  let length = 0;
  let free = 0;
  for (const { from, to } of over.toSorted((a, b) => a.to - b.to)) {
    if (from < free) continue;
    length += 1;
    free = to;
  }
  return length;
}

/** To be called when a request is answered: the trips until then are those that the answer has waited for. */
export function noteAnswer(): void {
  const now = ++tick;
  spent.d1RoundTripsBeforeAnswer += sequenceOf(trips.filter(({ to }) => to < now));
}

/** What `work` takes, until it is over. */
export async function counted(work: () => Promise<void>): Promise<Counts> {
  Object.assign(spent, NOTHING);
  trips = [];
  await work();
  return { ...spent };
}
