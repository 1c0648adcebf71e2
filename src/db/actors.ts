import { sql } from "drizzle-orm";
import type { Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";

/**
 * The names of those who did something, by their ids: members of the workspace, and its API keys. Who is gone has none.
 * Each id costs the row that it names.
 */
export async function findActorNames(
  db: Database,
  { workspaceId, mode }: Scope,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const asked = sql`(SELECT value FROM json_each(${JSON.stringify([...new Set(ids)])}))`;
  const rows = await db.all<{ id: string; name: string }>(sql`
    SELECT people.id AS id, people.name AS name FROM people
      JOIN members ON members.workspace_id = ${workspaceId} AND members.person_id = people.id
      WHERE people.id IN ${asked}
    UNION ALL
    SELECT id, name FROM api_keys WHERE id IN ${asked} AND workspace_id = ${workspaceId} AND mode = ${mode}`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
