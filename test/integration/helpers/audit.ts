import { env } from "cloudflare:workers";
import { sealSome } from "../../../src/audit/seal-log.ts";
import type { Verdict } from "../../../src/audit/verify.ts";
import { verifyExport } from "../../../src/audit/verify.ts";
import type { AuditLine } from "../../../src/db/audit-log.ts";
import { insertAuditLines } from "../../../src/db/audit-log.ts";
import { database } from "../../../src/db/database.ts";
import { newId } from "../../../src/lib/ids.ts";
import type { Scope } from "../../../src/lib/vocabulary.ts";
import type { Answer, TestWorkspace } from "./api.ts";
import { call } from "./api.ts";

/*
 * Lines of the audit log as routes write them, sealing on demand, and exports.
 */

/** Writes so many lines. @returns their ids, oldest first */
export async function writeLines(scope: Scope, count: number, fields: Partial<AuditLine> = {}): Promise<string[]> {
  const db = database(env.DB);
  const lines = Array.from({ length: count }, (_, index): AuditLine => {
    const at = Date.now();
    return {
      id: newId("auditLine", at),
      ...scope,
      at,
      action: "webhook.updated",
      actor: "key_1",
      target: "wh_1",
      requestId: "req_1",
      ip: null,
      details: { changed: ["url"], index },
      ...fields,
    };
  });
  await db.batch([insertAuditLines(db, lines)]);
  return lines.map(({ id }) => id);
}

/** Seals all there is, whosever it is. */
export async function sealAll(): Promise<void> {
  while (await sealSome(database(env.DB), Date.now())) {}
}

export function exportOf(workspace: TestWorkspace, mode: "live" | "test" = "test", query = ""): Promise<Answer> {
  return call("GET", `/v1/audit/export${query}`, { key: workspace[mode] });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into exports and say what they expect to find
export function entriesOf({ text }: Answer): any[] {
  return textsOf(text).map((line) => JSON.parse(line));
}

export async function verdictOn(exported: Answer | Promise<Answer>, after?: string): Promise<Verdict> {
  return verifyExport(textsOf((await exported).text), after);
}

function textsOf(text: string): string[] {
  return text.trimEnd().split("\n");
}
