import type { Context } from "hono";
import { answerRow } from "../../accounts/vault.ts";
import type { AppEnv } from "../../api/context.ts";
import type { AuditLine } from "../../db/audit-log.ts";
import type { AuditEntry, Change, ChangeRecord, Command } from "../../db/change.ts";
import { KeyTaken } from "../../db/change.ts";
import type { IdempotencyRow } from "../../db/idempotency.ts";
import { claimKeyAlone, findClaim, replaceAnswer, storeAnswer } from "../../db/idempotency.ts";
import { retryWrite } from "../../db/retry.ts";
import type { Millis } from "../../lib/clock.ts";
import { DAY } from "../../lib/clock.ts";
import { sha256Hex } from "../../lib/crypto.ts";
import { ID_PREFIXES, newId } from "../../lib/ids.ts";
import type { PostRef } from "../../lib/vocabulary.ts";
import type { Fields } from "./form.ts";
import type { Member } from "./member.ts";

/*
 * A form that is sent twice is done once, as a request is by its Idempotency-Key: its outcome is stored in the batch of the
 * change, sealed, and is the outcome of whatever else sends the same form.
 */

export const OUTCOME_LIFE: Millis = DAY;
/** Attempts of one form that may meet others of it; each finds out more than the one before. */
const MAX_ATTEMPTS = 3;

/** @typeParam Outcome survives being written as JSON */
export async function doOnce<Outcome>(
  c: Context<AppEnv>,
  member: Member,
  fields: Fields,
  run: (change: Change<Outcome>) => Promise<Outcome>,
): Promise<Outcome> {
  const { db, clock } = c.var.services;
  const key = await keyOf(c, member, fields);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const known = await findClaim(db, member.scope, key, clock());
    if (known && known.responseBody !== null) return openOutcome(c, known, known.responseBody);
    const change = new FormChange<Outcome>(c, member, key, known);
    try {
      return await change.done(await run(change));
    } catch (error) {
      if (!(error instanceof KeyTaken)) throw error;
    }
  }
  throw new Error("a form was sent again and again, and nobody knows by whom");
}

/**
 * The same of an outcome that holds a secret. It is given out once, and forgotten: whoever reloads the page that showed it, or
 * goes back there, is not shown it again.
 *
 * @returns null when it was given out before
 */
export async function doOnceInSecret<Outcome>(
  c: Context<AppEnv>,
  member: Member,
  fields: Fields,
  run: (change: Change<Outcome>) => Promise<Outcome>,
): Promise<Outcome | null> {
  const { db, clock, vault } = c.var.services;
  await doOnce(c, member, fields, run);
  const key = await keyOf(c, member, fields);
  const stored = await findClaim(db, member.scope, key, clock());
  if (!stored || stored.responseBody === null) throw new Error("the outcome of a form is gone");
  const outcome = await openOutcome<Outcome | null>(c, stored, stored.responseBody);
  if (outcome === null) return null;
  const forgotten = await vault.seal(JSON.stringify({ outcome: null }), answerRow(member.scope, key));
  return (await replaceAnswer(db, stored, forgotten)) ? outcome : null;
}

/** What tells one sending of a form from others: who sends it, where to, and what was filled in. */
export function keyOf(c: Context<AppEnv>, member: Member, fields: Fields): Promise<string> {
  return sha256Hex(JSON.stringify(["form", member.person.personId, c.req.path, fields]));
}

async function openOutcome<Outcome>(c: Context<AppEnv>, row: IdempotencyRow, body: string): Promise<Outcome> {
  const outcome = await c.var.services.vault.open(body, answerRow(row, row.key));
  if (outcome === null) throw new Error("the outcome of a form cannot be opened");
  return JSON.parse(outcome).outcome;
}

class FormChange<Outcome> implements Change<Outcome> {
  readonly asker: string;
  readonly earlier: string | null;
  readonly #c: Context<AppEnv>;
  readonly #member: Member;
  readonly #key: string;
  readonly #claimId: string;
  #claimed: IdempotencyRow | null;
  #recorded: ChangeRecord | null = null;

  /** @param known what an earlier attempt has left: its claim, without an outcome */
  constructor(c: Context<AppEnv>, member: Member, key: string, known: IdempotencyRow | null) {
    this.#c = c;
    this.#member = member;
    this.#key = key;
    this.#claimed = known;
    this.asker = member.person.personId;
    this.earlier = known?.claim ?? null;
    this.#claimId = known?.claim ?? newId("claim", c.var.services.clock());
  }

  async record(entry: AuditEntry, outcome: Outcome): Promise<ChangeRecord> {
    this.#recorded = { claim: await this.#withOutcome(outcome), audit: this.#audit(entry), isStored: false };
    return this.#recorded;
  }

  async begin(entry: AuditEntry): Promise<ChangeRecord> {
    this.#claimed ??= this.#claim();
    return { claim: this.#claimed, audit: this.#audit(entry), isStored: false };
  }

  async command(ref: PostRef | null, entry: AuditEntry): Promise<Command> {
    if (!this.#claimed) {
      const row = { ...this.#claim(), postId: ref?.postId ?? null };
      const winner = await retryWrite(() => claimKeyAlone(this.#c.var.services.db, row));
      if (winner.claim !== this.#claimId) throw new KeyTaken("the form was sent twice");
      this.#claimed = row;
    }
    // Of every attempt it is the same line, with the time of the first one.
    const id = this.#claimId.replace(/^[a-z]+/, ID_PREFIXES.auditLine);
    return { id: this.#claimId, asker: this.asker, audit: { ...this.#audit(entry), id, at: this.#claimed.claimedAt } };
  }

  /** Stores the outcome where it was not written with the change: it was an object's to decide, or there was none. */
  async done(outcome: Outcome): Promise<Outcome> {
    if (this.#recorded?.isStored) return outcome;
    const { db } = this.#c.var.services;
    const row = await this.#withOutcome(outcome);
    if (this.#claimed) await retryWrite(() => storeAnswer(db, row));
    else await retryWrite(() => claimKeyAlone(db, row));
    return outcome;
  }

  async #withOutcome(outcome: Outcome): Promise<IdempotencyRow> {
    const { vault } = this.#c.var.services;
    const body = await vault.seal(JSON.stringify({ outcome }), answerRow(this.#member.scope, this.#key));
    return { ...this.#claim(), responseStatus: 200, responseBody: body, isSealed: true };
  }

  #claim(): IdempotencyRow {
    const now = this.#c.var.services.clock();
    return {
      ...this.#member.scope,
      key: this.#key,
      fingerprint: this.#key,
      claim: this.#claimId,
      claimedAt: now,
      postId: this.#claimed?.postId ?? null,
      responseStatus: null,
      responseBody: null,
      isSealed: false,
      expiresAt: now + OUTCOME_LIFE,
    };
  }

  #audit({ action, target, details }: AuditEntry): AuditLine {
    const at = this.#c.var.services.clock();
    return {
      id: newId("auditLine", at),
      ...this.#member.scope,
      at,
      action,
      actor: this.asker,
      target,
      requestId: this.#c.var.requestId,
      ip: this.#c.req.header("CF-Connecting-IP") ?? null,
      details: details ?? null,
    };
  }
}
