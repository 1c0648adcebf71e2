import { STATUS_OF_HEALTH } from "../accounts/print-account.ts";
import { LIVE_PLATFORMS, SANDBOX_BEHAVIORS, SHOWN_ACCOUNT_HEALTHS } from "../lib/vocabulary.ts";
import { printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/** An account: the contract's five members first, then ours. */
export const account = z
  .strictObject({
    id: z.string(),
    platform: z.enum(LIVE_PLATFORMS),
    username: z.string(),
    status: z.enum(Object.values(STATUS_OF_HEALTH)),
    token_expires_at: printedTime.nullable(),
    health: z.enum(SHOWN_ACCOUNT_HEALTHS),
    reason: z.string().nullable().openapi({ description: "Why the account is not well." }),
    name: z.string().nullable(),
    avatar_url: z.string().nullable(),
    profile_url: z.string().nullable(),
    labels: z.array(z.string()),
    group_id: z.string().nullable().openapi({ description: "The group that it is in." }),
    posts_at_risk: z.number().int().openapi({ description: "Open tasks that need the account, where it is not well." }),
    paused_at: printedTime.nullable().openapi({ description: "Since when it is paused." }),
    remaining_posts_today: z
      .number()
      .int()
      .nullable()
      .openapi({ description: "Null where the platform does not tell." }),
    behavior: z.enum(SANDBOX_BEHAVIORS).optional().openapi({ description: "Sandbox accounts only." }),
  })
  .openapi("Account");
