import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { answerRow } from "../accounts/vault.ts";
import type { AuditLine } from "../db/audit-log.ts";
import type { AuditEntry, Change, ChangeRecord, Command } from "../db/change.ts";
import { KeyTaken } from "../db/change.ts";
import type { IdempotencyRow } from "../db/idempotency.ts";
import { claimKeyAlone, findClaim, storeAnswer } from "../db/idempotency.ts";
import { retryWrite } from "../db/retry.ts";
import { ID_PREFIXES, newId } from "../lib/ids.ts";
import { Refusal } from "../lib/refusal.ts";
import type { ErrorCode, PostRef, Scope } from "../lib/vocabulary.ts";
import { requesterOf } from "./authorize.ts";
import type { Actor, AppEnv } from "./context.ts";
import { errorBody, originOf } from "./error-envelope.ts";
import { ERRORS } from "./errors.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import {
  cacheAnswer,
  jsonText,
  readIdempotencyKey,
  refuseOther,
  replayFromCache,
  replayFromRow,
} from "./idempotency.ts";

/*
 * How every request that changes something is carried out: once for each Idempotency-Key, with a line in the audit log.
 * What is decided is answered again, done or refused (404, 409); what may go otherwise next time is not (400, 5xx).
 */

/** A request that changes something. */
export interface Asked<Outcome, Body, Status extends ContentfulStatusCode> {
  scope: Scope;
  /** The request's input after validation, or what finds it out, see `readIdempotencyKey`. */
  meaning: unknown;
  respond(outcome: Outcome): Answer<Body, Status> | Promise<Answer<Body, Status>>;
  /** Headers that the answer has beside, made from its body. */
  headers?(body: Body): Record<string, string>;
  /** The answers of the route may hold a secret: they are stored sealed, and its keys are each client's own. */
  isSecret?: boolean;
}

export interface Answer<Body, Status> {
  status: Status;
  body: Body;
}

type Answered<Body, Status extends ContentfulStatusCode> = TypedResponse<Body, Status, "json">;

/** The scope of what the deployment's owner asks for. */
export const DEPLOYMENT: Scope = { workspaceId: "", mode: "live" };

/** Attempts of one request that may meet others with its key; each finds out more than the one before. */
const MAX_ATTEMPTS = 3;

/**
 * Carries a request out and answers it, or answers it again.
 *
 * @param run makes the change, with what it has to bring along
 * @throws Refusal what `run` throws; also when the key was used for something else
 */
export async function once<Outcome, Body, Status extends ContentfulStatusCode>(
  c: Context<AppEnv>,
  asked: Asked<Outcome, Body, Status>,
  run: (change: Change<Outcome>) => Promise<Outcome>,
): Promise<Answered<Body, Status>> {
  const { scope, meaning } = asked;
  const request = await readIdempotencyKey(c, scope, meaning, ownerOf(c.var.actor, asked.isSecret ?? false));
  if (!request) {
    const { status, body } = await asked.respond(await run(new Attempt(c, asked, null, null)));
    return withHeaders(asked, jsonText<Body, Status>(c, status, JSON.stringify(body)));
  }
  const cached = await replayFromCache<Body, Status>(c, request);
  if (cached) return withHeaders(asked, cached);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const known = await findClaim(c.var.services.db, scope, request.key, c.var.services.clock());
    if (known && known.responseStatus !== null) return replayed(c, asked, request, known);
    if (known) await refuseOther(request, known);
    try {
      return await carryOut(c, asked, request, known, run);
    } catch (error) {
      if (!(error instanceof KeyTaken)) throw error;
    }
  }
  throw new Error("a key was taken again and again, and nobody knows by whom");
}

async function carryOut<Outcome, Body, Status extends ContentfulStatusCode>(
  c: Context<AppEnv>,
  asked: Asked<Outcome, Body, Status>,
  request: IdempotentRequest,
  known: IdempotencyRow | null,
  run: (change: Change<Outcome>) => Promise<Outcome>,
): Promise<Answered<Body, Status>> {
  const attempt = new Attempt(c, asked, request, known);
  let row: IdempotencyRow;
  try {
    row = await attempt.done(await run(attempt));
  } catch (error) {
    if (!(error instanceof Refusal && isDecided(error))) throw error;
    row = await attempt.refused(error);
  }
  if (row.claim !== attempt.claimId) return replayed(c, asked, request, row);
  return withHeaders(asked, jsonText<Body, Status>(c, row.responseStatus ?? 500, attempt.text));
}

async function replayed<Outcome, Body, Status extends ContentfulStatusCode>(
  c: Context<AppEnv>,
  asked: Asked<Outcome, Body, Status>,
  request: IdempotentRequest,
  row: IdempotencyRow,
): Promise<Answered<Body, Status>> {
  const answer = await replayFromRow<Body, Status>(c, request, row);
  cacheAnswer(c, request, row);
  return withHeaders(asked, answer);
}

/** Conflicts that are not about what was asked for: another key helps, or whoever runs the deployment. */
const PASSING: readonly ErrorCode[] = ["idempotency_conflict", "platform_not_configured"];

/** A refusal that is an answer for good: what was asked for is not there, or not to be had as things stood. */
function isDecided({ code, details }: Refusal): boolean {
  if (details.isPassing) return false;
  const { status } = ERRORS[code];
  return status === 404 || (status === 409 && !PASSING.includes(code));
}

/**
 * Keys that see less than their whole world do not share theirs with it: an answer would tell of what they do not see. And
 * an answer that holds a secret is for who asked: another key that says the same may have no right to it.
 */
function ownerOf(actor: Actor, isSecret: boolean): string | null {
  return actor.kind === "key" && (isSecret || actor.key.access.accountIds !== null) ? actor.key.id : null;
}

async function withHeaders<Outcome, Body, Status extends ContentfulStatusCode>(
  { headers }: Asked<Outcome, Body, Status>,
  answer: Answered<Body, Status>,
): Promise<Answered<Body, Status>> {
  const response = answer as unknown as Response;
  if (!headers || !response.ok) return answer;
  for (const [name, value] of Object.entries(headers(await response.clone().json<Body>()))) {
    response.headers.set(name, value);
  }
  return answer;
}

/** One attempt to carry a request out: what the change brings along, and what becomes of the key. */
class Attempt<Outcome, Body, Status extends ContentfulStatusCode> implements Change<Outcome> {
  readonly asker: string | null;
  readonly earlier: string | null;
  readonly claimId: string;
  /** The answer as it is given. */
  text = "";
  readonly #c: Context<AppEnv>;
  readonly #asked: Asked<Outcome, Body, Status>;
  readonly #request: IdempotentRequest | null;
  #claimed: IdempotencyRow | null;
  #recorded: ChangeRecord | null = null;

  /**
   * @param request null: it has no key
   * @param known what an earlier attempt has left: its claim, without an answer
   */
  constructor(
    c: Context<AppEnv>,
    asked: Asked<Outcome, Body, Status>,
    request: IdempotentRequest | null,
    known: IdempotencyRow | null,
  ) {
    this.#c = c;
    this.#asked = asked;
    this.#request = request;
    this.#claimed = known;
    this.asker = requesterOf(c).asker;
    this.earlier = known?.claim ?? null;
    this.claimId = known?.claim ?? newId("claim", c.var.services.clock());
  }

  async record(entry: AuditEntry, outcome: Outcome): Promise<ChangeRecord> {
    const audit = auditLine(this.#c, this.#asked.scope, entry);
    if (!this.#request) return { claim: null, audit, isStored: false };
    const { status, body } = await this.#asked.respond(outcome);
    const claim = await this.#answer(this.#request, status, JSON.stringify(body), this.#asked.isSecret ?? false);
    this.#recorded = { claim, audit, isStored: false };
    return this.#recorded;
  }

  async begin(entry: AuditEntry): Promise<ChangeRecord> {
    const audit = auditLine(this.#c, this.#asked.scope, entry);
    if (!this.#request) return { claim: null, audit, isStored: false };
    this.#claimed ??= await this.#claim(this.#request);
    return { claim: this.#claimed, audit, isStored: false };
  }

  async command(ref: PostRef | null, entry: AuditEntry): Promise<Command> {
    const [asker, audit] = [this.asker, auditLine(this.#c, this.#asked.scope, entry)];
    if (!this.#request) return { id: null, asker, audit };
    if (!this.#claimed) {
      const row = { ...(await this.#claim(this.#request)), postId: ref?.postId ?? null };
      const winner = await retryWrite(() => claimKeyAlone(this.#c.var.services.db, row));
      if (winner.claim !== this.claimId) throw new KeyTaken("the key is taken");
      this.#claimed = row;
    }
    const { claimId } = this;
    const line = { id: claimId.replace(/^[a-z]+/, ID_PREFIXES.auditLine), at: this.#claimed.claimedAt };
    return { id: claimId, asker, audit: { ...audit, ...line } };
  }

  /** @returns the key's row, with the answer that counts */
  async done(outcome: Outcome): Promise<IdempotencyRow> {
    if (this.#recorded?.isStored && this.#recorded.claim) return this.#recorded.claim;
    const { status, body } = await this.#asked.respond(outcome);
    return this.#settle(status, JSON.stringify(body), this.#asked.isSecret ?? false);
  }

  /** @returns the same of a refusal */
  refused(refusal: Refusal): Promise<IdempotencyRow> {
    const asked = { requestId: this.#c.var.requestId, origin: originOf(this.#c) };
    return this.#settle(ERRORS[refusal.code].status, JSON.stringify(errorBody(refusal, asked)), false);
  }

  /** Stores an answer that was not written with the change: the change was an object's to make, or there was none. */
  async #settle(status: number, text: string, isSecret: boolean): Promise<IdempotencyRow> {
    if (!this.#request) throw new Error("a request without a key has no answer to store");
    const { db } = this.#c.var.services;
    const row = await this.#answer(this.#request, status, text, isSecret);
    const stored = this.#claimed && (await retryWrite(() => storeAnswer(db, row)));
    const winner = stored ?? (await retryWrite(() => claimKeyAlone(db, row)));
    // Another attempt of the same request stored its own words first, or is still about to: these are as good.
    if (winner.claim === this.claimId && winner.responseBody !== null && !winner.isSealed)
      this.text = winner.responseBody;
    return winner.responseStatus === null ? row : winner;
  }

  async #answer(request: IdempotentRequest, status: number, text: string, isSecret: boolean): Promise<IdempotencyRow> {
    this.text = text;
    const body = isSecret ? await this.#c.var.services.vault.seal(text, answerRow(request.scope, request.key)) : text;
    return { ...(await this.#claim(request)), responseStatus: status, responseBody: body, isSealed: isSecret };
  }

  async #claim({ scope, key, fingerprint, expiresAt }: IdempotentRequest): Promise<IdempotencyRow> {
    return {
      ...scope,
      key,
      fingerprint: await fingerprint(),
      claim: this.claimId,
      claimedAt: this.#c.var.services.clock(),
      postId: this.#claimed?.postId ?? null,
      responseStatus: null,
      responseBody: null,
      isSealed: false,
      expiresAt,
    };
  }
}

/** A line that the audit log is to have of a request. */
export function auditLine(c: Context<AppEnv>, scope: Scope, { action, target, details }: AuditEntry): AuditLine {
  const { asker, requestId, ip } = requesterOf(c);
  const at = c.var.services.clock();
  return {
    id: newId("auditLine", at),
    ...scope,
    at,
    action,
    actor: asker ?? "admin",
    target,
    requestId,
    ip,
    details: details ?? null,
  };
}
