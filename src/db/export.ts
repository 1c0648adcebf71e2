import { sql } from "drizzle-orm";
import type { Json } from "../lib/json.ts";
import { printPreciseTime } from "../lib/time.ts";
import type { Database } from "./database.ts";
import { withoutLink } from "./events.ts";

/*
 * Everything of a workspace but its secrets, table by table. What is not named here is not exported: digests, sealed
 * tokens and secrets, and the machinery's own columns.
 */

/** How a column is read: `flag` is a boolean, `time` milliseconds since the epoch, `event` a body without its link. */
type Column = "text" | "number" | "time" | "json" | "flag" | "event";

interface Part {
  table: string;
  /** What names a row within the workspace, in the order of an index that begins with the workspace. */
  key: readonly string[];
  columns: Readonly<Record<string, Column>>;
  /** Whose rows they are, where the table does not say so itself. */
  isOf?: string;
}

const OWN = "workspace_id = ?";

/** The kinds of lines of an export, in its order. */
export const EXPORTED = {
  workspace: {
    table: "workspaces",
    key: ["id"],
    isOf: "id = ?",
    columns: {
      id: "text",
      name: "text",
      logo_url: "text",
      publish_within: "number",
      duplicate_guard: "flag",
      rate_limits: "json",
      test_clock_offset: "number",
      created_at: "time",
      suspended_at: "time",
    },
  },
  api_key: {
    table: "api_keys",
    key: ["mode", "id"],
    columns: {
      mode: "text",
      id: "text",
      name: "text",
      scopes: "json",
      account_ids: "json",
      group_ids: "json",
      last_four: "text",
      created_at: "time",
      expires_at: "time",
      revoked_at: "time",
      last_used_at: "time",
    },
  },
  account: {
    table: "accounts",
    key: ["mode", "platform", "external_id"],
    columns: {
      mode: "text",
      id: "text",
      platform: "text",
      external_id: "text",
      username: "text",
      name: "text",
      avatar_url: "text",
      profile_url: "text",
      labels: "json",
      health: "text",
      health_reason: "text",
      behavior: "text",
      created_at: "time",
      disconnected_at: "time",
    },
  },
  media: {
    table: "media",
    key: ["mode", "id"],
    columns: {
      mode: "text",
      id: "text",
      mime_type: "text",
      bytes: "number",
      width: "number",
      height: "number",
      duration_ms: "number",
      frame_rate: "number",
      video_codec: "text",
      audio_codec: "text",
      rendition_of: "text",
      created_at: "time",
      expires_at: "time",
    },
  },
  post: {
    table: "posts",
    key: ["mode", "id"],
    columns: {
      mode: "text",
      id: "text",
      version: "number",
      content: "text",
      media: "json",
      options: "json",
      platforms: "json",
      external_id: "text",
      metadata: "json",
      status: "text",
      state: "json",
      timeline: "json",
      created_at: "time",
      scheduled_at: "time",
      publish_before: "time",
    },
  },
  post_content: {
    table: "post_contents",
    key: ["mode", "post_id", "id"],
    columns: { mode: "text", post_id: "text", id: "text", content: "text", media: "json", options: "json" },
  },
  task: {
    table: "tasks",
    key: ["mode", "account_id", "post_id"],
    columns: { mode: "text", account_id: "text", post_id: "text", platform: "text" },
  },
  webhook: {
    table: "webhooks",
    key: ["mode", "id"],
    isOf: "workspace_id = ? AND person_id IS NULL",
    columns: {
      mode: "text",
      id: "text",
      url: "text",
      description: "text",
      events: "json",
      active: "flag",
      created_at: "time",
      disabled_at: "time",
      disabled_reason: "text",
    },
  },
  event: {
    table: "events",
    key: ["mode", "created_at", "id"],
    columns: {
      mode: "text",
      id: "text",
      type: "text",
      post_id: "text",
      account_id: "text",
      body: "event",
      created_at: "time",
    },
  },
  delivery: {
    table: "deliveries",
    key: ["webhook_id", "event_at", "event_id"],
    isOf: "webhook_id IN (SELECT id FROM webhooks WHERE workspace_id = ? AND person_id IS NULL)",
    columns: {
      webhook_id: "text",
      event_at: "time",
      event_id: "text",
      status: "text",
      attempts: "number",
      log: "json",
      next_attempt_at: "time",
    },
  },
  audit_line: {
    table: "audit_log",
    key: ["mode", "seq"],
    columns: {
      mode: "text",
      seq: "number",
      id: "text",
      at: "time",
      action: "text",
      actor: "text",
      target: "text",
      request_id: "text",
      ip: "text",
      details: "json",
    },
  },
} as const satisfies Record<string, Part>;

export type ExportedKind = keyof typeof EXPORTED;

/** A row as it is exported. */
export type ExportedRow = { [column: string]: Json };

type Key = readonly (string | number)[];

/**
 * Reads one page of a kind's rows, in the order of their keys.
 *
 * @param after the key of the last row of the page before; null for the first page
 * @returns the rows, and the last one's key; null when these are the last
 */
export async function readExportPage(
  db: Database,
  workspaceId: string,
  kind: ExportedKind,
  { after, limit }: { after: Key | null; limit: number },
): Promise<{ rows: ExportedRow[]; next: Key | null }> {
  const { table, key, columns, isOf = OWN }: Part = EXPORTED[kind];
  const [before = "", behind = ""] = isOf.split("?");
  const keyColumns = sql.raw(key.join(", "));
  const isBehind =
    after === null
      ? sql`true`
      : sql`(${keyColumns}) > (${sql.join(
          after.map((value) => sql`${value}`),
          sql`, `,
        )})`;
  const names = [...new Set([...key, ...Object.keys(columns)])].join(", ");
  const found = await db.all<Record<string, string | number | null>>(sql`
    SELECT ${sql.raw(names)} FROM ${sql.raw(table)}
    WHERE ${sql.raw(before)}${workspaceId}${sql.raw(behind)} AND ${isBehind}
    ORDER BY ${keyColumns} LIMIT ${limit}`);
  const last = found.at(-1);
  const next = found.length === limit && last ? key.map((column) => last[column] ?? "") : null;
  return { rows: found.map((row) => exportedOf(row, columns)), next };
}

function exportedOf(row: Record<string, string | number | null>, columns: Part["columns"]): ExportedRow {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, readColumn(row[name] ?? null, column)]),
  );
}

function readColumn(value: string | number | null, column: Column): Json {
  if (value === null) return null;
  switch (column) {
    case "json":
      return JSON.parse(String(value)) as Json;
    case "event":
      return { ...withoutLink(JSON.parse(String(value))) };
    case "time":
      return printPreciseTime(Number(value));
    case "flag":
      return value !== 0;
    default:
      return value;
  }
}
