import type { AuditRow } from "../db/audit-log.ts";
import type { SealRow } from "../db/audit-seals.ts";
import { sha256Hex } from "../lib/crypto.ts";
import type { Json } from "../lib/json.ts";
import { canonicalJson } from "../lib/json.ts";
import { printPreciseTime } from "../lib/time.ts";
import type { Mode } from "../lib/vocabulary.ts";

/*
 * PURE: what a line of the audit log looks like outside the database, and how seals make a chain over it. Lines are sealed
 * as they are exported, so that whoever has an export can compute every seal again.
 */

/** A line as answers and exports have it. Its number stays inside: numbers tell how much others do. */
export interface PrintedLine {
  id: string;
  /** Null: of the deployment. */
  workspace_id: string | null;
  mode: Mode;
  /** RFC 3339, to the millisecond. */
  at: string;
  action: AuditRow["action"];
  actor: string;
  target: string | null;
  request_id: string | null;
  ip: string | null;
  details: { [name: string]: Json } | null;
}

export function printLine(row: AuditRow): PrintedLine {
  return {
    id: row.id,
    workspace_id: row.workspaceId === "" ? null : row.workspaceId,
    mode: row.mode,
    at: printPreciseTime(row.at),
    action: row.action,
    actor: row.actor,
    target: row.target,
    request_id: row.requestId,
    ip: row.ip,
    details: row.details,
  };
}

/** What a seal says of itself, and its hash covers with the lines. */
export interface SealHeader {
  /** The hash of the seal before; null: it is the first. */
  previous: string | null;
  /** How many lines it covers: those since the seal before. */
  lines: number;
  /** RFC 3339, to the millisecond. */
  sealed_at: string;
}

/** A seal as exports have it. */
export interface PrintedSeal extends SealHeader {
  /** In hexadecimal. */
  hash: string;
}

/** @param previous the hash of the seal before; null: it is the first */
export function printSeal({ rows, sealedAt, hash }: SealRow, previous: string | null): PrintedSeal {
  return { previous, lines: rows, sealed_at: printPreciseTime(sealedAt), hash };
}

/**
 * SHA-256 over the canonical JSON of the header, which names the seal before, and of each line, with a line feed between.
 *
 * @param lines the canonical JSON of what is covered, in order
 * @returns lower-case hexadecimal
 */
export function sealHash({ previous, lines: count, sealed_at }: SealHeader, lines: readonly string[]): Promise<string> {
  return sha256Hex([canonicalJson({ previous, lines: count, sealed_at }), ...lines].join("\n"));
}
