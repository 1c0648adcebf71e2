import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/api/app.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import type { MutatingRoute, Mutation } from "./helpers/mutations.ts";
import { MUTATING_ROUTES } from "./helpers/mutations.ts";

/*
 * What every route that changes something owes to whoever sends a request again: the same answer, one change, one line in the
 * audit log.
 */

const CONFLICT = "This Idempotency-Key was already used with a different request body.";

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

/** One in two runs without the replay cache: the database has to know by itself. */
function withoutCache(): void {
  vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
}

function send({ route }: MutatingRoute, mutation: Mutation, idempotencyKey?: string): Promise<Answer> {
  const [method = ""] = route.split(" ");
  const { path, body, headers, mode = "test" } = mutation;
  const key = mode === "admin" ? (env.ADMIN_TOKEN ?? "") : workspace[mode];
  const keyed = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
  return call(method, path, { key, ...(body === undefined ? {} : { body }), headers: { ...headers, ...keyed } });
}

const newKey = () => `key-${crypto.randomUUID()}`;

/** Lines that the audit log has of an action, of this workspace and the deployment. */
async function linesOf({ action }: MutatingRoute): Promise<number> {
  const row = await env.DB.prepare("SELECT count(*) AS n FROM audit_log WHERE action = ? AND workspace_id IN (?, '')")
    .bind(action, workspace.id)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

describe.each(MUTATING_ROUTES.map((each) => [each.route, each] as const))("%s", (_name, each) => {
  afterEach(() => each.cleanUp?.(workspace));

  it("is done once for a key, and answered the same, byte for byte", async () => {
    const mutation = await each.prepare(workspace);
    const [key, before] = [newKey(), await linesOf(each)];
    const first = await send(each, mutation, key);
    expect([first.status < 300, first.headers.get("Idempotent-Replayed")], first.text).toEqual([true, null]);
    for (const spoil of [() => {}, withoutCache]) {
      spoil();
      const again = await send(each, mutation, key);
      expect([again.status, again.text, again.headers.get("Idempotent-Replayed")]).toEqual([
        first.status,
        first.text,
        "true",
      ]);
      expect(again.headers.get("ETag")).toBe(first.headers.get("ETag"));
    }
    expect(await linesOf(each)).toBe(before + 1);
  });

  it("is done once for a key that ten requests have at once", async () => {
    withoutCache();
    const mutation = await each.prepare(workspace);
    const [key, before] = [newKey(), await linesOf(each)];
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(each, mutation, key)));
    expect(answers.map(({ text }) => text)).toEqual(answers.map(() => answers[0]?.text));
    expect(answers.every(({ status }) => status < 300)).toBe(true);
    expect(await linesOf(each)).toBe(before + 1);
  });

  it("is refused with a key that was used for something else", async () => {
    const mutation = await each.prepare(workspace);
    const key = newKey();
    await send(each, mutation, key);
    const before = await linesOf(each);
    const other = await send(each, { ...mutation, ...mutation.other }, key);
    expect([other.status, other.body.error.code, other.body.error.message]).toEqual([
      409,
      "idempotency_conflict",
      CONFLICT,
    ]);
    expect(await linesOf(each)).toBe(before);
  });

  it("is done once when the database has done it and its answer was lost", async () => {
    withoutCache();
    const mutation = await each.prepare(workspace);
    const [key, before] = [newKey(), await linesOf(each)];
    loseAnswers();
    const first = await send(each, mutation, key);
    vi.restoreAllMocks();
    withoutCache();
    const again = await send(each, mutation, key);
    expect(again.status).toBeLessThan(300);
    if (first.status < 300) expect(again.text).toBe(first.text);
    expect(await linesOf(each)).toBe(before + 1);
  });

  it("has one line in the audit log without a key", async () => {
    const mutation = await each.prepare(workspace);
    const before = await linesOf(each);
    const answer = await send(each, mutation);
    expect(answer.status, answer.text).toBeLessThan(300);
    expect(await linesOf(each)).toBe(before + 1);
  });
});

/** Every batch that writes is carried out, and then fails: as often as a request repeats it, and once more. */
function loseAnswers(): void {
  const batch = env.DB.batch.bind(env.DB);
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    const results = await batch(statements);
    if (results.some(({ meta }) => meta.changes > 0)) throw new Error("D1_ERROR: the answer was lost");
    return results as never;
  });
}

it("knows every route that changes something, and each says that it takes a key", () => {
  const mutating = createApp().openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== "route" || definition.route.method === "get") return [];
    const { method, path, parameters } = definition.route;
    return [[`${method.toUpperCase()} ${path}`, JSON.stringify(parameters ?? []).includes("IdempotencyKey")] as const];
  });
  const takesNone = ["POST /v1/publish/validate", "POST /v1/publish/bulk"];
  expect(
    mutating.filter(([route, takesKey]) => !takesKey && !takesNone.includes(route)).map(([route]) => route),
  ).toEqual([]);
  const known = MUTATING_ROUTES.map(({ route }) => route);
  expect(
    mutating
      .filter(([, takesKey]) => takesKey)
      .map(([route]) => route)
      .sort(),
  ).toEqual(known.sort());
});
