import type { Exported } from "../../src/audit/export-log.ts";
import { sealHash } from "../../src/audit/seal.ts";
import type { Verdict } from "../../src/audit/verify.ts";
import { verifyExport } from "../../src/audit/verify.ts";
import { canonicalJson } from "../../src/lib/json.ts";

/*
 * Exports of audit logs that nobody has, made without a database.
 */

/** An export in which the first lines are sealed, so many by each seal, and the rest is not. */
export async function newExport(lineCount: number, sealed: number[]): Promise<Exported[]> {
  const entries: Exported[] = [];
  let made = 0;
  let previous: string | null = null;
  for (const count of sealed) {
    const lines = Array.from({ length: count }, () => lineOf(made++));
    const header = { previous, lines: count, sealed_at: "2026-06-01T09:01:00.000Z" };
    const hash: string = await sealHash(
      header,
      lines.map((line) => canonicalJson(line)),
    );
    entries.push(...lines.map((line) => ({ line })), { seal: { ...header, hash } });
    previous = hash;
  }
  while (made < lineCount) entries.push({ line: lineOf(made++) });
  return [...entries, { end: { lines: made, seals: sealed.length } }];
}

function lineOf(number: number) {
  return {
    id: `aud_${number}`,
    workspace_id: "ws_1",
    mode: "live" as const,
    at: "2026-06-01T09:00:00.000Z",
    action: "webhook.updated" as const,
    actor: `key_${number % 2}`,
    target: `wh_${number % 3}`,
    request_id: `req_${number}`,
    ip: null,
    details: { changed: ["url", "events"], nested: { count: number } },
  };
}

export function verify(entries: readonly unknown[], after?: string): Promise<Verdict> {
  return verifyExport(
    entries.map((entry) => JSON.stringify(entry)),
    after,
  );
}
