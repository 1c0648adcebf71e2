import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accountNotFound } from "../accounts/search-locations.ts";
import { findAccount } from "../db/accounts.ts";
import type { Change } from "../db/change.ts";
import type { PauseSubject } from "../db/manual-pauses.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { OVERDUE_ACTIONS } from "../lib/vocabulary.ts";
import type { PauseReport } from "../post/manual-pauses.ts";
import { findPause, liftPause, pause } from "../post/manual-pauses.ts";
import type { Services } from "../services.ts";
import { accessOf, requireAdmin, requireScope, requireScopeWithinReach, scopeOf } from "./authorize.ts";
import type { Actor, AppEnv } from "./context.ts";
import { DEPLOYMENT, once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { errorResponses, noBody, printedTime, timestamp } from "./schemas.ts";
import * as z from "./zod.ts";

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

/** What becomes of what came due meanwhile. */
export const resumeBody = z
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
const reading = { 200: state, ...errorResponses(401, 403, 404, 413, 500) };
const changed = { ...state, headers: REPLAYED };
const pausing = { 200: changed, ...errorResponses(401, 403, 404, 409, 413, 500) };
const resuming = { 200: changed, ...errorResponses(401, 403, 404, 409, 413, 415, 500) };

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
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: accountParams, body: noBody },
  responses: pausing,
});
const resumeAccount = createRoute({
  method: "post",
  path: "/v1/accounts/{account_id}/resume",
  operationId: "resumeAccount",
  summary: "Publish on an account again",
  ...requireScopeWithinReach("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
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
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: noBody },
  responses: pausing,
});
const resumeWorkspace = createRoute({
  method: "post",
  path: "/v1/workspace/resume",
  operationId: "resumeWorkspace",
  summary: "Publish posts of the workspace again",
  ...requireScope("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
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
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: noBody },
  responses: pausing,
});
const resumeDeployment = createRoute({
  method: "post",
  path: "/v1/deployment/resume",
  operationId: "resumeDeployment",
  summary: "Publish again",
  ...requireAdmin,
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: resumeInput,
  responses: resuming,
});

export const pauses = new OpenAPIHono<AppEnv>();

pauses.openapi(findAccountPause, async (c) => {
  const { services, actor } = c.var;
  const subject = await accountOf(services, actor, c.req.valid("param").account_id);
  return c.json(print(await findPause(services, subject)), 200);
});
pauses.openapi(pauseAccount, (c) => {
  const { services, actor } = c.var;
  const { account_id } = c.req.valid("param");
  return changePause(c, accessOf(actor).scope, null, async (change) =>
    pause(services, await accountOf(services, actor, account_id), change),
  );
});
pauses.openapi(resumeAccount, (c) => {
  const { services, actor } = c.var;
  const { account_id } = c.req.valid("param");
  const body = c.req.valid("json");
  return changePause(c, accessOf(actor).scope, body, async (change) =>
    liftPause(services, await accountOf(services, actor, account_id), decisionOf(body), change),
  );
});

pauses.openapi(findWorkspacePause, async (c) => {
  const { services, actor } = c.var;
  return c.json(print(await findPause(services, workspaceOf(actor))), 200);
});
pauses.openapi(pauseWorkspace, (c) => {
  const { services, actor } = c.var;
  return changePause(c, scopeOf(actor), null, (change) => pause(services, workspaceOf(actor), change));
});
pauses.openapi(resumeWorkspace, (c) => {
  const { services, actor } = c.var;
  const body = c.req.valid("json");
  return changePause(c, scopeOf(actor), body, (change) =>
    liftPause(services, workspaceOf(actor), decisionOf(body), change),
  );
});

pauses.openapi(findDeploymentPause, async (c) => c.json(print(await findPause(c.var.services, ALL)), 200));
pauses.openapi(pauseDeployment, (c) =>
  changePause(c, DEPLOYMENT, null, (change) => pause(c.var.services, ALL, change)),
);
pauses.openapi(resumeDeployment, (c) => {
  const body = c.req.valid("json");
  return changePause(c, DEPLOYMENT, body, (change) => liftPause(c.var.services, ALL, decisionOf(body), change));
});

const ALL: PauseSubject = { is: "deployment" };

/** Pauses or resumes something once, and answers how it stands. */
function changePause(
  c: Context<AppEnv>,
  scope: Scope,
  meaning: unknown,
  run: (change: Change<PauseReport>) => Promise<PauseReport>,
) {
  const respond = (report: PauseReport) => ({ status: 200 as const, body: print(report) });
  return once(c, { scope, meaning, respond }, run);
}

function workspaceOf(actor: Actor): PauseSubject {
  return { is: "workspace", ...scopeOf(actor) };
}

/** @throws Refusal when there is no such account within reach */
async function accountOf({ db }: Services, actor: Actor, accountId: string): Promise<PauseSubject> {
  const access = accessOf(actor);
  if (!(await findAccount(db, access, accountId))) throw accountNotFound();
  return { is: "account", ...access.scope, accountId };
}

/** The same in the words of `liftPause`. */
export function decisionOf(body: z.infer<typeof resumeBody>) {
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
