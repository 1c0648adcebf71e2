import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ERRORS } from "../../src/api/errors.ts";
import type { Mode } from "../../src/lib/vocabulary.ts";
import { generateApiKey } from "../../src/workspace/api-key.ts";
import type { Operation } from "../helpers/openapi/document.ts";
import { OPERATIONS, PATHS, resolve } from "../helpers/openapi/document.ts";
import { jpeg } from "../helpers/pictures.ts";
import { StandIn } from "../helpers/stand-in.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newKey, newWorkspace } from "./helpers/api.ts";
import { holdTime } from "./helpers/drive.ts";
import { BOTH_APPS, useApps } from "./helpers/login.ts";
import type { Made } from "./helpers/requests.ts";
import { addressOf, keyFor, requestsOf, send, spoil } from "./helpers/requests.ts";
import type { Things } from "./helpers/things.ts";
import { newThings } from "./helpers/things.ts";

/*
 * Requests made of the OpenAPI document by chance, from a seed: `FUZZ_SEED=1 npx vitest run test/integration/fuzz.test.ts`
 * makes others. A failure prints its seed. `call` holds every answer against the document; no answer is a 5xx.
 */

const SEED = Number(env.FUZZ_SEED);
const NAMED = OPERATIONS.map((operation) => [operation.name, operation] as const);
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Operations that take nothing from this world: what they need is in no state of it. */
const ACCEPTS_NOTHING: Readonly<Record<string, string>> = {
  retryPost: "no post has failed",
  resolveTask: "no task is unconfirmed",
  completeMediaUpload: "no upload has all of its parts",
  connectAccount: "no token is one that the platform gave",
  deleteWorkspace: "no text is the name of the workspace",
  getUsage: "hardly any three of month, from and to go together",
};

/** A world is dozens of requests: on a machine that is busy they take their time. */
const PATIENCE = 60_000;

/** How many requests were made to see what. */
const made = { valid: 0, spoilt: 0, keyless: 0, misdirected: 0 };

let workspace: TestWorkspace;
let network: StandIn;
/** Also the workspace, which the deployment's owner asks about. */
let things: Record<Mode, Things & { workspace_id: string }>;

async function newWorld(): Promise<void> {
  workspace = await newWorkspace();
  const { id: workspace_id } = workspace;
  things = {
    live: { ...(await newThings(workspace, "live", network)), workspace_id },
    test: { ...(await newThings(workspace, "test", network)), workspace_id },
  };
}

beforeAll(() => {
  holdTime();
  useApps(BOTH_APPS);
  network = new StandIn(async () => new Response(null, { status: 404 }));
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => answerOutside(new Request(input, init)));
});
afterAll(async () => {
  vi.restoreAllMocks();
  useApps({});
  const body = { overdue: "send" };
  await call("POST", "/v1/deployment/resume", { key: env.ADMIN_TOKEN ?? "", body });
});

/** Nothing leaves: platforms are a stand-in, everything else has a picture and takes what it is sent. */
async function answerOutside(request: Request): Promise<Response> {
  if (/\.facebook\.com$|\.instagram\.com$/.test(new URL(request.url).hostname)) return network.fetch(request);
  return request.method === "GET" ? new Response(jpeg(1080, 1080)) : new Response(null, { status: 204 });
}

function check<T>(values: fc.Arbitrary<T>, numRuns: number, holds: (value: T) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(values, holds), { seed: SEED, numRuns });
}

/** Every name that a place of a request to an operation can begin with. */
function placesOf(operation: Operation, { body }: Made): Set<string> {
  const names = JSON.stringify([operation.parameters, body ? resolve(body.schema) : null]).match(
    /"\w+"(?=:)|(?<="name":)"[\w-]+"/g,
  );
  const members = JSON.stringify(body?.value ?? null).match(/"\w+"(?=:)/g);
  return new Set([...(names ?? []), ...(members ?? [])].map((name) => name.slice(1, -1)).concat("body", "file"));
}

describe("a request as the document describes it is taken, or refused for what stands against it", () => {
  beforeEach(newWorld, PATIENCE);

  it.each(NAMED)("%s", async (_name, operation) => {
    // What is to be resumed is paused first.
    if (operation.path.endsWith("/resume")) await pause(operation);
    let accepted = 0;
    await check(requestsOf(operation, things), 30, async (request) => {
      made.valid += 1;
      const answer = await send(operation, request, { key: keyFor(operation, workspace, request.mode) });
      if (answer.status < 300) accepted += 1;
      else expectReason(operation, request, answer);
    });
    const reason = ACCEPTS_NOTHING[operation.operationId];
    if (reason === undefined) expect(accepted, "nothing was accepted").toBeGreaterThan(0);
  });
});

async function pause(operation: Operation): Promise<void> {
  for (const mode of operation.modes) {
    const path = addressOf(operation, { path: { ...things[mode] }, query: [] }).replace(/resume$/, "pause");
    await call("POST", path, { key: keyFor(operation, workspace, mode) });
  }
}

/** A refusal of what is well formed: something is not there, not in the state for it, or not what a rule allows. */
function expectReason(operation: Operation, request: Made, { status, body }: Answer): void {
  const { code, field } = body.error;
  expect([400, 404, 409]).toContain(status);
  expect(ERRORS[code as keyof typeof ERRORS].status).toBe(status);
  if (status === 400) expect([...placesOf(operation, request)]).toContain(String(field).split(".")[0]);
}

describe("a request with something wrong in one place is refused by the name of the place", () => {
  // Nothing changes in it.
  beforeAll(newWorld, PATIENCE);

  it.each(NAMED)("%s", async (_name, operation) => {
    const isRich = operation.body?.content["application/json"] !== undefined;
    const spoilt = fc
      .tuple(requestsOf(operation, things), fc.nat())
      .map(([request, pick]) => ({ all: spoil(operation, request), pick }))
      .map(({ all, pick }) => all[pick % all.length]);
    await check(spoilt, isRich ? 80 : 25, async (mutant) => {
      if (!mutant) return;
      made.spoilt += 1;
      const key = keyFor(operation, workspace, mutant.request.mode);
      const { status, body } = await send(operation, mutant.request, { key });
      expect([400, 413, 415]).toContain(status);
      // What a schema cannot say may be wrong as well.
      const named = [body.error, ...(body.error.errors ?? [])].map(({ field }) => field);
      expect(
        mutant.fields.filter((field) => named.some((name) => name === field || name.startsWith(`${field}.`))),
        `${mutant.how}: ${named}`,
      ).not.toEqual([]);
    });
  });
});

describe("without a good key there is one answer", () => {
  /** Ways to have none. */
  let bad: fc.Arbitrary<string | undefined>;
  let plain: { text: string; headers: [string, string][] };
  beforeAll(async () => {
    await newWorld();
    const revoked = await newKey(workspace);
    await call("DELETE", `/v1/api-keys/${revoked.id}`, { key: workspace.test });
    const good = fc.constantFrom(workspace.test, workspace.live, env.ADMIN_TOKEN ?? "");
    bad = fc.oneof(
      fc.constantFrom(undefined, "", revoked.key, generateApiKey("test"), generateApiKey("live")),
      fc.stringMatching(/^[\x21-\x7e]{1,80}$/),
      fc.tuple(good, fc.nat(), fc.constantFrom("0", "z", "_", "")).map(([key, at, other]) => {
        const index = at % key.length;
        return key[index] === other ? `${key}x` : key.slice(0, index) + other + key.slice(index + 1);
      }),
    );
    plain = seen(await call("GET", "/v1/posts"));
  });

  const seen = ({ text, headers }: Answer) => ({
    text: text.replaceAll(headers.get("X-Request-Id") ?? "", ""),
    headers: [...headers].filter(([name]) => name !== "x-request-id").toSorted(),
  });

  it.each(NAMED)("%s", async (_name, operation) => {
    await check(fc.tuple(requestsOf(operation, things), bad), 12, async ([request, key]) => {
      made.keyless += 1;
      const answer = await send(operation, request, { key });
      expect(answer.status).toBe(401);
      expect(seen(answer)).toEqual(plain);
    });
  });
});

describe("where there is nothing", () => {
  const parts = (path: string) => path.split("/");
  const matches = (template: string, path: string) =>
    parts(template).length === parts(path).length &&
    parts(template).every((part, i) => (part.startsWith("{") ? parts(path)[i] !== "" : part === parts(path)[i]));
  const methodsAt = (path: string) =>
    [...new Set(PATHS.flatMap(([template, methods]) => (matches(template, path) ? methods : [])))].toSorted();

  it.each(PATHS.map(([path]) => path))(
    "%s answers the methods that it is described with, and says so to others",
    async (path) => {
      const address = path.replace(/\{number\}/, "1").replace(/\{\w+\}/g, "x_missing");
      const methods = methodsAt(address);
      for (const method of METHODS.filter((each) => !methods.includes(each))) {
        for (const key of [workspace.test, env.ADMIN_TOKEN ?? ""]) {
          made.misdirected += 1;
          const answer = await call(method, address, { key });
          expect([answer.status, answer.body.error.code]).toEqual([405, "method_not_allowed"]);
          expect(answer.headers.get("Allow")).toBe(methods.join(", "));
        }
      }
    },
  );

  it("no path of any other form is known", async () => {
    const words = [...new Set(PATHS.flatMap(([path]) => parts(path)).filter((part) => /^\w/.test(part)))];
    const segment = fc.oneof(
      fc.constantFrom(...words),
      fc.string().map(encodeURIComponent),
      fc.constantFrom("%", "%E0%A4", "%00", "."),
    );
    const path = fc
      .array(segment, { maxLength: 5 })
      .map((segments) => new URL(`http://apionics.test/v1/${segments.join("/")}`).pathname)
      .filter((address) => address.startsWith("/v1/") && methodsAt(address).length === 0);
    await check(fc.tuple(path, fc.constantFrom(...METHODS)), 300, async ([address, method]) => {
      made.misdirected += 1;
      const answer = await call(method, address, { key: workspace.test });
      expect([answer.status, answer.body.error.code]).toEqual([404, "not_found"]);
    });
  });
});

it("has made thousands of requests, and enough of each kind", () => {
  expect(made.valid).toBeGreaterThan(1_500);
  expect(made.spoilt).toBeGreaterThan(2_000);
  expect(made.keyless).toBeGreaterThan(700);
  expect(made.misdirected).toBeGreaterThan(500);
  expect(Object.values(made).reduce((sum, each) => sum + each)).toBeGreaterThan(5_000);
});
