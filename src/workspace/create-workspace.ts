import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { insertWorkspace } from "../db/workspaces.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Mode } from "../lib/vocabulary.ts";
import { KEY_SCOPES, MODES } from "../lib/vocabulary.ts";
import { generateApiKey } from "./api-key.ts";
import type { Peppers } from "./peppers.ts";
import { digestSecret } from "./peppers.ts";

/** A new workspace with its first keys: the only time they are seen. */
export interface CreatedWorkspace {
  id: string;
  name: string;
  apiKeys: Record<Mode, string>;
}

/** What the keys are called that everything else is made with. */
const FIRST_KEY = "First key";

/** Creates a workspace with one key for each mode, which may do everything. */
export async function createWorkspace(
  deps: { db: Database; clock: Clock; peppers: Peppers },
  { name, logoUrl }: { name: string; logoUrl: string | null },
  change: Change<CreatedWorkspace>,
): Promise<CreatedWorkspace> {
  const now = deps.clock();
  const id = newId("workspace", now);
  const apiKeys = { live: generateApiKey("live"), test: generateApiKey("test") };
  const rows = await Promise.all(
    MODES.map(async (mode) => ({
      id: newId("apiKey", now),
      workspaceId: id,
      mode,
      groupIds: null,
      needsApproval: false,
      ...(await digestSecret(apiKeys[mode], deps.peppers)),
      lastFour: apiKeys[mode].slice(-4),
      createdAt: now,
      name: FIRST_KEY,
      scopes: [...KEY_SCOPES],
      accountIds: null,
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    })),
  );
  const created = { id, name, apiKeys };
  const record = await change.record({ action: "workspace.created", target: id }, created);
  await insertWorkspace(deps.db, record, { id, name, logoUrl, createdAt: now }, rows);
  return created;
}
