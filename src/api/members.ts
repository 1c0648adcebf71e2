import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { NamedMember } from "../db/members.ts";
import { listMembers } from "../db/members.ts";
import { printTime } from "../lib/time.ts";
import { ROLES } from "../lib/vocabulary.ts";
import { changeMember, removeMember } from "../people/change-member.ts";
import type { MemberRights } from "../people/invite-member.ts";
import { inviteMember, letMemberBackIn } from "../people/invite-member.ts";
import { keyOf, requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { errorResponses, onlyGroups, printedTime } from "./schemas.ts";
import { answerLink, signInLink } from "./sign-in-links.ts";
import * as z from "./zod.ts";

/*
 * The people of a workspace. They sign in to the console, in both modes; a key of either sees them all.
 */

const role = z.enum(ROLES);
const groups = onlyGroups("The only groups of accounts that they see. Null: all accounts.");

/** What somebody new is to be. */
export const invitation = z.strictObject({ role, groups: groups.default(null) }).openapi("Invitation");

/** What a member is to be. */
export const memberEdit = z
  .strictObject({ role: role.optional(), groups: groups.optional() })
  .refine(
    (body) => Object.values(body).some((value) => value !== undefined),
    "The request changes nothing: role or groups.",
  )
  .openapi("MemberEdit");

const member = z
  .strictObject({
    person_id: z.string(),
    name: z.string(),
    role,
    groups: z.array(z.string()).nullable(),
    notified: z.boolean().openapi({ description: "Whether an address of theirs is told of failures or approvals." }),
    created_at: printedTime.openapi({ description: "Since when they belong to the workspace." }),
  })
  .openapi("Member");

const params = z.strictObject({ person_id: z.string() });
const one = {
  description: "The member",
  headers: { ...REPLAYED },
  content: { "application/json": { schema: member } },
};
const link = (description: string) => ({
  description,
  headers: { ...REPLAYED },
  content: { "application/json": { schema: signInLink } },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/members",
  operationId: "listMembers",
  summary: "List the people of the workspace",
  ...requireScope("keys:admin"),
  request: { query: z.strictObject({}) },
  responses: {
    200: {
      description: "The members, those first that are so longest",
      content: { "application/json": { schema: z.strictObject({ members: z.array(member) }) } },
    },
    ...errorResponses(400, 401, 403, 500),
  },
});

const inviteRoute = createRoute({
  method: "post",
  path: "/v1/members/invite",
  operationId: "inviteMember",
  summary: "Make a link that lets one person into the workspace, once",
  ...requireScope("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: invitation } } } },
  responses: { 201: link("The link"), ...errorResponses(400, 401, 403, 409, 413, 415, 500) },
});

const signInLinkRoute = createRoute({
  method: "post",
  path: "/v1/members/{person_id}/sign-in-link",
  operationId: "letMemberBackIn",
  summary:
    "Make a link by which a member gets back in who has lost their passkey; what they make opens this workspace alone",
  ...requireScope("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params },
  responses: { 201: link("The link"), ...errorResponses(400, 401, 403, 404, 409, 500) },
});

const updateRoute = createRoute({
  method: "patch",
  path: "/v1/members/{person_id}",
  operationId: "updateMember",
  summary: "Change what a member may do, from now on",
  ...requireScope("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params, body: { required: true, content: { "application/json": { schema: memberEdit } } } },
  responses: { 200: one, ...errorResponses(400, 401, 403, 404, 409, 413, 415, 500) },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/members/{person_id}",
  operationId: "removeMember",
  summary: "Take a person out of the workspace, at once",
  ...requireScope("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params },
  responses: {
    200: {
      description: "They see nothing of it any more",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(400, 401, 403, 404, 409, 500),
  },
});

export const memberRoutes = new OpenAPIHono<AppEnv>();

memberRoutes.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  return c.json({ members: (await listMembers(services.db, scopeOf(actor).workspaceId)).map(print) }, 200);
});

memberRoutes.openapi(inviteRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const body = c.req.valid("json");
  const rights = { role: body.role, groupIds: body.groups };
  return once(c, { scope, meaning: body, respond: answerLink, isSecret: true }, (change) =>
    inviteMember(services, scope.workspaceId, rights, keyOf(actor).scopes, change),
  );
});

memberRoutes.openapi(signInLinkRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const { person_id } = c.req.valid("param");
  return once(c, { scope, meaning: null, respond: answerLink, isSecret: true }, (change) =>
    letMemberBackIn(services, scope.workspaceId, person_id, keyOf(actor).scopes, change),
  );
});

memberRoutes.openapi(updateRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const { person_id } = c.req.valid("param");
  const body = c.req.valid("json");
  const respond = (row: NamedMember) => ({ status: 200 as const, body: print(row) });
  return once(c, { scope, meaning: body, respond }, (change) =>
    changeMember(services, scope.workspaceId, person_id, readMemberEdit(body), keyOf(actor).scopes, change),
  );
});

memberRoutes.openapi(deleteRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const { person_id } = c.req.valid("param");
  return once(c, { scope, meaning: null, respond: answerSuccess }, (change) =>
    removeMember(services, scope.workspaceId, person_id, change),
  );
});

/** The same edit in the words of the database. */
export function readMemberEdit({ role, groups }: z.infer<typeof memberEdit>): Partial<MemberRights> {
  return { ...(role !== undefined && { role }), ...(groups !== undefined && { groupIds: groups }) };
}

function print({ personId, name, role, groupIds, isNotified, createdAt }: NamedMember): z.infer<typeof member> {
  return { person_id: personId, name, role, groups: groupIds, notified: isNotified, created_at: printTime(createdAt) };
}
