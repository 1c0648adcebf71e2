import { env } from "cloudflare:workers";
import { createVault } from "../../../src/accounts/vault.ts";
import type { EncryptionKey } from "../../../src/lib/crypto.ts";
import { servicesOf } from "../../../src/services.ts";

const OTHER: EncryptionKey = { id: "other_1", bytes: new Uint8Array(32).fill(7) };

/** Deploys with these keys: the first seals, all open. */
export function useKeys(keys: EncryptionKey[]): void {
  const services = servicesOf(env);
  services.settings.encryptionKeys = keys;
  services.vault = createVault(keys);
}

/** Has something seal its secrets with another key than the first, as long before a rotation. From then on it opens too. */
export async function sealWithOtherKey(seal: () => Promise<unknown>): Promise<void> {
  const keys = servicesOf(env).settings.encryptionKeys.filter(({ id }) => id !== OTHER.id);
  useKeys([OTHER, ...keys]);
  await seal();
  useKeys([...keys, OTHER]);
}
