import type { ProjectedApproval } from "../db/approvals.ts";
import type { AuditLine } from "../db/audit-log.ts";
import type { TaskError } from "../db/posts.ts";
import type { Timeline } from "../db/timeline.ts";
import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { EventType, OverdueAction, PlatformId, TaskPart, TaskStatus } from "../lib/vocabulary.ts";
import type { Fault, PublicPost } from "../platforms/platform.ts";
import { FIRST_WAKE_GRACE } from "./timing.ts";

/** The format of `PostDocument`. An object that finds a higher one was written by a newer release and keeps still. */
export const DOCUMENT_FORMAT = 3;

/** An armed commit: it may have been sent, and nobody has said what became of it. */
export interface ArmedCommit {
  /** Counts the commits of the task; a report names the one it is about. */
  attempt: number;
  at: Millis;
  /** Whether its outcome had to be settled. Counted once a commit. */
  inDoubt: boolean;
  /** What the platform answered, when it answered something that proves nothing. */
  fault: Fault | null;
  /** The content that was sent; null: the one the post was accepted with. */
  contentId: string | null;
  /** From when on the bound of its settling counts: `at`, or when a later round began with it. */
  settledSince: Millis;
  /**
   * Who has said that it did not happen, where a new round reads once more before it publishes: the platform or earlier
   * readings (`proven`), or a person. Null: nobody.
   */
  denied: "proven" | "person" | null;
}

/** What becomes of a task that came due while it was paused. */
export interface Overdue {
  action: OverdueAction;
  rescheduleTo: Millis | null;
  /** The API key by which that was decided; null: the deployment's owner. */
  keyId: string | null;
}

/** The last commit of a task that was armed, with what it is found by. */
export interface LastCommit {
  attempt: number;
  at: Millis;
  /** When the first commit of its round was armed that may have happened: one before it may be public in its place. */
  first: Millis;
  contentId: string | null;
  progress: Json;
}

/** One publication: the post on one account, or the comment under it. */
export interface TaskDocument {
  accountId: string;
  part: TaskPart;
  platform: PlatformId;
  status: TaskStatus;
  /** 1, and one more for each retry by a person. Events are unique by round. */
  round: number;
  /** Names the state that a message was sent for. Changes with every recorded outcome, never by a resend. */
  epoch: number;
  /** When the task's message is to be sent, or sent again; null when the task is final. */
  dueAt: Millis | null;
  /** How often the message of this epoch was sent. */
  sends: number;
  /** The consumer that has the task for itself. A later lease fences an earlier one off. */
  lease: { id: number; until: Millis } | null;
  /** How long the next consumer needs it for at least: a step that takes long is next. */
  leaseFor: Millis | null;
  leases: number;
  /** The platform's state of the publication; null before the first step. */
  progress: Json | null;
  armed: ArmedCommit | null;
  lastCommit: LastCommit | null;
  /** A new round reads what became of the last commit before it does anything else; null when it has, or need not. */
  settleFirst: NonNullable<ArmedCommit["denied"]> | null;
  attempts: number;
  /** When the first commit of this round that may have happened was armed. */
  firstArmedAt: Millis | null;
  /** How many commits of this round had to be settled. */
  doubts: number;
  /** Public posts that settling saw and that could be the task's. */
  candidates: PublicPost[];
  /** Whether a person has said that the last commit did not happen, although reading could not tell. */
  isVouchedAbsent: boolean;
  /** What was sent of it before this document was made is not known any more: it is never armed again. Absent: it is known. */
  isForgotten?: true;
  /** From then on it is not published any more; null: however late. Of comments: null. */
  publishBefore: Millis | null;
  /** The pauses that hold it. */
  pausedBy: string[];
  pauseChecks: number;
  /** The lifted pauses whose end it has heard of. */
  resumedFrom: string[];
  /** What is to become of it by those, once no other pause holds it. */
  overdue: Overdue | null;
  /** When a pause's end has moved it. */
  rescheduledTo: Millis | null;
  /** The lock of its commit is to be given back: nothing of it can be in flight. */
  givesLockBack: boolean;
  /** Consecutive troubles of our own. */
  postponements: number;
  /** Consecutive transient faults, and since when. */
  faults: number;
  faultsSince: Millis | null;
  quotaSince: Millis | null;
  reconnectSince: Millis | null;
  reconnectChecks: number;
  /** Why the task failed, or why it waits. */
  error: TaskError | null;
  platformPostId: string | null;
  permalink: string | null;
  publishedAt: Millis | null;
  /** A published task that is not announced yet is announced then, with or without a permalink. */
  announceBy: Millis | null;
  /** Of a comment: the public post it belongs to, once there is one. */
  parentId: string | null;
}

/** Whether anybody was asked to approve of the post, and what they said. */
export interface Approval extends ProjectedApproval {
  /** Whether it was told that it is asked for. */
  isTold: boolean;
}

/** An event that is not in the database yet. */
export interface PendingEvent {
  id: string;
  type: EventType;
  createdAt: Millis;
  /** Frozen when the event was made. */
  body: string;
}

/** All that a `PostObject` stores: one document, one row, one transition at a time. */
export interface PostDocument {
  format: number;
  postId: string;
  /** Counts edits. */
  version: number;
  /** The content that the tasks publish; null: the one the post was accepted with. */
  contentId: string | null;
  /** How far the clock that all times here are read from is ahead of the real one, see `test-clock.ts`. */
  clockOffset: Millis;
  /** How far that clock is behind the workspace's, until it may catch up. */
  clockLag: Millis;
  scheduledAt: Millis;
  tasks: TaskDocument[];
  /** What is to be written under the posts, each once its post is public. They never change their task's status. */
  comments: TaskDocument[];
  /** Whether somebody has canceled the post as a whole: nothing of it goes out any more, whatever had failed before. */
  isCanceled: boolean;
  /** Null: nobody was asked. */
  approval: Approval | null;
  /** Grows with every change that answers show; the database holds what `projectedSeq` says. */
  seq: number;
  projectedSeq: number;
  /** What `posts.wake_by` holds, on the workspace's clock. */
  wakeBy: Millis | null;
  /** When an unacknowledged projection is tried again. */
  projectAt: Millis | null;
  events: PendingEvent[];
  /** Lines of the audit log that are not in the database yet. */
  audit: AuditLine[];
  timeline: Timeline;
  /** Whether an answer to a command is kept beside it. */
  isAsked: boolean;
  /** When the object forgets the post, should nothing happen to it any more, see `forget.ts`. Real time. */
  forgetAt: Millis | null;
  /** When the object's alarm rings, as far as it knows. Real time. */
  alarmAt: Millis | null;
}

/** What a post is made of when it is accepted. */
export interface NewPost {
  postId: string;
  version: number;
  contentId: string | null;
  clockOffset: Millis;
  scheduledAt: Millis;
  publishBefore: Millis | null;
  tasks: { accountId: string; platform: PlatformId; hasComment: boolean }[];
  approval: ProjectedApproval | null;
  timeline: Timeline;
}

/** The document of a post that was just accepted. */
export function newDocument(post: NewPost): PostDocument {
  return {
    format: DOCUMENT_FORMAT,
    postId: post.postId,
    version: post.version,
    contentId: post.contentId,
    clockOffset: post.clockOffset,
    clockLag: 0,
    scheduledAt: post.scheduledAt,
    tasks: post.tasks.map(({ accountId, platform }) => ({
      ...newTask(accountId, platform, "post", post.scheduledAt),
      publishBefore: post.publishBefore,
    })),
    comments: post.tasks
      .filter((task) => task.hasComment)
      .map(({ accountId, platform }) => newComment(accountId, platform)),
    isCanceled: false,
    approval: post.approval && { ...post.approval, isTold: false },
    seq: 0,
    projectedSeq: 0,
    wakeBy: firstWakeBy(post.scheduledAt),
    projectAt: null,
    events: [],
    audit: [],
    timeline: post.timeline,
    isAsked: false,
    forgetAt: null,
    alarmAt: null,
  };
}

/** A comment that is to be written: not due before its post is public. */
export function newComment(accountId: string, platform: PlatformId): TaskDocument {
  return newTask(accountId, platform, "comment", null);
}

/** When the sweeper looks for a post that was just accepted. */
export function firstWakeBy(scheduledAt: Millis): Millis {
  return scheduledAt + FIRST_WAKE_GRACE;
}

/** A publication that nothing was done for. */
export function newTask(accountId: string, platform: PlatformId, part: TaskPart, dueAt: Millis | null): TaskDocument {
  return {
    accountId,
    part,
    platform,
    status: "queued",
    round: 1,
    epoch: 1,
    dueAt,
    sends: 0,
    lease: null,
    leaseFor: null,
    leases: 0,
    progress: null,
    armed: null,
    lastCommit: null,
    settleFirst: null,
    attempts: 0,
    firstArmedAt: null,
    doubts: 0,
    candidates: [],
    isVouchedAbsent: false,
    publishBefore: null,
    pausedBy: [],
    pauseChecks: 0,
    resumedFrom: [],
    overdue: null,
    rescheduledTo: null,
    givesLockBack: false,
    postponements: 0,
    faults: 0,
    faultsSince: null,
    quotaSince: null,
    reconnectSince: null,
    reconnectChecks: 0,
    error: null,
    platformPostId: null,
    permalink: null,
    publishedAt: null,
    announceBy: null,
    parentId: null,
  };
}

/** Everything of a post that is published: the posts, and the comments under them. */
export function publicationsOf(document: PostDocument): TaskDocument[] {
  return [...document.tasks, ...document.comments];
}

export function commentOf(document: PostDocument, accountId: string): TaskDocument | null {
  return document.comments.find((comment) => comment.accountId === accountId) ?? null;
}
