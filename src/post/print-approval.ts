import type { ProjectedApproval } from "../db/approvals.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import type { ApprovalState } from "../lib/vocabulary.ts";

/** The approval of a post as answers and events carry it. */
export interface PrintedApproval {
  state: ApprovalState;
  requested_by: string | null;
  requested_at: string;
  expires_at: string | null;
  comment: string | null;
  decided_by: string | null;
  decided_at: string | null;
  reason: string | null;
}

export function printApproval(approval: ProjectedApproval): PrintedApproval {
  return {
    state: approval.state,
    requested_by: approval.requestedBy,
    requested_at: printTime(approval.requestedAt),
    expires_at: printTimeOrNull(approval.expiresAt),
    comment: approval.comment,
    decided_by: approval.decidedBy,
    decided_at: printTimeOrNull(approval.decidedAt),
    reason: approval.reason,
  };
}
