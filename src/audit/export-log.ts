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

/** Seals that are looked at together. */
const SEALS = 200;
/** Lines that are read together, but for what one seal alone covers. */
const LINES = 2_000;

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

/** @returns the export, some lines at a time */
export async function* exportLog(db: Database, scope: Scope, start: ExportStart): AsyncGenerator<Exported[]> {
  let { seq, hash } = start;
  const end = { lines: 0, seals: 0 };
  const print = (rows: AuditRow[]): Exported[] => {
    end.lines += rows.length;
    return rows.map((row) => ({ line: printLine(row) }));
  };
  for (;;) {
    const seals = fewEnough(await listSeals(db, scope, seq, SEALS));
    const through = seals.at(-1)?.throughSeq;
    if (through === undefined) break;
    const rows = await listLinesUpwards(db, scope, { after: seq, through });
    for (const seal of seals) {
      const covered = rows.filter((row) => row.seq > seq && row.seq <= seal.throughSeq);
      end.seals += 1;
      yield [...print(covered), { seal: printSeal(seal, hash) }];
      ({ throughSeq: seq, hash } = seal);
    }
  }
  for (;;) {
    const rows = await listLinesUpwards(db, scope, { after: seq, through: null }, LINES);
    if (rows.length > 0) yield print(rows);
    seq = rows.at(-1)?.seq ?? seq;
    if (rows.length < LINES) break;
  }
  yield [{ end }];
}

/** The first seals that cover so many lines together, and one at least. */
function fewEnough(seals: SealRow[]): SealRow[] {
  let lines = 0;
  return seals.filter(({ rows }, index) => {
    lines += rows;
    return index === 0 || lines <= LINES;
  });
}
