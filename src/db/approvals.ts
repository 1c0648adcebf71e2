import type { Millis } from "../lib/clock.ts";
import type { ApprovalState } from "../lib/vocabulary.ts";

/** How the approval of a post stands, as answers show it; on the clock that the post lives by. */
export interface ProjectedApproval {
  state: ApprovalState;
  /** Counts how often it was asked for: a change asks again. */
  round: number;
  /** The API key or the person that asked, who may not decide; null: nobody in particular. */
  requestedBy: string | null;
  requestedAt: Millis;
  /** What is not decided by then is canceled; null: it waits. */
  expiresAt: Millis | null;
  /** What whoever asked has to say. */
  comment: string | null;
  /** Null while it is pending, and when nobody decided in time. `review_link`: whoever had the link. */
  decidedBy: string | null;
  decidedAt: Millis | null;
  /** What whoever decided has to say. */
  reason: string | null;
}
