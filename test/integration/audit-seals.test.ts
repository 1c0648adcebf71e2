import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sealSome } from "../../src/audit/seal-log.ts";
import { findUnsealed, insertSeals } from "../../src/db/audit-seals.ts";
import { database } from "../../src/db/database.ts";
import type { Scope } from "../../src/lib/vocabulary.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { newWorkspace } from "./helpers/api.ts";
import { exportOf, sealAll, verdictOn, writeLines } from "./helpers/audit.ts";
import { advance, holdTime } from "./helpers/drive.ts";

const SECOND = 1_000;

let workspace: TestWorkspace;
let scope: Scope;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  scope = { workspaceId: workspace.id, mode: "test" };
  // Also the line of the deployment's log that says so.
  await sealAll();
});
afterEach(() => vi.restoreAllMocks());

const db = database(env.DB);
const sweep = () => env.SWEEPER.getByName(SWEEPER_NAME).sweep();
const sealsOf = async ({ workspaceId, mode }: Scope): Promise<number[]> => {
  const { results } = await env.DB.prepare("SELECT rows FROM audit_seals WHERE workspace_id = ? AND mode = ?")
    .bind(workspaceId, mode)
    .all<{ rows: number }>();
  return results.map(({ rows }) => rows);
};

describe("the sweeper", () => {
  it("seals what was logged, each workspace and mode by itself, once a minute", async () => {
    advance(60 * SECOND);
    await sweep();
    const live: Scope = { workspaceId: workspace.id, mode: "live" };
    const deployment: Scope = { workspaceId: "", mode: "live" };
    const before = (await sealsOf(deployment)).length;
    await writeLines(scope, 2);
    await writeLines(live, 1);
    await writeLines(deployment, 1);
    await writeLines(scope, 1);
    advance(30 * SECOND);
    await sweep();
    expect(await sealsOf(scope)).toEqual([]);
    advance(30 * SECOND);
    await sweep();
    expect(await sealsOf(scope)).toEqual([3]);
    expect(await sealsOf(live)).toEqual([1]);
    expect(await sealsOf(deployment)).toHaveLength(before + 1);
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ isGood: true, lines: 3, unsealed: 0 });
  });

  it("asks the database two small questions where there is nothing to seal, and writes nothing", async () => {
    await writeLines(scope, 500);
    await sealAll();
    const asked: string[] = [];
    const prepare = env.DB.prepare.bind(env.DB);
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      asked.push(sql);
      return prepare(sql);
    });
    expect(await sealSome(db, Date.now())).toBe(false);
    vi.restoreAllMocks();
    expect(asked).toHaveLength(2);
    const { sealedThrough } = await findUnsealed(db, 1);
    for (const sql of asked) {
      const params = sql.includes("?") ? [sealedThrough, 500] : [];
      const { meta } = await env.DB.prepare(sql)
        .bind(...params)
        .all();
      expect(meta.rows_read).toBeLessThanOrEqual(1);
      expect(meta.rows_written).toBe(0);
    }
  });

  it("seals in steps, and leaves to the next sweep what one does not come through with", async () => {
    for (let i = 0; i < 6; i++) await writeLines(scope, 500);
    advance(60 * SECOND);
    await sweep();
    expect((await sealsOf(scope)).reduce((sum, rows) => sum + rows, 0)).toBe(2_500);
    advance(SECOND);
    await sweep();
    expect((await sealsOf(scope)).reduce((sum, rows) => sum + rows, 0)).toBe(3_000);
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ isGood: true, lines: 3_000, unsealed: 0 });
  });
});

describe("sealing", () => {
  it("is done once by ten sweepers at once, also while lines are added", async () => {
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          await writeLines(scope, 1);
          await sealSome(db, Date.now() + index);
        }),
      );
    }
    await sealAll();
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ isGood: true, lines: 50, unsealed: 0 });
  });

  it("of two that saw different lines one has done it, and the other nothing", async () => {
    await writeLines(scope, 2);
    const first = await findUnsealed(db, 500);
    await writeLines(scope, 2);
    await sealSome(db, Date.now());
    expect(await sealsOf(scope)).toEqual([4]);
    // The one that saw less, and was slower.
    const seq = first.rows.at(-1)?.seq ?? 0;
    const seal = { ...scope, throughSeq: seq, rows: 2, hash: "0".repeat(64), sealedAt: 0 };
    await insertSeals(db, [seal], first.sealedThrough);
    expect(await sealsOf(scope)).toEqual([4]);
  });

  it("is done once when the database has done it and its answer was lost", async () => {
    await writeLines(scope, 3);
    const prepare = env.DB.prepare.bind(env.DB);
    let lost = 0;
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      const made = prepare(sql);
      if (!/INSERT INTO audit_seals/.test(sql) || lost > 0) return made;
      const bind = made.bind.bind(made);
      made.bind = (...values) => {
        const bound = bind(...values);
        const run = bound.run.bind(bound);
        bound.run = async () => {
          await run();
          lost += 1;
          throw new Error("D1_ERROR: the answer was lost");
        };
        return bound;
      };
      return made;
    });
    await sealSome(db, Date.now());
    expect(lost).toBe(1);
    expect(await sealsOf(scope)).toEqual([3]);
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ isGood: true, seals: 1 });
  });

  it("leaves out a workspace that was deleted meanwhile, and seals the others' lines of the same time", async () => {
    const gone = await newWorkspace();
    await sealAll();
    await writeLines(scope, 1);
    await writeLines({ workspaceId: gone.id, mode: "test" }, 1);
    const { rows, sealedThrough } = await findUnsealed(db, 500);
    await forget(gone);
    const seals = rows.map(({ workspaceId, mode, seq: throughSeq }) => {
      return { workspaceId, mode, throughSeq, rows: 1, hash: "0".repeat(64), sealedAt: 0 };
    });
    await insertSeals(db, seals, sealedThrough);
    expect(await sealsOf(scope)).toEqual([1]);
    expect(await sealsOf({ workspaceId: gone.id, mode: "test" })).toEqual([]);
    // The number that is free again is another's, who is not sealed yet.
    const other = await newWorkspace();
    await writeLines({ workspaceId: other.id, mode: "test" }, 1);
    await sealAll();
    expect(await verdictOn(exportOf(other))).toMatchObject({ isGood: true, unsealed: 0 });
  });
});

/** Deletes a workspace's log, as its deletion does. */
async function forget({ id }: TestWorkspace): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("UPDATE workspaces SET deleted_at = 1 WHERE id = ?").bind(id),
    env.DB.prepare("DELETE FROM audit_seals WHERE workspace_id = ?").bind(id),
    env.DB.prepare("DELETE FROM audit_log WHERE workspace_id = ?").bind(id),
  ]);
}

describe("the database", () => {
  const run = (sql: string, id = workspace.id) => env.DB.prepare(sql).bind(id).run();

  it("lets nobody change a line, or delete one of a workspace that is there", async () => {
    await writeLines(scope, 1);
    await writeLines({ workspaceId: "", mode: "live" }, 1);
    for (const id of [workspace.id, ""]) {
      await expect(run("UPDATE audit_log SET actor = 'key_2' WHERE workspace_id = ?", id)).rejects.toThrow(
        "append-only",
      );
      await expect(run("DELETE FROM audit_log WHERE workspace_id = ?", id)).rejects.toThrow("append-only");
    }
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ lines: 1 });
  });

  it("lets lines go with a workspace that is marked as deleted, and lets nobody change them even then", async () => {
    await writeLines(scope, 1);
    await run("UPDATE workspaces SET deleted_at = 1 WHERE id = ?");
    await expect(run("UPDATE audit_log SET actor = 'key_2' WHERE workspace_id = ?")).rejects.toThrow("append-only");
    expect((await run("DELETE FROM audit_log WHERE workspace_id = ?")).meta.changes).toBe(1);
  });

  /** Runs statements as one would who has the database in their hands, without its triggers. */
  async function tamper(...statements: string[]): Promise<void> {
    const { results } = await env.DB.prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit_log'",
    ).all<{ name: string; sql: string }>();
    expect(results).toHaveLength(2);
    await env.DB.batch([
      ...results.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)),
      ...statements.map((sql) => env.DB.prepare(sql)),
      ...results.map(({ sql }) => env.DB.prepare(sql)),
    ]);
  }

  /** The number of the workspace's line, from 0: six of them, sealed by twos. */
  const seq = (nth: number) =>
    `(SELECT seq FROM audit_log WHERE workspace_id = '${workspace.id}' LIMIT 1 OFFSET ${nth})`;
  const seal = (nth: number) =>
    `(SELECT through_seq FROM audit_seals WHERE workspace_id = '${workspace.id}' LIMIT 1 OFFSET ${nth})`;

  it.each<[string, () => string[]]>([
    ...["id = 'aud_x'", "at = at + 1", "action = 'webhook.deleted'", "actor = 'key_2'", "target = NULL"].map(
      (change): [string, () => string[]] => [change, () => [`UPDATE audit_log SET ${change} WHERE seq = ${seq(3)}`]],
    ),
    ...["request_id = 'req_2'", "ip = '192.0.2.1'", "details = '{}'", "mode = 'live'", "workspace_id = 'ws'"].map(
      (change): [string, () => string[]] => [change, () => [`UPDATE audit_log SET ${change} WHERE seq = ${seq(3)}`]],
    ),
    ["a line is gone", () => [`DELETE FROM audit_log WHERE seq = ${seq(0)}`]],
    ["the newest line is gone", () => [`DELETE FROM audit_log WHERE seq = ${seq(5)}`]],
    ["all that a seal covers is gone", () => [`DELETE FROM audit_log WHERE seq IN (${seq(2)}, ${seq(3)})`]],
    [
      "all that a seal covers is gone, and the seal",
      () => [
        `DELETE FROM audit_seals WHERE through_seq = ${seal(1)}`,
        `DELETE FROM audit_log WHERE seq IN (${seq(2)}, ${seq(3)})`,
      ],
    ],
    [
      "two lines have changed places",
      () => [
        `UPDATE audit_log SET seq = seq + 1000000 WHERE seq = ${seq(2)}`,
        `UPDATE audit_log SET seq = seq - 1 WHERE seq = ${seq(2)}`,
        `UPDATE audit_log SET seq = seq - 999999 WHERE seq = ${seq(5)}`,
      ],
    ],
    [
      "a line was put in",
      () => [
        `UPDATE audit_log SET seq = seq + 1000000 WHERE seq = ${seq(5)}`,
        `INSERT INTO audit_log SELECT seq - 1000000, 'aud_put_in', workspace_id, mode, at, action, actor, target,
           request_id, ip, details FROM audit_log WHERE seq = ${seq(5)}`,
      ],
    ],
    ["a seal is gone", () => [`DELETE FROM audit_seals WHERE through_seq = ${seal(1)}`]],
    [
      "a seal's hash was changed",
      () => [`UPDATE audit_seals SET hash = '${"0".repeat(64)}' WHERE through_seq = ${seal(2)}`],
    ],
    ["a seal's time was changed", () => [`UPDATE audit_seals SET sealed_at = 1 WHERE through_seq = ${seal(2)}`]],
    ["a seal's count was changed", () => [`UPDATE audit_seals SET rows = 9 WHERE through_seq = ${seal(0)}`]],
    ["a seal was moved", () => [`UPDATE audit_seals SET through_seq = through_seq - 1 WHERE through_seq = ${seal(1)}`]],
  ])("is found to have been tampered with where %s", async (_what, statements) => {
    for (let seals = 0; seals < 3; seals++) {
      await writeLines(scope, 2);
      await sealAll();
    }
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ isGood: true, lines: 6, seals: 3, unsealed: 0 });
    await tamper(...statements());
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ isGood: false });
    await forget(workspace);
  });

  it("is found to have lost its last seals by who kept one: nothing goes on behind it", async () => {
    await writeLines(scope, 2);
    await sealAll();
    const verdict = await verdictOn(exportOf(workspace));
    const kept = verdict.isGood ? verdict.lastHash : "";
    await tamper(
      `DELETE FROM audit_seals WHERE workspace_id = '${workspace.id}'`,
      `UPDATE audit_log SET actor = 'key_2' WHERE workspace_id = '${workspace.id}'`,
    );
    advance(SECOND);
    await sealAll();
    // The chain is a good one, made anew: of itself it does not tell.
    expect(await verdictOn(exportOf(workspace))).toMatchObject({ isGood: true, unsealed: 0 });
    expect((await exportOf(workspace, "test", `?after=${kept}`)).status).toBe(400);
  });
});
