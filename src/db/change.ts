import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { Json } from "../lib/json.ts";
import type { AuditAction, PostRef } from "../lib/vocabulary.ts";
import type { AuditLine } from "./audit-log.ts";
import { insertAuditLine } from "./audit-log.ts";
import type { Database } from "./database.ts";
import type { IdempotencyRow } from "./idempotency.ts";
import { claimKey, refuseTakenKey } from "./idempotency.ts";

/*
 * What every change brings along into its batch: a line of the audit log, and the claim of its request's Idempotency-Key
 * with the answer. So a change that is there is known to have been made, by whom, and is not made again.
 */

/** What goes into the batch of a change. */
export interface ChangeRecord {
  /** Null: the request has no key. */
  claim: IdempotencyRow | null;
  audit: AuditLine;
  /** Set where the claim was written: where the change was not made, or was before, it is not. */
  isStored: boolean;
}

/** What the audit log is to say of a change. */
export interface AuditEntry {
  action: AuditAction;
  /** The id of what is changed; null: the workspace, or the deployment. */
  target: string | null;
  /** What else there is to know. Never a secret. */
  details?: { [name: string]: Json };
}

/** Something that is asked of an object, by whom, and under which name. */
export interface Command {
  /** Asked again under the same name, it is answered again and not done again. Null: it is asked once. */
  id: string | null;
  /** The id of an API key, for the timeline. Null: nobody in particular. */
  asker: string | null;
  /** Of every attempt of the same request it is the same line, with the time of the first one. */
  audit: AuditLine;
}

/**
 * A change that somebody asks for: who, and how it is done once. `Outcome` is what the answer is made of; it must be known
 * before the change is written, for the answer is written with it.
 */
export interface Change<Outcome> {
  /** The id of the API key that asks; null: nobody in particular. */
  asker: string | null;
  /** Of what is written by `commitChange`. */
  record(entry: AuditEntry, outcome: Outcome): Promise<ChangeRecord>;
  /**
   * Of what has no answer yet when it is written, for that is only where it begins: the key is claimed with it, and whoever
   * comes again meanwhile finds the claim as `earlier`.
   */
  begin(entry: AuditEntry): Promise<ChangeRecord>;
  /**
   * Of what an object does: claims the key, to be called when nothing but the object is left to be asked.
   *
   * @param ref null: it is no post's object
   * @throws KeyTaken when the key is taken, by another request or by this one
   */
  command(ref: PostRef | null, entry: AuditEntry): Promise<Command>;
  /** The claim of an earlier attempt of the same request: it began, or asked an object, and was not heard of any more. */
  earlier: string | null;
}

/** The key of a request was taken in the same moment; its row says by whom. */
export class KeyTaken extends Error {
  override name = "KeyTaken";
}

type Work = readonly [BatchItem<"sqlite">, ...BatchItem<"sqlite">[]];

/**
 * Makes a change, in one batch with its record. Where its key is taken nothing is written. To be repeated when its answer
 * is lost, as far as the work itself may be.
 *
 * @param work the statements that make the change, and may read
 * @param isMade holds where the change was made; as a rule, where the last statement that writes has written
 * @throws KeyTaken
 */
export async function commitChange<T extends Work>(
  db: Database,
  record: ChangeRecord,
  work: T,
  isMade: SQL = sql`changes() > 0`,
): Promise<BatchResponse<T>> {
  const { claim, audit } = record;
  const before = claim ? [refuseTakenKey(db, claim)] : [];
  const after = claim ? [claimKey(db, claim, claim.claimedAt, sql`changes() > 0`)] : [];
  const statements: BatchItem<"sqlite">[] = [...before, ...work, insertAuditLine(db, audit, isMade), ...after];
  try {
    const results = await db.batch(statements as [BatchItem<"sqlite">, ...BatchItem<"sqlite">[]]);
    record.isStored ||= claim !== null && (results.at(-1) as D1Result).meta.changes > 0;
    return results.slice(before.length, before.length + work.length) as BatchResponse<T>;
  } catch (error) {
    if (isTakenKey(error)) throw new KeyTaken("the key is taken", { cause: error });
    throw error;
  }
}

function isTakenKey(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes("idempotency.claim")) return true;
  }
  return false;
}
