import { writeAuditLine } from "../db/audit-log.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import type { Millis } from "../lib/clock.ts";

/**
 * Removes everything that is public in a workspace's sandbox. The sandbox is an object, and its posts are not the
 * database's: the request claims its key first, and whoever repeats it removes what was public at the time of that claim.
 * What became public since stays, unless the test clock was moved over it before the first attempt was answered.
 */
export async function clearSandboxPosts(
  deps: { db: Database; clearSandbox(workspaceId: string, at: Millis): Promise<void> },
  workspaceId: string,
  change: Change<void>,
): Promise<void> {
  const { audit } = await change.command(null, { action: "sandbox.posts_cleared", target: null });
  await deps.clearSandbox(workspaceId, audit.at);
  await retryWrite(() => writeAuditLine(deps.db, audit));
}
