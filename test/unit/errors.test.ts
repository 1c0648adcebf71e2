import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { detailsOf } from "../../src/accounts/platform-answer.ts";
import { createApp } from "../../src/api/app.ts";
import { errorBody, errorEnvelope } from "../../src/api/error-envelope.ts";
import { ERRORS, STATUS_NAMES } from "../../src/api/errors.ts";
import { openApiDocument } from "../../src/api/openapi.ts";
import type { Refusal } from "../../src/lib/refusal.ts";
import { refuseMistakes } from "../../src/lib/refusal.ts";
import type { ErrorCode } from "../../src/lib/vocabulary.ts";
import { ERROR_CODES } from "../../src/lib/vocabulary.ts";
import type { Fault } from "../../src/platforms/platform.ts";

const FILE = join(resolve(import.meta.dirname, "../.."), "docs/errors.md");
const ASKED = { requestId: "req_1", origin: "https://api.example.com" };

interface Member {
  description?: string;
}

/** `docs/errors.md`: the members of the envelope, and the table of codes. */
function printPage(): string {
  const schemas = openApiDocument(createApp()).components?.schemas as Record<string, Schema>;
  const envelope = schemas.Error?.properties.error;
  if (!envelope) throw new Error("the document does not describe the envelope");
  const members = Object.entries(envelope.properties).map(([name, { description }]) => [
    `\`${name}\``,
    envelope.required.includes(name) ? "always" : "",
    description ?? "",
  ]);
  const codes = Object.entries(ERRORS).map(([code, row]) => [
    `${row.status} ${STATUS_NAMES[row.status]}`,
    `\`${code}\``,
    row.description,
    row.retryable ? "yes" : "no",
    row.remediation,
    row.userMessage ?? "",
  ]);
  return `# Errors

Everything that the API refuses is answered in one envelope, \`{"error": {…}}\`. Its \`doc_url\` leads to the same table at
\`/docs/errors\` of the deployment. Both are made of one list, and so is this page: \`npm run openapi\` renews it.

## The members of \`error\`

${table(["member", "there", "what it says"], members)}

## Codes

${table(["status", "code", "what it says", "retry", "what to do", "for an end user"], codes)}
`;
}

interface Schema {
  properties: Record<string, Schema & Member>;
  required: string[];
}

/** In columns, as the formatter has tables. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

describe("docs/errors.md", () => {
  it("is what the table says", async () => {
    await expect(printPage(), "docs/errors.md has drifted: npm run openapi").toMatchFileSnapshot(FILE);
  });
});

describe("the table of codes", () => {
  it("has whole sentences for developers and for end users", () => {
    for (const { description, remediation, userMessage } of Object.values(ERRORS)) {
      for (const words of [description, remediation, userMessage ?? "None."]) expect(words).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("says that what is too much, or our fault or a platform's, may be sent again, and nothing else", () => {
    const retryable = ERROR_CODES.filter((code) => ERRORS[code].retryable);
    expect(retryable).toEqual(ERROR_CODES.filter((code) => ERRORS[code].status === 429 || ERRORS[code].status >= 500));
  });
});

describe("the envelope", () => {
  it.each(ERROR_CODES)("of %s has the contract's members first, and is as it is documented", (code: ErrorCode) => {
    const body = errorBody({ code, message: "It is so.", field: "accounts.1" }, ASKED);
    expect(errorEnvelope.parse(body)).toEqual(body);
    expect(Object.keys(body.error).slice(0, 3)).toEqual(["code", "message", "field"]);
    expect(body.error).toMatchObject({ request_id: "req_1", doc_url: `https://api.example.com/docs/errors#${code}` });
  });

  it("leaves out what there is nothing to say of", () => {
    expect(Object.keys(errorBody({ code: "unauthorized", message: "No." }, ASKED).error)).toEqual([
      "code",
      "message",
      "retryable",
      "remediation",
      "request_id",
      "doc_url",
    ]);
  });
});

describe("mistakes", () => {
  const refusalOf = (found: Parameters<typeof refuseMistakes>[0]): Refusal | null => {
    try {
      refuseMistakes(found);
      return null;
    } catch (error) {
      return error as Refusal;
    }
  };
  const mistake = (field: string) => ({ field, message: `${field} is wrong.` });

  it("are refused together, each once and fifty at most, in their order", () => {
    const found = Array.from({ length: 80 }, (_, i) => mistake(`f${i % 70}`));
    const refusal = refusalOf([mistake("f0"), ...found]);
    expect(refusal).toMatchObject({ code: "validation_error", field: "f0", message: "f0 is wrong." });
    expect(refusal?.details.mistakes?.map(({ field }) => field)).toEqual(Array.from({ length: 50 }, (_, i) => `f${i}`));
  });

  it("are told without what their finder knows besides", () => {
    const more = { ...mistake("a"), code: "too_long", accountId: "acc_1", limit: 3 };
    expect(refusalOf([more])?.details.mistakes).toEqual([{ ...mistake("a"), code: "too_long" }]);
  });

  it("that are none refuse nothing", () => {
    expect(refusalOf([])).toBeNull();
  });
});

describe("what a platform's fault adds to a refusal", () => {
  const fault: Fault = { kind: "quota", scope: "app", code: "4", message: "Too many calls." };

  it("is its raw code, subcode and trace, and the seconds until it lifts", () => {
    const told = { ...fault, code: "-1/2207001", words: "Slow", trace: "Atrace", until: 90_500 };
    expect(detailsOf(told, 60_000)).toEqual({
      platform: { code: "-1", subcode: "2207001", traceId: "Atrace", message: "Slow" },
      retryAfter: 31,
    });
  });

  it("is no answer where there was none", () => {
    expect(detailsOf({ ...fault, kind: "retry", code: "no_answer" }, 0)).toEqual({ retryAfter: undefined });
  });
});
