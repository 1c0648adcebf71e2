import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { writeAuditLine } from "../db/audit-log.ts";
import type { ExportedRow } from "../db/export.ts";
import { EXPORTED } from "../db/export.ts";
import type { PostState } from "../db/posts.ts";
import { retryWrite } from "../db/retry.ts";
import type { Timeline } from "../db/timeline.ts";
import { utf8 } from "../lib/bytes.ts";
import { printTask } from "../post/print-task.ts";
import { existingWorkspace } from "../workspace/existing-workspace.ts";
import type { ExportedPage } from "../workspace/export-workspace.ts";
import { exportWorkspace } from "../workspace/export-workspace.ts";
import { requireAdmin } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { auditLine, DEPLOYMENT } from "./once.ts";
import { errorResponses } from "./schemas.ts";
import { printEntry } from "./timeline.ts";
import * as z from "./zod.ts";

/*
 * Everything of a workspace as JSON lines, while it is read. Whoever has not seen the last line does not have everything.
 */

const KINDS = Object.keys(EXPORTED) as [keyof typeof EXPORTED, ...(keyof typeof EXPORTED)[]];

const line = z
  .strictObject({
    kind: z.enum([...KINDS, "end"]),
    data: z
      .record(z.string(), z.unknown())
      .openapi({ description: "A row; of the `end`, how many `lines` came before." }),
  })
  .openapi("ExportedLine");

const exportRoute = createRoute({
  method: "get",
  path: "/v1/workspaces/{workspace_id}/export",
  operationId: "exportWorkspace",
  summary: "Export a workspace with everything that it has but secrets, as JSON lines",
  ...requireAdmin,
  request: { params: z.strictObject({ workspace_id: z.string() }) },
  responses: {
    200: {
      description: "One JSON value a line; the last says that it is the `end`",
      content: { "application/x-ndjson": { schema: line } },
    },
    ...errorResponses(401, 403, 404, 500),
  },
});

export const workspaceExport = new OpenAPIHono<AppEnv>();

workspaceExport.openapi(exportRoute, async (c) => {
  const { db } = c.var.services;
  const { workspace_id: id } = c.req.valid("param");
  await existingWorkspace(db, id);
  const entry = { action: "workspace.exported", target: id } as const;
  const written = auditLine(c, DEPLOYMENT, entry);
  await retryWrite(() => writeAuditLine(db, written));
  c.header("Content-Type", "application/x-ndjson");
  // The library's types have nothing for JSON lines.
  return c.body(streamOf(exportWorkspace({ db }, id))) as never;
});

/** Reads on when the client has taken what was read, and not before. Where reading fails, the stream does. */
function streamOf(pages: AsyncGenerator<ExportedPage>): ReadableStream<Uint8Array> {
  let lines = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pages.next();
      if (done) {
        controller.enqueue(printLine("end", { lines }));
        return controller.close();
      }
      lines += value.rows.length;
      for (const row of value.rows)
        controller.enqueue(printLine(value.kind, value.kind === "post" ? ofPost(row) : row));
    },
    async cancel() {
      await pages.return(undefined);
    },
  });
}

/** In an export, who did something is known by id: keys are exported with their names. */
const NOBODY: ReadonlyMap<string, string> = new Map();

function printLine(kind: z.infer<typeof line>["kind"], data: object): Uint8Array {
  return utf8(`${JSON.stringify({ kind, data })}\n`);
}

/** A post with its tasks and what happened to it as other answers show them. */
function ofPost({ state, timeline, ...others }: ExportedRow) {
  const { tasks } = state as unknown as PostState;
  const entries = timeline as unknown as Timeline;
  return { ...others, tasks: tasks.map(printTask), timeline: entries.map((each) => printEntry(each, NOBODY)) };
}
