import type { AskingMember } from "../../workspace/key-rights.ts";
import type { Member } from "../access/member.ts";

/** A member who asks about API keys, with what their role allows: a role has no end, and asks for nobody's approval. */
export function askerOf({ person, role, scope, scopes, access }: Member): AskingMember {
  return {
    ...scope,
    personId: person.personId,
    role,
    scopes: [...scopes],
    access,
    accountIds: access.accountIds && [...access.accountIds],
    groupIds: null,
    needsApproval: false,
    expiresAt: null,
  };
}
