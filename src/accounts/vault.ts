import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../lib/bytes.ts";
import type { EncryptionKey } from "../lib/crypto.ts";
import type { Scope } from "../lib/vocabulary.ts";

/** Seals secrets for the database: AES-256-GCM, `v1.<key id>.<iv>.<ciphertext>`. */
export interface Vault {
  /** @param row what the envelope is bound to: it opens nowhere else */
  seal(secret: string, row: string): Promise<string>;
  /** @returns null when the envelope was changed, belongs to another row, or its key is gone */
  open(envelope: string, row: string): Promise<string | null>;
}

/** @param keys the first seals, all open: so keys rotate without a moment in which something cannot be read */
export function createVault(keys: readonly EncryptionKey[]): Vault {
  const imported = new Map<string, Promise<CryptoKey>>();
  const importKey = (key: EncryptionKey): Promise<CryptoKey> => {
    const known = imported.get(key.id);
    if (known) return known;
    const fresh = crypto.subtle.importKey("raw", key.bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(key.id, fresh);
    return fresh;
  };
  // The key's name and the row are authenticated with the secret, so that an envelope cannot be moved or relabelled.
  const parameters = (iv: Uint8Array<ArrayBuffer>, keyId: string, row: string) => ({
    name: "AES-GCM",
    iv,
    additionalData: utf8(`v1|${keyId}|${row}`),
  });

  return {
    async seal(secret, row) {
      const [key] = keys;
      if (!key) throw new Error("there is no encryption key");
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt(parameters(iv, key.id, row), await importKey(key), utf8(secret));
      return `v1.${key.id}.${toBase64Url(iv)}.${toBase64Url(sealed)}`;
    },

    async open(envelope, row) {
      const [version, keyId, iv, sealed] = envelope.split(".");
      const key = keys.find((each) => each.id === keyId);
      if (version !== "v1" || !key || iv === undefined || sealed === undefined) return null;
      try {
        const opened = await crypto.subtle.decrypt(
          parameters(fromBase64Url(iv), key.id, row),
          await importKey(key),
          fromBase64Url(sealed),
        );
        return fromUtf8(opened);
      } catch {
        // WebCrypto says no more than that it does not fit, by design.
        return null;
      }
    },
  };
}

/** The row that a grant's token is bound to. */
export function grantRow(workspaceId: string, grantId: string): string {
  return `${workspaceId}|${grantId}|token`;
}

/** The row that the grant of a person who is still to choose is bound to. */
export function consentRow(workspaceId: string, consentId: string): string {
  return `${workspaceId}|${consentId}|grant`;
}

/** The row that the answer to an Idempotency-Key is bound to. */
export function answerRow(scope: Scope, key: string): string {
  return `${scope.workspaceId}|${scope.mode}|${key}|answer`;
}

/** The row that an endpoint's secrets are bound to. */
export function webhookRow(workspaceId: string, webhookId: string): string {
  return `${workspaceId}|${webhookId}|secrets`;
}
