import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { CheckedPost } from "../post/check-post.ts";
import { validatePosts } from "../post/validate-posts.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { publishBody, requestOf } from "./publish-request.ts";
import { errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * The dry run: what publishing would refuse, all of it at once.
 */

const bound = z.union([z.number(), z.string()]);
const finding = z
  .strictObject({
    account_id: z.string().nullable().openapi({ description: "Null: of the request as a whole." }),
    field: z.string().openapi({ example: "media.0" }),
    code: z.string().openapi({ example: "too_long" }),
    message: z.string(),
    limit: bound.optional(),
    value: bound.optional(),
    rendition: z
      .discriminatedUnion("possible", [
        z.strictObject({ possible: z.literal(true) }),
        z.strictObject({ possible: z.literal(false), reason: z.string() }),
      ])
      .optional()
      .openapi({
        description: "Of media that the platform does not take: whether one that it takes can be made of it.",
      }),
  })
  .openapi("Finding");

export const validation = z
  .strictObject({ valid: z.boolean(), violations: z.array(finding), warnings: z.array(finding) })
  .openapi("Validation");

const validateRoute = createRoute({
  method: "post",
  path: "/v1/publish/validate",
  operationId: "validatePost",
  summary: "Say what publishing would refuse, and write nothing",
  ...requireScopeWithinReach("posts:write"),
  request: { body: { required: true, content: { "application/json": { schema: publishBody } } } },
  responses: {
    200: {
      description: "Every violation of every account, and what its author should know",
      content: { "application/json": { schema: validation } },
    },
    ...errorResponses(401, 403, 413, 415, 500),
  },
});

export const validate = new OpenAPIHono<AppEnv>();

validate.openapi(validateRoute, async (c) => {
  const { services, actor } = c.var;
  const [found] = await validatePosts(services, accessOf(actor), [requestOf(c.req.valid("json"))]);
  if (!found) throw new Error("a request was not looked at");
  return c.json(printValidation(found), 200);
});

export function printValidation({
  violations,
  warnings,
}: Pick<CheckedPost, "violations" | "warnings">): z.infer<typeof validation> {
  return { valid: violations.length === 0, violations: violations.map(print), warnings: warnings.map(print) };
}

function print<Found extends { accountId: string | null }>({ accountId, ...found }: Found) {
  return { account_id: accountId, ...found };
}
