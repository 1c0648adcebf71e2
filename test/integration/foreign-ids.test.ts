import { env } from "cloudflare:workers";
import { ulid } from "ulid";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { newId } from "../../src/lib/ids.ts";
import type { Mode } from "../../src/lib/vocabulary.ts";
import type { Operation, Schema } from "../helpers/openapi/document.ts";
import { OPERATIONS, resolve } from "../helpers/openapi/document.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish, saidBy } from "./helpers/api.ts";
import { drive, holdTime, refOf } from "./helpers/drive.ts";
import { standInForMeta } from "./helpers/live.ts";
import { BOTH_APPS, useApps } from "./helpers/login.ts";
import { addressOf } from "./helpers/requests.ts";
import type { Things } from "./helpers/things.ts";
import { NAMED_OTHERWISE, newThings, THINGS } from "./helpers/things.ts";

/*
 * Every place of every route that takes an id, made of the OpenAPI document, with every id that is not one's own: all of
 * them are answered as one that nobody has, and nothing becomes of them.
 */

/** A place in a request where an id stands. */
interface Place {
  operation: Operation;
  in: "path" | "query" | "body";
  /** Of a member its path, in which a list is `0`. */
  name: string;
  kind: keyof Things;
}

/** What is named like an id, and is none of ours. */
const NOT_OURS = ["location_id", "external_id", "platform_post_id", "number", "workspace_id"];

/** What each route needs beside the ids: of its body the members that it requires, and no account twice. */
const BODIES: Readonly<Record<string, (own: Things) => object>> = {
  publishPost: (own) => ({ content: "Hello", accounts: [own.account_id] }),
  validatePost: (own) => ({ content: "Hello", accounts: [own.account_id] }),
  editPost: () => ({ content: "Otherwise" }),
  resolveTask: () => ({ outcome: "not_published" }),
  updateAccount: () => ({ labels: ["mine"] }),
  resumeAccount: () => ({ overdue: "cancel" }),
  updateWebhook: () => ({ active: false }),
  rotateWebhookSecret: () => ({}),
  recoverDeliveries: () => ({ since: "2026-01-01T00:00:00Z" }),
  makeRendition: () => ({ for: "instagram" }),
  updateAccountGroup: () => ({ name: "Otherwise" }),
  inviteMember: () => ({ role: "viewer" }),
  updateMember: () => ({ role: "approver" }),
  createApiKey: () => ({ name: "Another", scopes: ["posts:read"] }),
  updateApiKey: () => ({ name: "Another" }),
  rotateApiKey: () => ({}),
};

/** Things that go on being seen once they are gone. */
const SEEN_WHEN_GONE: readonly (keyof Things)[] = ["post_id", "event_id", "api_key_id"];

/** Things that are the workspace's, in both modes. */
const OF_BOTH_MODES: readonly (keyof Things)[] = ["group_id", "person_id"];

/** Names of members and parameters that look like ids, and that nobody here knows what to put in. */
const unknown: string[] = [];

// What the deployment's owner asks for is nobody else's.
const PLACES: Place[] = OPERATIONS.filter(({ openTo }) => openTo !== "admin").flatMap((operation) => {
  const schema = operation.body?.content["application/json"]?.schema;
  return [
    ...operation.parameters.flatMap(({ name, in: place }) =>
      place === "header" ? [] : placeOf(operation, place, name, name),
    ),
    ...(schema ? membersOf(schema).flatMap((path) => placeOf(operation, "body", path, nameOf(path))) : []),
  ];
});

function placeOf(operation: Operation, where: Place["in"], name: string, said: string): Place[] {
  const kind = kindOf(said);
  if (kind) return [{ operation, in: where, name, kind }];
  if ((where === "path" || /_ids?$/.test(said)) && !NOT_OURS.includes(said)) unknown.push(`${operation.name}: ${said}`);
  return [];
}

function kindOf(name: string): keyof Things | undefined {
  return THINGS.find((kind) => kind === name) ?? NAMED_OTHERWISE[name];
}

/** Where in a body texts stand. A list of them is `accounts.0`. */
function membersOf(reference: Schema, path = ""): string[] {
  const schema = resolve(reference);
  const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  const within = (name: string) => (path === "" ? name : `${path}.${name}`);
  return [
    ...branches.flatMap((branch) => membersOf(branch, path)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) => membersOf(member, within(name))),
    ...(schema.items ? membersOf(schema.items, within("0")) : []),
    ...([schema.type].flat().includes("string") && path !== "" ? [path] : []),
  ];
}

/** What a member is called, whose entries go by the name of their list. */
function nameOf(path: string): string {
  return path.replace(/\.0$/, "").split(".").at(-1) ?? "";
}

/** A workspace with one of everything in both modes, and something public in the sandbox. */
interface World {
  workspace: TestWorkspace;
  live: Things;
  test: Things;
}

let network: StandIn;
let theirs: World;
beforeAll(async () => {
  holdTime();
  network = standInForMeta();
  useApps(BOTH_APPS);
  theirs = await newWorld();
});
afterAll(() => {
  useApps({});
  vi.restoreAllMocks();
});

async function newWorld(): Promise<World> {
  const workspace = await newWorkspace();
  const live = await newThings(workspace, "live", network);
  const test = await newThings(workspace, "test", network);
  await drive(refOf(workspace, await publish(workspace, { content: "Hello", accounts: [test.account_id] })));
  return { workspace, live, test };
}

/** Things of a mode that were there. */
async function goneThings(world: World, mode: Mode): Promise<Things> {
  const gone = await newThings(world.workspace, mode, network);
  for (const path of [
    `/v1/posts/${gone.post_id}`,
    `/v1/webhooks/${gone.webhook_id}`,
    `/v1/media/${gone.media_id}`,
    `/v1/media/uploads/${gone.upload_id}`,
    `/v1/accounts/${gone.account_id}`,
    `/v1/account-groups/${gone.group_id}`,
    `/v1/members/${gone.person_id}`,
  ]) {
    const answer = await call("DELETE", path, { key: world.workspace[mode] });
    if (answer.status !== 200) throw new Error(answer.text);
  }
  return gone;
}

/** Asks with one id in its place and one's own in all others. */
function ask({ operation, in: where, name }: Place, world: World, mode: Mode, id: string): Promise<Answer> {
  const own = world[mode];
  const path = { ...own, number: "1", ...(where === "path" ? { [name]: id } : {}) };
  const required = operation.parameters.filter((each) => each.in === "query" && each.required && each.name !== name);
  const query: [string, string][] = required.map((each) => [each.name, "Rome"]);
  if (where === "query") query.push([name, id]);
  const body = BODIES[operation.operationId]?.(own);
  return call(operation.method, addressOf(operation, { path, query }), {
    key: world.workspace[mode],
    ...(body || where === "body" ? { body: where === "body" ? put(body ?? {}, name.split("."), id) : body } : {}),
  });
}

function put(value: object, [name = "", ...rest]: string[], id: string): object {
  if (name === "0") return [id] as object;
  const member = (value as Record<string, object>)[name] ?? {};
  return { ...value, [name]: rest.length === 0 ? id : put(member, rest, id) };
}

/** What an answer says, but for the request's own id and the id that was asked for. */
function said({ status, text, headers }: Answer, id: string): unknown[] {
  const own = headers.get("X-Request-Id") ?? "";
  const names = [...headers.keys()].filter((name) => !name.startsWith("ratelimit")).toSorted();
  return [status, text.replaceAll(own, "").replaceAll(JSON.stringify(id).slice(1, -1), "the id"), names];
}

const ID_NAMES = {
  account_id: "account",
  media_id: "media",
  post_id: "post",
  webhook_id: "webhook",
  event_id: "event",
  upload_id: "upload",
  api_key_id: "apiKey",
  group_id: "group",
  person_id: "person",
  workspace_id: "workspace",
} as const;

/** Ids of nobody's, in the form that such ids have. */
function idOfNobody(kind: keyof Things): string {
  if (kind === "delivery_id") return `dlv_${ulid()}_${Date.now().toString(36)}_${ulid()}`;
  return newId(ID_NAMES[kind], Date.now());
}

describe("the document", () => {
  it("has no place for an id that this does not know how to fill", () => {
    expect(unknown).toEqual([]);
  });

  it("has dozens of places for ids", () => {
    expect(PLACES.length).toBeGreaterThan(45);
  });
});

describe("an id that is not one's own is as one that nobody has", () => {
  it.each(PLACES.map((place) => [`${place.operation.name}: ${place.in} ${place.name}`, place] as const))(
    "%s",
    async (_name, place) => {
      const { operation, kind } = place;
      const mode = operation.modes.includes("test") ? "test" : "live";
      const mine = await newWorld();
      const gone = await goneThings(mine, mode);
      const own = mine[mode][kind];
      const nobodys = idOfNobody(kind);
      const missing = said(await ask(place, mine, mode, nobodys), nobodys);
      const others = {
        "another workspace's": theirs[mode][kind],
        ...(OF_BOTH_MODES.includes(kind) ? {} : { "the other mode's": mine[mode === "test" ? "live" : "test"][kind] }),
        "another workspace's other mode's": theirs[mode === "test" ? "live" : "test"][kind],
        // By a filter one's own posts are found that went to an account which is gone.
        ...(SEEN_WHEN_GONE.includes(kind) || place.in === "query" ? {} : { deleted: gone[kind] }),
        "of another kind": kind === "post_id" ? mine[mode].media_id : mine[mode].post_id,
        "in other letters": own.toLowerCase(),
        "with more behind": `${own}x`,
        "no id": "nonsense",
        "a word of SQL": "' OR 1=1 --",
      };
      const answers: Record<string, unknown> = {};
      for (const [whose, id] of Object.entries(others)) answers[whose] = said(await ask(place, mine, mode, id), id);
      expect(answers).toEqual(Object.fromEntries(Object.keys(others).map((whose) => [whose, missing])));
      // And one's own is as nothing else.
      expect(said(await ask(place, mine, mode, own), own)).not.toEqual(missing);
    },
  );
});

describe("what is another's", () => {
  let before: Record<string, string>;
  const readings = OPERATIONS.filter(
    ({ method, openTo }) => method === "GET" && openTo !== "admin" && openTo !== "anybody",
  );

  async function readAll(): Promise<Record<string, string>> {
    const seen: Record<string, string> = {};
    for (const operation of readings) {
      for (const mode of operation.modes) {
        const required = operation.parameters.filter((each) => each.in === "query" && each.required);
        const query = required.map(({ name }): [string, string] => [name, "Rome"]);
        const address = addressOf(operation, { path: { ...theirs[mode] }, query });
        const said = saidBy(await call("GET", address, { key: theirs.workspace[mode] }));
        // The sweeper may seal what stands in the log meanwhile.
        seen[`${mode} ${operation.name}`] = said.replaceAll(/^\{"(?:seal|end)":.*$/gm, "");
      }
    }
    return seen;
  }

  it("stays as it was, whatever others ask of it", async () => {
    const mine = await newWorld();
    before = await readAll();
    for (const place of PLACES) {
      const mode = place.operation.modes.includes("test") ? "test" : "live";
      for (const id of [theirs.test[place.kind], theirs.live[place.kind]]) await ask(place, mine, mode, id);
    }
    expect(await readAll()).toEqual(before);
  });

  it("is in no list of others, nor of the other mode", async () => {
    const mine = await newWorld();
    for (const operation of readings.filter(({ path }) => !path.includes("{"))) {
      for (const mode of operation.modes) {
        const { text } = await call("GET", operation.path, { key: mine.workspace[mode] });
        const foreign = [theirs.live, theirs.test, mine[mode === "test" ? "live" : "test"]].flatMap(Object.values);
        expect(foreign.filter((id) => text.includes(id))).toEqual([]);
      }
    }
  });
});

describe("a cursor", () => {
  // Of the deployment's own lists there are no others'.
  const lists = OPERATIONS.filter(
    ({ openTo, parameters }) => openTo !== "admin" && parameters.some(({ name }) => name === "cursor"),
  );
  let mine: World;
  beforeAll(async () => {
    mine = await newWorld();
    for (const world of [mine, theirs]) await fill(world);
  });

  /** A second of everything, so that lists have a second page. */
  async function fill({ workspace, test }: World): Promise<void> {
    for (const mode of ["live", "test"] as const) await newThings(workspace, mode, network);
    await drive(refOf(workspace, await publish(workspace, { content: "Again", accounts: [test.account_id] })));
    await newAccount(workspace, "facebook");
  }

  async function page(operation: Operation, world: World, mode: Mode, cursor?: string): Promise<Answer> {
    const query: [string, string][] = [
      ["limit", "1"],
      ...(cursor === undefined ? [] : [["cursor", cursor] as [string, string]]),
    ];
    const key = operation.openTo === "admin" ? (env.ADMIN_TOKEN ?? "") : world.workspace[mode];
    return call("GET", addressOf(operation, { path: { ...world[mode] }, query }), { key });
  }

  async function cursorOf(operation: Operation, world: World, mode: Mode): Promise<string> {
    const { next_cursor } = (await page(operation, world, mode)).body;
    if (typeof next_cursor !== "string") throw new Error(`${operation.name} has no second page`);
    return next_cursor;
  }

  it.each(lists.map((operation) => [operation.name, operation] as const))(
    "of another workspace, mode or list is refused by name: %s",
    async (_name, operation) => {
      const mode = operation.modes.includes("test") ? "test" : "live";
      const own = await cursorOf(operation, mine, mode);
      expect((await page(operation, mine, mode, own)).status).toBe(200);
      const [other = operation] = lists.filter((each) => each !== operation);
      const isOfDeployment = operation.openTo === "admin";
      const cursors: Record<string, string> = {
        ...(isOfDeployment ? {} : { "another workspace's": await cursorOf(operation, theirs, mode) }),
        "another list's": await cursorOf(other, mine, mode),
        spoilt: `${own.slice(0, -4)}AAAA`,
        "an id": mine[mode].post_id,
      };
      if (operation.modes.length > 1 && !isOfDeployment) {
        cursors["the other mode's"] = await cursorOf(operation, mine, mode === "test" ? "live" : "test");
      }
      const answers: Record<string, unknown> = {};
      for (const [whose, cursor] of Object.entries(cursors)) {
        const { status, body } = await page(operation, mine, mode, cursor);
        answers[whose] = [status, body.error?.field];
      }
      expect(answers).toEqual(Object.fromEntries(Object.keys(cursors).map((whose) => [whose, [400, "cursor"]])));
    },
  );
});
