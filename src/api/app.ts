import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { newId } from "../lib/ids.ts";
import { consoleLog } from "../lib/log.ts";
import { Refusal } from "../lib/refusal.ts";
import { servicesOf } from "../services.ts";
import { accountGroups } from "./account-groups.ts";
import { accounts } from "./accounts.ts";
import { apiKeys } from "./api-keys.ts";
import { approvals } from "./approvals.ts";
import { audit } from "./audit.ts";
import { authenticate } from "./authenticate.ts";
import { refuseUndeclared } from "./authorize.ts";
import { limitBody } from "./body-limit.ts";
import { connect } from "./connect.ts";
import type { AppEnv } from "./context.ts";
import { deliveries } from "./deliveries.ts";
import { encryptionKeys } from "./encryption-keys.ts";
import { answerError } from "./error-envelope.ts";
import { events } from "./events.ts";
import { healthRoutes } from "./health.ts";
import { refuseMalformedKey } from "./idempotency.ts";
import { logRequest } from "./log-request.ts";
import { mediaRoutes } from "./media.ts";
import { mediaUploads } from "./media-uploads.ts";
import { memberRoutes } from "./members.ts";
import { metaCallbacks } from "./meta-callbacks.ts";
import { allowedMethods } from "./methods.ts";
import { serveOpenApi } from "./openapi-route.ts";
import { pauses } from "./pauses.ts";
import { platforms } from "./platforms.ts";
import { postCommands } from "./post-commands.ts";
import { posts } from "./posts.ts";
import { publicRoutes } from "./public.ts";
import { publish } from "./publish.ts";
import { publishBulk } from "./publish-bulk.ts";
import { limitRate } from "./rate-limit.ts";
import { sandbox } from "./sandbox.ts";
import { secureHeaders } from "./security-headers.ts";
import { answerSetupError } from "./setup-error.ts";
import { shieldPages } from "./shield.ts";
import { signInLinks } from "./sign-in-links.ts";
import { statisticsRoutes } from "./statistics.ts";
import { timeline } from "./timeline.ts";
import { refuseUnknownQuery } from "./unknown-query.ts";
import { usageRoutes } from "./usage.ts";
import { validate } from "./validate.ts";
import { refuseInvalid } from "./validation.ts";
import { webhooks } from "./webhooks.ts";
import { workspaceSettings } from "./workspace.ts";
import { workspaceExport } from "./workspace-export.ts";
import { workspaces } from "./workspaces.ts";

/** The HTTP API: everything that a request passes on its way, and every answer to one that is refused. */
export function createApp(): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });

  app.use(async function requestId(c, next) {
    c.set("requestId", newId("request", Date.now()));
    await next();
  });
  app.use(logRequest);
  app.use(secureHeaders);
  app.use(async function provideServices(c, next) {
    c.set("services", servicesOf(c.env));
    await next();
  });
  app.use("/v1/*", authenticate);
  app.use("/v1/*", limitRate);
  app.use("/v1/*", refuseUndeclared);
  app.use("/v1/*", limitBody, refuseMalformedKey, refuseUnknownQuery(app));
  app.use("/connect/*", shieldPages, limitBody);
  app.use("/sandbox/*", shieldPages);

  app.route("/", publicRoutes);
  app.route("/", metaCallbacks);
  app.route("/", publish);
  app.route("/", validate);
  app.route("/", publishBulk);
  app.route("/", posts);
  app.route("/", postCommands);
  app.route("/", approvals);
  app.route("/", timeline);
  app.route("/", accounts);
  app.route("/", accountGroups);
  app.route("/", pauses);
  app.route("/", connect);
  app.route("/", webhooks);
  app.route("/", deliveries);
  app.route("/", events);
  app.route("/", mediaRoutes);
  app.route("/", sandbox);
  app.route("/", mediaUploads);
  app.route("/", apiKeys);
  app.route("/", workspaces);
  app.route("/", workspaceExport);
  app.route("/", workspaceSettings);
  app.route("/", usageRoutes);
  app.route("/", statisticsRoutes);
  app.route("/", memberRoutes);
  app.route("/", signInLinks);
  app.route("/", platforms);
  app.route("/", healthRoutes);
  app.route("/", encryptionKeys);
  app.route("/", audit);
  serveOpenApi(app);

  app.notFound((c) => {
    const { path, method } = c.req;
    const methods = allowedMethods(app, path);
    if (methods.length === 0) return answerError(c, { code: "not_found", message: `There is nothing at ${path}.` });
    c.header("Allow", methods.join(", "));
    const message = `${path} answers ${methods.join(", ")} and not ${method}.`;
    return answerError(c, { code: "method_not_allowed", message });
  });
  app.onError(async (error, c) => {
    if (error instanceof Refusal) return answerError(c, error);
    if (error instanceof HTTPException && error.status === 415) {
      const message = "The request's Content-Type is not supported here.";
      return answerError(c, { code: "unsupported_media_type", message, field: "Content-Type" });
    }
    if (error instanceof HTTPException && error.status === 400) {
      const message = "The request body cannot be read as what its Content-Type says.";
      return answerError(c, { code: "validation_error", message, field: "body" });
    }
    consoleLog.error("a request failed", error, { request_id: c.var.requestId, method: c.req.method });
    const lacking = await answerSetupError(c, error);
    if (lacking) return lacking;
    // A database driver's message carries statements and values: it never leaves.
    const message = "Something went wrong on our side. Retry with the same Idempotency-Key.";
    return answerError(c, { code: "internal_error", message });
  });
  return app;
}
