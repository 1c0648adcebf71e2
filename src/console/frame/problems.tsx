import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { AppEnv } from "../../api/context.ts";
import { ERRORS } from "../../api/errors.ts";
import { answerSetupError } from "../../api/setup-error.ts";
import { consoleLog } from "../../lib/log.ts";
import { Refusal } from "../../lib/refusal.ts";
import { PROBLEMS } from "../strings.ts";
import { PageHead } from "./components.tsx";
import type { ConsolePage } from "./show.tsx";
import { showAnybody } from "./show.tsx";

/*
 * The pages that say what went wrong. What somebody may not know of is as if it were not there.
 */

const STATUS = {
  notFound: 404,
  forbidden: 403,
  suspended: 403,
  crossSite: 403,
  tooLarge: 413,
  tooMany: 429,
  internal: 500,
  noWorkspace: 403,
} as const;

export function problemPage(c: Context<AppEnv>, problem: keyof typeof STATUS): ConsolePage {
  const { title, text } = PROBLEMS[problem];
  return {
    title,
    status: STATUS[problem],
    body: (
      <>
        <PageHead title={title} lead={text} />
        <p>
          <a class="button" href="/console">
            {PROBLEMS.home}
          </a>
        </p>
        <p class="soft small">{PROBLEMS.request(c.var.requestId)}</p>
      </>
    ),
  };
}

/** Answers what a page's handler has thrown; in JSON where a script asked in JSON. */
export async function showProblem(error: Error, c: Context<AppEnv>): Promise<Response> {
  const retryAfter = error instanceof Refusal ? error.details.retryAfter : undefined;
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  const problem = problemOf(error, c);
  const lacking = await answerSetupError(c, error);
  if (lacking) return lacking;
  if (/^application\/json\b/.test(c.req.header("Content-Type") ?? "")) {
    const { title, text } = PROBLEMS[problem];
    return c.json({ error: { message: `${title}. ${text}` } }, STATUS[problem]);
  }
  return showAnybody(c, problemPage(c, problem));
}

function problemOf(error: Error, c: Context<AppEnv>): keyof typeof STATUS {
  if (error instanceof Refusal) {
    if (error.code === "payload_too_large") return "tooLarge";
    if (error.code === "rate_limited") return "tooMany";
    if (ERRORS[error.code].status === 404) return "notFound";
    if (ERRORS[error.code].status === 403) return "forbidden";
  }
  if (!(error instanceof HTTPException)) {
    consoleLog.error("a page failed", error, { request_id: c.var.requestId, method: c.req.method });
  }
  return "internal";
}
