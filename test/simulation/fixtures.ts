import { createVault, grantRow } from "../../src/accounts/vault.ts";
import type { Env } from "../../src/env.ts";
import { settingsOf } from "../../src/env.ts";
import type { Millis } from "../../src/lib/clock.ts";
import { newId } from "../../src/lib/ids.ts";
import type { Mode } from "../../src/lib/vocabulary.ts";
import { generateApiKey } from "../../src/workspace/api-key.ts";
import { digestSecret } from "../../src/workspace/peppers.ts";
import { jpeg } from "../helpers/pictures.ts";
import type { Sqlite } from "./d1.ts";
import { openEndpoints } from "./endpoints.ts";
import type { Network } from "./network.ts";
import type { AccountName } from "./plan.ts";
import { ACCOUNTS } from "./plan.ts";
import type { R2 } from "./r2.ts";
import type { Random } from "./random.ts";
import type { Receivers } from "./receivers.ts";

/*
 * Two workspaces with keys, a picture, connected accounts and endpoints, as they are in the database.
 */

export interface Fixtures {
  workspaces: { id: string; keys: Record<Mode | "approver", string>; mediaId: string }[];
  accountIds: Record<AccountName, string>;
  externalIds: Record<AccountName, string>;
}

const PICTURE = jpeg(1080, 1080);

export async function fixtures(
  env: Env,
  deps: {
    sqlite: Sqlite;
    network: Network;
    receivers: Receivers;
    bucket: R2;
    random: Random;
    now: Millis;
    isCalm: boolean;
  },
): Promise<Fixtures> {
  const { sqlite, network, bucket, now } = deps;
  const { apiKeyPeppers, encryptionKeys } = settingsOf(env);
  const workspaces: Fixtures["workspaces"] = [];
  for (const name of ["first", "second"]) {
    const id = newId("workspace", now);
    sqlite.insert("workspaces", { id, name, created_at: now });
    const keys = {
      live: generateApiKey("live"),
      test: generateApiKey("test"),
      approver: generateApiKey("live"),
    };
    const modes = { live: "live", test: "test", approver: "live" } as const;
    for (const name of ["live", "test", "approver"] as const) {
      const mode = modes[name];
      const { digest, pepperId: pepper_id } = await digestSecret(keys[name], apiKeyPeppers);
      const last_four = keys[name].slice(-4);
      sqlite.insert("api_keys", {
        id: newId("apiKey", now),
        workspace_id: id,
        mode,
        created_at: now,
        digest,
        pepper_id,
        last_four,
      });
    }
    const scope = { workspace_id: id, mode: "live", created_at: now };
    const mediaId = newId("media", now);
    const file = { mime_type: "image/jpeg", bytes: PICTURE.byteLength, width: 1080, height: 1080, color_space: "rgb" };
    sqlite.insert("media", { id: mediaId, ...scope, ...file });
    bucket.store(mediaId, PICTURE);
    workspaces.push({ id, keys, mediaId });
  }

  const vault = createVault(encryptionKeys);
  const opened = new Map<string, { externalId: string; token: string }>();
  const accountIds: Partial<Record<AccountName, string>> = {};
  const externalIds: Partial<Record<AccountName, string>> = {};
  for (const [name, account] of Object.entries(ACCOUNTS)) {
    const workspaceId = workspaces[account.workspace]?.id ?? "";
    const { platform, login, external } = account;
    const mode: Mode = "isTest" in account ? "test" : "live";
    const { externalId, token } = opened.get(external) ?? network.open(platform, external, login);
    opened.set(external, { externalId, token });
    const [id, grantId] = [newId("account", now), newId("grant", now)];
    const scope = { workspace_id: workspaceId, mode };
    const token_envelope = await vault.seal(token, grantRow(workspaceId, grantId));
    sqlite.insert("grants", { id: grantId, ...scope, token_envelope, updated_at: now });
    sqlite.insert("accounts", {
      id,
      ...scope,
      platform,
      external_id: externalId,
      username: external,
      graph_host: login,
      grant_id: grantId,
      health: "ok",
      created_at: now,
    });
    accountIds[name as AccountName] = id;
    externalIds[name as AccountName] = externalId;
  }
  await openEndpoints(workspaces, { ...deps, vault });
  return {
    workspaces,
    accountIds: accountIds as Fixtures["accountIds"],
    externalIds: externalIds as Fixtures["externalIds"],
  };
}
