import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { accountNotFound } from "../accounts/search-locations.ts";
import { findAccount } from "../db/accounts.ts";
import type { PauseSubject } from "../db/manual-pauses.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import { OVERDUE_ACTIONS } from "../lib/vocabulary.ts";
import type { PauseReport } from "../post/manual-pauses.ts";
import { findPause, liftPause, pause } from "../post/manual-pauses.ts";
import type { Services } from "../services.ts";
import { accessOf, askerOf, requireAdmin, requireScope, requireScopeWithinReach, scopeOf } from "./authorize.ts";
import type { Actor, AppEnv } from "./context.ts";
import { errorResponses, noBody, printedTime, timestamp } from "./schemas.ts";

/*
 * Pauses: of one account, of a workspace in the key's mode, and of the deployment. While one is in force nothing is made
 * public that it is about, but for what was on its way to the platform in that moment.
 */

const overdueTask = z.strictObject({
  workspace_id: z.string(),
  post_id: z.string(),
  account_id: z.string(),
  scheduled_at: printedTime,
});

const pauseState = z
  .strictObject({
    paused: z.boolean(),
    paused_at: printedTime.nullable(),
    resumed_at: printedTime.nullable(),
    action: z.enum(OVERDUE_ACTIONS).nullable().openapi({ description: "What became of what had come due." }),
    overdue: z.array(overdueTask).openapi({ description: "Tasks that came due meanwhile, the soonest first." }),
    overdue_total: z.number().int(),
  })
  .openapi("Pause");

const resumeBody = z
  .discriminatedUnion(
    "overdue",
    [
      z.strictObject({ overdue: z.literal("send") }),
      z.strictObject({ overdue: z.literal("reschedule"), schedule: timestamp }),
      z.strictObject({ overdue: z.literal("cancel") }),
    ],
    `overdue must say what becomes of what came due meanwhile: ${OVERDUE_ACTIONS.join(", ")}.`,
  )
  .openapi("Resume");

const accountParams = z.strictObject({ account_id: z.string() });
const state = { description: "The pause", content: { "application/json": { schema: pauseState } } };
const resumeInput = { body: { required: true, content: { "application/json": { schema: resumeBody } } } };
const reading = { 200: state, ...errorResponses(400, 401, 403, 404, 413, 500) };
const resuming = { 200: state, ...errorResponses(400, 401, 403, 404, 409, 413, 415, 500) };

const findAccountPause = createRoute({
  method: "get",
  path: "/v1/accounts/{account_id}/pause",
  operationId: "getAccountPause",
  summary: "Whether an account is paused, and what it holds",
  ...requireScopeWithinReach("posts:read"),
  request: { params: accountParams },
  responses: reading,
});
const pauseAccount = createRoute({
  method: "post",
  path: "/v1/accounts/{account_id}/pause",
  operationId: "pauseAccount",
  summary: "Publish nothing on an account until it is resumed",
  ...requireScopeWithinReach("posts:write"),
  request: { params: accountParams, body: noBody },
  responses: reading,
});
const resumeAccount = createRoute({
  method: "post",
  path: "/v1/accounts/{account_id}/resume",
  operationId: "resumeAccount",
  summary: "Publish on an account again",
  ...requireScopeWithinReach("posts:write"),
  request: { params: accountParams, ...resumeInput },
  responses: resuming,
});

const findWorkspacePause = createRoute({
  method: "get",
  path: "/v1/workspace/pause",
  operationId: "getWorkspacePause",
  summary: "Whether the workspace is paused in the key's mode, and what it holds",
  ...requireScope("posts:read"),
  responses: reading,
});
const pauseWorkspace = createRoute({
  method: "post",
  path: "/v1/workspace/pause",
  operationId: "pauseWorkspace",
  summary: "Publish nothing of the workspace, in the key's mode, until it is resumed",
  ...requireScope("posts:write"),
  request: { body: noBody },
  responses: reading,
});
const resumeWorkspace = createRoute({
  method: "post",
  path: "/v1/workspace/resume",
  operationId: "resumeWorkspace",
  summary: "Publish posts of the workspace again",
  ...requireScope("posts:write"),
  request: resumeInput,
  responses: resuming,
});

const findDeploymentPause = createRoute({
  method: "get",
  path: "/v1/deployment/pause",
  operationId: "getDeploymentPause",
  summary: "Whether the deployment is paused, and what it holds",
  ...requireAdmin,
  responses: reading,
});
const pauseDeployment = createRoute({
  method: "post",
  path: "/v1/deployment/pause",
  operationId: "pauseDeployment",
  summary: "Publish nothing of anybody until it is resumed",
  ...requireAdmin,
  request: { body: noBody },
  responses: reading,
});
const resumeDeployment = createRoute({
  method: "post",
  path: "/v1/deployment/resume",
  operationId: "resumeDeployment",
  summary: "Publish again",
  ...requireAdmin,
  request: resumeInput,
  responses: resuming,
});

export const pauses = new OpenAPIHono<AppEnv>();

pauses.openapi(findAccountPause, async (c) => {
  const { services, actor } = c.var;
  const subject = await accountOf(services, actor, c.req.valid("param").account_id);
  return c.json(print(await findPause(services, subject)), 200);
});
pauses.openapi(pauseAccount, async (c) => {
  const { services, actor } = c.var;
  const subject = await accountOf(services, actor, c.req.valid("param").account_id);
  return c.json(print(await pause(services, subject)), 200);
});
pauses.openapi(resumeAccount, async (c) => {
  const { services, actor } = c.var;
  const subject = await accountOf(services, actor, c.req.valid("param").account_id);
  return c.json(print(await liftPause(services, subject, decisionOf(c.req.valid("json")), askerOf(actor))), 200);
});

pauses.openapi(findWorkspacePause, async (c) => {
  const { services, actor } = c.var;
  return c.json(print(await findPause(services, workspaceOf(actor))), 200);
});
pauses.openapi(pauseWorkspace, async (c) => {
  const { services, actor } = c.var;
  return c.json(print(await pause(services, workspaceOf(actor))), 200);
});
pauses.openapi(resumeWorkspace, async (c) => {
  const { services, actor } = c.var;
  return c.json(
    print(await liftPause(services, workspaceOf(actor), decisionOf(c.req.valid("json")), askerOf(actor))),
    200,
  );
});

pauses.openapi(findDeploymentPause, async (c) => c.json(print(await findPause(c.var.services, DEPLOYMENT)), 200));
pauses.openapi(pauseDeployment, async (c) => c.json(print(await pause(c.var.services, DEPLOYMENT)), 200));
pauses.openapi(resumeDeployment, async (c) =>
  c.json(print(await liftPause(c.var.services, DEPLOYMENT, decisionOf(c.req.valid("json")), null)), 200),
);

const DEPLOYMENT: PauseSubject = { is: "deployment" };

function workspaceOf(actor: Actor): PauseSubject {
  return { is: "workspace", ...scopeOf(actor) };
}

/** @throws Refusal when there is no such account within reach */
async function accountOf({ db }: Services, actor: Actor, accountId: string): Promise<PauseSubject> {
  const access = accessOf(actor);
  if (!(await findAccount(db, access, accountId))) throw accountNotFound();
  return { is: "account", ...access.scope, accountId };
}

function decisionOf(body: z.infer<typeof resumeBody>) {
  return { overdue: body.overdue, rescheduleTo: body.overdue === "reschedule" ? body.schedule : null };
}

function print({ pause: found, overdue, total }: PauseReport): z.infer<typeof pauseState> {
  return {
    paused: found !== null && found.liftedAt === null,
    paused_at: printTimeOrNull(found?.pausedAt ?? null),
    resumed_at: printTimeOrNull(found?.liftedAt ?? null),
    action: found?.overdue ?? null,
    overdue: overdue.map(({ ref, accountId, scheduledAt }) => ({
      workspace_id: ref.workspaceId,
      post_id: ref.postId,
      account_id: accountId,
      scheduled_at: printTime(scheduledAt),
    })),
    overdue_total: total,
  };
}
