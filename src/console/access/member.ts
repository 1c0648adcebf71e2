import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listAccountIdsOfGroups } from "../../db/account-groups.ts";
import type { Membership } from "../../db/members.ts";
import { listMemberships } from "../../db/members.ts";
import type { Access, KeyScope, Mode, Role, Scope } from "../../lib/vocabulary.ts";
import { MODES } from "../../lib/vocabulary.ts";
import { mayAs, ROLE_SCOPES } from "../../people/roles.ts";
import type { SignedIn } from "../../people/session.ts";
import type { PAGES } from "../strings.ts";

/*
 * Who looks at a page of a workspace, and what they reach there. The workspace and its mode stand in every address, so that
 * one can be passed on to a colleague.
 */

/** The page that the console begins with. */
export const HOME: keyof typeof PAGES = "overview";

/** A person as a member of the workspace, in the mode, that the page's address names. */
export interface Member {
  person: SignedIn;
  role: Role;
  workspace: Membership["workspace"];
  mode: Mode;
  scope: Scope;
  /** What they reach: all of it, or the accounts of their groups. */
  access: Access;
  /** All workspaces that they can switch to. */
  memberships: readonly Membership[];
  /** What they may do. */
  scopes: readonly KeyScope[];
  may(scope: KeyScope): boolean;
  /** The address of a page, or of what is below it: `settings`, `posts/post_1`. */
  at(page: string): string;
}

/** The pattern of a page's address, for its routes. */
export function pagePath(page: string): `/console/:workspace_id/:mode/${string}` {
  return `/console/:workspace_id/:mode/${page}`;
}

/** Those workspaces of a person that their session opens. */
export async function membershipsOf(c: Context<AppEnv>, person: SignedIn): Promise<Membership[]> {
  const memberships = await listMemberships(c.var.services.db, person.personId);
  const only = person.workspaceId;
  return only === null ? memberships : memberships.filter(({ workspace }) => workspace.id === only);
}

/** @returns null when the address names no workspace of theirs, or no mode */
export async function memberAt(c: Context<AppEnv>, person: SignedIn): Promise<Member | null> {
  const memberships = await membershipsOf(c, person);
  const found = memberships.find(({ workspace }) => workspace.id === c.req.param("workspace_id"));
  const mode = MODES.find((each) => each === c.req.param("mode"));
  if (!found || !mode) return null;
  const { workspace, role, groupIds } = found;
  const scope = { workspaceId: workspace.id, mode };
  const accountIds = groupIds && (await listAccountIdsOfGroups(c.var.services.db, scope, groupIds));
  return {
    person,
    role,
    workspace,
    mode,
    scope,
    access: { scope, accountIds },
    memberships,
    scopes: ROLE_SCOPES[role],
    may: (asked) => mayAs(role, asked),
    at: (page) => `/console/${workspace.id}/${mode}/${page}`,
  };
}
