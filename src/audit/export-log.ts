import type { AuditRow } from "../db/audit-log.ts";
import { listLinesUpwards } from "../db/audit-log.ts";
import type { SealRow } from "../db/audit-seals.ts";
import { findSealByHash, listSeals } from "../db/audit-seals.ts";
import type { Database } from "../db/database.ts";
import { invalid } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { PrintedLine, PrintedSeal } from "./seal.ts";
import { printLine, printSeal } from "./seal.ts";

/*
 * The audit log as it is exported: every line in order, each seal behind what it covers, and the end, which counts them.
 * Seals are read before their lines. So what is missing of these is not taken for something that came later.
 */

/** One line of an export. */
export type Exported =
  | { line: PrintedLine }
  | { seal: PrintedSeal }
  | {
      /** What the export holds; one without it was cut. */
      end: { lines: number; seals: number };
    };

/** Lines that are read together, and seals; of these no more than cover so many lines, but for one that does alone. */
const PAGE = 2_000;

/** Where an export begins: behind this number of a line, and behind the seal with this hash. */
export interface ExportStart {
  seq: number;
  hash: string | null;
}

/**
 * Where an export begins that goes on where another had its last seal.
 *
 * @param after that seal's hash; undefined: from the beginning
 * @throws Refusal when the log has no such seal
 */
export async function exportStart(db: Database, scope: Scope, after: string | undefined): Promise<ExportStart> {
  if (after === undefined) return { seq: 0, hash: null };
  const seal = await findSealByHash(db, scope, after);
  if (!seal) throw invalid("after", "after is not the hash of a seal of this audit log.");
  return { seq: seal.throughSeq, hash: seal.hash };
}

/** @returns the export, a page at a time */
export async function* exportLog(db: Database, scope: Scope, start: ExportStart): AsyncGenerator<Exported[]> {
  let { seq, hash } = start;
  const end = { lines: 0, seals: 0 };
  for (;;) {
    const seals = fewEnough(await listSeals(db, scope, seq, PAGE));
    const last = seals.at(-1);
    if (!last) break;
    const rows = await listLinesUpwards(db, scope, { after: seq, through: last.throughSeq });
    yield interleave(rows, seals, hash);
    end.lines += rows.length;
    end.seals += seals.length;
    ({ throughSeq: seq, hash } = last);
  }
  for (;;) {
    const rows = await listLinesUpwards(db, scope, { after: seq, through: null }, PAGE);
    if (rows.length > 0) yield interleave(rows, [], hash);
    end.lines += rows.length;
    seq = rows.at(-1)?.seq ?? seq;
    if (rows.length < PAGE) break;
  }
  yield [{ end }];
}

/** The first seals that cover so many lines together, and one at least. */
function fewEnough(seals: SealRow[]): SealRow[] {
  let lines = 0;
  return seals.filter(({ rows }, index) => {
    lines += rows;
    return index === 0 || lines <= PAGE;
  });
}

/** @param previous the hash of the seal before these */
function interleave(rows: readonly AuditRow[], seals: readonly SealRow[], previous: string | null): Exported[] {
  const entries: Exported[] = [];
  let next = 0;
  let before = previous;
  const takeThrough = (seq: number): void => {
    for (let row = rows[next]; row && row.seq <= seq; row = rows[next]) {
      entries.push({ line: printLine(row) });
      next += 1;
    }
  };
  for (const seal of seals) {
    takeThrough(seal.throughSeq);
    entries.push({ seal: printSeal(seal, before) });
    before = seal.hash;
  }
  takeThrough(Number.POSITIVE_INFINITY);
  return entries;
}
