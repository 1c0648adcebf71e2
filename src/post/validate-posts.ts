import type { Database } from "../db/database.ts";
import { loadPublishContext } from "../db/publish-requests.ts";
import type { SaidBefore } from "../db/recent-contents.ts";
import { findSaid } from "../db/recent-contents.ts";
import type { Clock } from "../lib/clock.ts";
import { Refusal, refusalOfMistakes } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { Platforms } from "../platforms/registry.ts";
import type { CheckedPost, PostViolation, PublishRequest } from "./check-post.ts";
import { checkPost, mediaOf } from "./check-post.ts";
import { duplicateMessage, markOf, saidBy } from "./duplicates.ts";

export interface CreateDeps {
  db: Database;
  clock: Clock;
  platforms: Platforms;
}

/** All accounts and media that requests name. */
export function namesOf(requests: readonly PublishRequest[]): { accountIds: string[]; mediaIds: string[] } {
  return {
    accountIds: [...new Set(requests.flatMap(({ accountIds }) => accountIds))],
    mediaIds: [...new Set(requests.flatMap(mediaOf))],
  };
}

/** The refusal of a request for what was found against it; null: nothing was. */
export function refusalOf(violations: readonly PostViolation[]): Refusal | null {
  const [first] = violations;
  if (first?.code === "duplicate_content") return new Refusal(first.code, first.message, first.field);
  return refusalOfMistakes(violations);
}

/**
 * Says what publishing would refuse, and does nothing.
 *
 * @returns of each request every violation, and the warnings
 */
export async function validatePosts(
  deps: CreateDeps,
  access: Access,
  requests: readonly PublishRequest[],
): Promise<Pick<CheckedPost, "violations" | "warnings">[]> {
  const { scope } = access;
  const names = { keys: [], ...namesOf(requests) };
  const context = await loadPublishContext(deps.db, access, names);
  const now = deps.clock();
  const checked = requests.map((request) =>
    checkPost(deps.platforms, scope, request, context, now + context.clockOffset),
  );
  if (!context.duplicateGuard) return checked;
  const saying = await Promise.all(
    requests.map((request, index) => (request.allowDuplicate ? [] : saidBy(request, checked[index]?.accounts ?? []))),
  );
  const said = await findSaid(deps.db, scope, saying.flat(), now);
  return checked.map(({ violations, warnings }, index) => {
    const marks = saying[index]?.map(markOf) ?? [];
    const duplicates = said.filter((each) => marks.includes(markOf(each)));
    return { violations: [...violations, ...duplicates.map(duplicateViolation)], warnings };
  });
}

function duplicateViolation(first: SaidBefore): CheckedPost["violations"][number] {
  const message = duplicateMessage(first);
  return { accountId: first.accountId, field: "content", code: "duplicate_content", message };
}
