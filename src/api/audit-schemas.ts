import { AUDIT_ACTIONS, MODES } from "../lib/vocabulary.ts";
import * as z from "./zod.ts";

/*
 * The audit log as answers show it. What a seal covers is written down in `audit/seal.ts`.
 */

const preciseTime = z.string().openapi({ format: "date-time", example: "2026-06-01T09:00:00.000Z" });
const hash = z.string().openapi({ description: "SHA-256, in hexadecimal.", pattern: "^[0-9a-f]{64}$" });

export const auditLine = z
  .strictObject({
    id: z.string().openapi({ example: "aud_01HX" }),
    workspace_id: z.string().nullable().openapi({ description: "Null: the change is one of the deployment." }),
    mode: z.enum(MODES),
    at: preciseTime,
    action: z.enum(AUDIT_ACTIONS),
    actor: z.string().openapi({
      description: "The id of an API key, a person or a connect link, `review_link`, `admin`, or `system`.",
    }),
    target: z
      .string()
      .nullable()
      .openapi({ description: "The id of what was changed; null: the workspace, or the deployment." }),
    request_id: z.string().nullable(),
    ip: z.string().nullable(),
    details: z
      .record(z.string(), z.json())
      .nullable()
      .openapi({
        type: ["object", "null"],
        additionalProperties: true,
        description: "Names, numbers and ids. Never a secret.",
      }),
  })
  .openapi("AuditLine");

export const auditList = z
  .strictObject({ lines: z.array(auditLine), next_cursor: z.string().nullable() })
  .openapi("AuditList");

const auditSeal = z
  .strictObject({
    previous: hash.nullable().openapi({ description: "The hash of the seal before; null: it is the first." }),
    lines: z.number().int().openapi({ description: "How many it covers: all since the seal before." }),
    sealed_at: preciseTime,
    hash,
  })
  .openapi("AuditSeal");

/** One line of an export. */
export const exported = z
  .union([
    z.strictObject({ line: auditLine }),
    z.strictObject({ seal: auditSeal }),
    z.strictObject({ end: z.strictObject({ lines: z.number().int(), seals: z.number().int() }) }),
  ])
  .openapi("AuditExport", { description: "One line of the export: of the audit log, a seal, or the end." });
