import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Vault } from "../accounts/vault.ts";
import type { Exported } from "../audit/export-log.ts";
import { exportLog, exportStart } from "../audit/export-log.ts";
import { printLine } from "../audit/seal.ts";
import type { AuditFilters, AuditRow } from "../db/audit-log.ts";
import { listLines } from "../db/audit-log.ts";
import { utf8 } from "../lib/bytes.ts";
import { invalid } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { AUDIT_ACTIONS } from "../lib/vocabulary.ts";
import { auditList, exported } from "./audit-schemas.ts";
import { requireAdmin, requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { DEPLOYMENT } from "./once.ts";
import { errorResponses, pageLimit, timestamp } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * What the audit log says, page by page and as a whole: of a workspace for its keys, of the deployment for its owner.
 */

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

const listQuery = z.strictObject({
  action: z.enum(AUDIT_ACTIONS).optional(),
  actor: z.string().optional().openapi({ description: "The id of an API key or a person, `admin`, or `system`." }),
  target: z.string().optional().openapi({ description: "The id of what was changed." }),
  from: timestamp.optional().openapi({ description: "Lines whose time is not before it." }),
  to: timestamp.optional().openapi({ description: "Lines whose time is before it." }),
  limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT),
  cursor: z.string().optional(),
});

const exportQuery = z.strictObject({
  after: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "{field} must be a seal's hash.")
    .optional()
    .openapi({
      description: "The hash of the seal behind which the export begins: the last one of the export before.",
    }),
});

const page = { description: "A page of the log", content: { "application/json": { schema: auditList } } };
const whole = {
  description: "One JSON value a line, oldest first; each seal stands behind the lines that it covers",
  content: { "application/x-ndjson": { schema: exported } },
};

const listRoute = createRoute({
  method: "get",
  path: "/v1/audit",
  operationId: "listAuditLines",
  summary: "List what was changed in the workspace, and by whom, newest first",
  ...requireScope("audit:read"),
  request: { query: listQuery },
  responses: { 200: page, ...errorResponses(401, 403, 500) },
});

const exportRoute = createRoute({
  method: "get",
  path: "/v1/audit/export",
  operationId: "exportAuditLog",
  summary: "Export the workspace's audit log with its seals, as JSON lines",
  ...requireScope("audit:read"),
  request: { query: exportQuery },
  responses: { 200: whole, ...errorResponses(401, 403, 500) },
});

const listDeploymentRoute = createRoute({
  method: "get",
  path: "/v1/deployment/audit",
  operationId: "listDeploymentAuditLines",
  summary: "List what was changed in the deployment as a whole, newest first",
  ...requireAdmin,
  request: { query: listQuery },
  responses: { 200: page, ...errorResponses(401, 403, 500) },
});

const exportDeploymentRoute = createRoute({
  method: "get",
  path: "/v1/deployment/audit/export",
  operationId: "exportDeploymentAuditLog",
  summary: "Export the deployment's audit log with its seals, as JSON lines",
  ...requireAdmin,
  request: { query: exportQuery },
  responses: { 200: whole, ...errorResponses(401, 403, 500) },
});

export const audit = new OpenAPIHono<AppEnv>();

audit.openapi(listRoute, async (c) => c.json(await list(c, scopeOf(c.var.actor), c.req.valid("query")), 200));

audit.openapi(exportRoute, (c) => answerExport(c, scopeOf(c.var.actor), c.req.valid("query").after));

audit.openapi(listDeploymentRoute, async (c) => c.json(await list(c, DEPLOYMENT, c.req.valid("query")), 200));

audit.openapi(exportDeploymentRoute, (c) => answerExport(c, DEPLOYMENT, c.req.valid("query").after));

async function list(
  c: Context<AppEnv>,
  scope: Scope,
  { action, actor, target, from, to, limit, cursor }: z.infer<typeof listQuery>,
): Promise<z.infer<typeof auditList>> {
  const { db, vault } = c.var.services;
  const filters: AuditFilters = { action, actor, target, from, to };
  const bound = { list: "audit", ...scope, ...filters };
  const before = cursor === undefined ? null : await openPosition(vault, await readCursor(cursor, bound));
  const rows = await listLines(db, scope, filters, { before, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last ? await writeCursor(await sealPosition(vault, last), bound) : null;
  return { lines: shown.map(printLine), next_cursor: nextCursor };
}

/** What the numbers of lines are sealed for: in clear they would tell how much is done in the whole deployment. */
const POSITION = "audit|cursor";

function sealPosition(vault: Vault, { seq }: AuditRow): Promise<string> {
  return vault.seal(String(seq), POSITION);
}

async function openPosition(vault: Vault, sealed: string): Promise<number> {
  const seq = await vault.open(sealed, POSITION);
  if (seq === null) throw invalid("cursor", "cursor is not one that this API gave.");
  return Number(seq);
}

/** @throws Refusal when there is no such seal */
async function answerExport(c: Context<AppEnv>, scope: Scope, after: string | undefined): Promise<never> {
  const { db } = c.var.services;
  const lines = exportLog(db, scope, await exportStart(db, scope, after));
  c.header("Content-Type", "application/x-ndjson");
  // The library's types have nothing for JSON lines.
  return c.body(streamOf(lines)) as never;
}

/** Reads on when the client has taken what was read, and not before. Where reading fails, the stream does. */
function streamOf(lines: AsyncGenerator<Exported[]>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done) return controller.close();
      controller.enqueue(utf8(value.map((each) => `${JSON.stringify(each)}\n`).join("")));
    },
  });
}
