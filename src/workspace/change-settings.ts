import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { WorkspaceRow, WorkspaceSettings } from "../db/workspaces.ts";
import { findWorkspace, updateSettings } from "../db/workspaces.ts";

/** What requests call the settings. */
const NAMES = {
  name: "name",
  publishWithin: "publish_within_seconds",
  duplicateGuard: "duplicate_guard",
  approvals: "approvals",
  timeZone: "time_zone",
} as const satisfies Record<keyof WorkspaceSettings, string>;

/** The workspace of a key, which has one. */
export async function workspaceOfKey(db: Database, id: string): Promise<WorkspaceRow> {
  const row = await findWorkspace(db, id);
  if (!row) throw new Error("a key belongs to a workspace that is not there");
  return row;
}

/** Changes a workspace's settings. @returns the workspace as it is then */
export async function changeSettings(
  { db }: { db: Database },
  workspaceId: string,
  edit: Partial<WorkspaceSettings>,
  change: Change<WorkspaceRow>,
): Promise<WorkspaceRow> {
  const changed = { ...(await workspaceOfKey(db, workspaceId)), ...edit };
  const details = { fields: Object.keys(edit).map((field) => NAMES[field as keyof WorkspaceSettings]) };
  const record = await change.record({ action: "workspace.updated", target: null, details }, changed);
  await updateSettings(db, record, workspaceId, edit);
  return changed;
}
