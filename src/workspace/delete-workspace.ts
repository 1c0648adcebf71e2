import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { markDeleted } from "../db/workspaces.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { invalid } from "../lib/refusal.ts";
import { existingWorkspace, workspaceNotFound } from "./existing-workspace.ts";

interface DeleteDeps {
  db: Database;
  clock: Clock;
  log: Log;
  /** Has what deleted workspaces had erased soon. */
  beginErasing(): Promise<void>;
}

/**
 * Deletes a workspace for good. From now on its keys are as unknown ones, and nothing of it begins to go out; its tokens
 * are erased. Everything else that it had goes little by little.
 *
 * @param confirmation the workspace's name
 * @throws Refusal when there is none, or its name is another
 */
export async function deleteWorkspace(
  { db, clock, log, beginErasing }: DeleteDeps,
  id: string,
  confirmation: string,
  change: Change<void>,
): Promise<void> {
  const { workspace } = await existingWorkspace(db, id);
  if (workspace.name !== confirmation) throw invalid("confirm", "confirm must be the name of the workspace.");
  const now = clock();
  const times = { pauseId: newId("pause", now), now };
  const entry = { action: "workspace.deleted", target: id, details: { name: workspace.name } } as const;
  const record = await change.record(entry, undefined);
  if (!(await markDeleted(db, record, id, times))) throw workspaceNotFound();
  try {
    await beginErasing();
  } catch (error) {
    // It is deleted, and the sweeper finds it within an hour.
    log.error("the sweeper was not told that a workspace was deleted", error, { workspace_id: id });
  }
}
