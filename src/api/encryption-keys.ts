import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { rotateKeys } from "../accounts/rotate-keys.ts";
import { requireAdmin } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses } from "./schemas.ts";

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
  responses: {
    200: { description: "How far it is", content: { "application/json": { schema: rotated } } },
    ...errorResponses(401, 403, 500),
  },
});

export const encryptionKeys = new OpenAPIHono<AppEnv>();

encryptionKeys.openapi(rotateRoute, async (c) => {
  const { services } = c.var;
  return c.json(await rotateKeys(services, services.settings.encryptionKeys), 200);
});
