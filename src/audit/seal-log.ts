import type { AuditRow } from "../db/audit-log.ts";
import type { SealRow } from "../db/audit-seals.ts";
import { findLastSeals, findUnsealed, insertSeals } from "../db/audit-seals.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import type { Millis } from "../lib/clock.ts";
import { canonicalJson } from "../lib/json.ts";
import { printPreciseTime } from "../lib/time.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { printLine, sealHash } from "./seal.ts";

/** Lines that one step seals. */
const STEP = 500;

/**
 * Seals the oldest lines that are not sealed yet, each workspace's in one seal for each mode. Of two who do it at once one
 * does, and repeating it seals nothing twice.
 *
 * @returns whether there may be more
 */
export async function sealSome(db: Database, now: Millis): Promise<boolean> {
  const { sealedThrough, rows } = await findUnsealed(db, STEP);
  if (rows.length === 0) return false;
  const groups = [...Map.groupBy(rows, worldOf).values()];
  const before = new Map((await findLastSeals(db, groups.map(scopeOf))).map((seal) => [worldOf(seal), seal.hash]));
  const seals = await Promise.all(
    groups.map((group) => sealOf(group, before.get(worldOf(scopeOf(group))) ?? null, now)),
  );
  await retryWrite(() => insertSeals(db, seals, sealedThrough));
  return rows.length === STEP;
}

async function sealOf(rows: AuditRow[], previous: string | null, now: Millis): Promise<SealRow> {
  const header = { previous, lines: rows.length, sealed_at: printPreciseTime(now) };
  const hash = await sealHash(
    header,
    rows.map((row) => canonicalJson(printLine(row))),
  );
  return { ...scopeOf(rows), throughSeq: rows.at(-1)?.seq ?? 0, rows: rows.length, hash, sealedAt: now };
}

function worldOf({ workspaceId, mode }: Scope): string {
  return `${workspaceId} ${mode}`;
}

/** @param rows of one workspace and mode, at least one */
function scopeOf([row]: AuditRow[]): Scope {
  if (!row) throw new Error("a seal covers at least one line");
  return { workspaceId: row.workspaceId, mode: row.mode };
}
