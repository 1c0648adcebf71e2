import type { Database } from "../db/database.ts";
import type { WorkspaceReport } from "../db/workspaces.ts";
import { findWorkspaceReport } from "../db/workspaces.ts";
import { Refusal } from "../lib/refusal.ts";

/**
 * The workspace that the deployment's owner asks about.
 *
 * @throws Refusal when there is none, or it is being deleted
 */
export async function existingWorkspace(db: Database, id: string): Promise<WorkspaceReport> {
  const report = await findWorkspaceReport(db, id);
  if (!report) throw workspaceNotFound();
  return report;
}

export function workspaceNotFound(): Refusal {
  return new Refusal("not_found", "Workspace does not exist.");
}
