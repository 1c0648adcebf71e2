import type { ConnectLinkRow, ConsentRow } from "../db/consents.ts";
import type { Clock } from "../lib/clock.ts";
import type { Occasion } from "./store-account.ts";
import { connectedEntry } from "./store-account.ts";

/**
 * Accounts that a person connects through a link. Nobody's key asks for it: the audit log names the link, and has one line
 * for each account however often the consent is carried out.
 */
export function occasionOfConsent({ clock }: { clock: Clock }, consent: ConsentRow, link: ConnectLinkRow): Occasion {
  return {
    id: consent.id,
    record: async (account) => {
      const { action, target, details = null } = connectedEntry(account);
      const id = `aud_${withoutPrefix(account.id)}_${withoutPrefix(consent.id)}`;
      const { workspaceId, mode } = link;
      const where = { workspaceId, mode, at: clock(), requestId: null, ip: null };
      return { claim: null, isStored: false, audit: { id, ...where, action, actor: link.id, target, details } };
    },
  };
}

function withoutPrefix(id: string): string {
  return id.replace(/^[a-z]+_/, "");
}
