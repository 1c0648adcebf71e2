import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { rotateKeys } from "../accounts/rotate-keys.ts";
import { requireAdmin } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { DEPLOYMENT, once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

const rotated = z
  .strictObject({
    resealed: z.number().int().openapi({ description: "Secrets that this call sealed anew." }),
    remaining: z.number().int().openapi({ description: "Secrets that another key than the first sealed." }),
  })
  .openapi("RotatedKeys");

const rotateRoute = createRoute({
  method: "post",
  path: "/v1/encryption-keys/rotate",
  operationId: "rotateEncryptionKeys",
  summary: "Seal some of the stored secrets anew with the first of ENCRYPTION_KEYS",
  ...requireAdmin,
  parameters: [TAKES_IDEMPOTENCY_KEY],
  responses: {
    200: {
      description: "How far it is",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: rotated } },
    },
    ...errorResponses(401, 403, 409, 500),
  },
});

export const encryptionKeys = new OpenAPIHono<AppEnv>();

encryptionKeys.openapi(rotateRoute, (c) => {
  const { services } = c.var;
  const respond = (body: z.infer<typeof rotated>) => ({ status: 200 as const, body });
  return once(c, { scope: DEPLOYMENT, meaning: null, respond }, (change) =>
    rotateKeys(services, services.settings.encryptionKeys, change),
  );
});
