import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { AuditLine } from "../../db/audit-log.ts";
import type { AuditEntry, Change, ChangeRecord, Command } from "../../db/change.ts";
import { newId } from "../../lib/ids.ts";
import type { Scope } from "../../lib/vocabulary.ts";
import { REVIEW_LINK } from "../../post/decide-post.ts";

/**
 * What is changed by somebody who has no more than a link. It needs no claim of its own: a post is decided on once, whoever
 * sends the form again.
 */
export class LinkChange implements Change<void> {
  readonly asker = REVIEW_LINK;
  readonly earlier = null;
  readonly #c: Context<AppEnv>;
  readonly #scope: Scope;

  constructor(c: Context<AppEnv>, scope: Scope) {
    this.#c = c;
    this.#scope = scope;
  }

  async record(entry: AuditEntry): Promise<ChangeRecord> {
    return { claim: null, audit: this.#audit(entry), isStored: false };
  }

  begin(entry: AuditEntry): Promise<ChangeRecord> {
    return this.record(entry);
  }

  async command(_ref: unknown, entry: AuditEntry): Promise<Command> {
    return { id: null, asker: this.asker, audit: this.#audit(entry) };
  }

  #audit({ action, target, details }: AuditEntry): AuditLine {
    const at = this.#c.var.services.clock();
    return {
      id: newId("auditLine", at),
      workspaceId: this.#scope.workspaceId,
      mode: this.#scope.mode,
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
